"""Allocation formulas: one module per family, each turning need and capacity into grant rows."""
