"""The ledger: what any given decision means in money for every government and place.

No solver and no Pyomo: it prices today's arrangement, prices what the solver found, and is the
yardstick against which the model is tested.
"""
