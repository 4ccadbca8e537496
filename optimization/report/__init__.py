"""Pictures, maps and pages of runs; everything shown is read from a run's folder and its case, nothing is solved."""
