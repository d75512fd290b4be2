"""What a model is asked to make small."""
