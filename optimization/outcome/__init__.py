"""From a question to its answer: the run, the tables a person reads, and the re-check of every rule."""
