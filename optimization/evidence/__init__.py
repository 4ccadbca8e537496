"""What can be estimated of the model's numbers from what municipalities spent and share, with its error."""
