"""The local page behind `solve.py serve`: choose a package, watch it solve, read the report, look up a town."""
