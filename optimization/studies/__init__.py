"""Studies: many questions asked of the model, and what their answers tell together."""
