"""The mixed-integer program: one file per family of rules, one function per rule.

Rules carry the labels of the model's documentation (R1, F4, E1 ...) as constraint names.
"""
