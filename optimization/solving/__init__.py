"""Solving: one road from a Pyomo model to HiGHS and back, with status, bound, gap and log kept apart."""
