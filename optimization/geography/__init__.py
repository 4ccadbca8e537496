"""Where places lie: distance, travel time, and the candidate wide-area bodies."""
