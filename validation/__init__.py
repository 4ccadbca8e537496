"""The model against what was observed: one module a question, each a table; `page` tells them in sentences.

Nothing of the tool imports this room; `python -m validation` runs it.
"""
