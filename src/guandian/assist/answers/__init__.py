"""Answers from what a shop knows, every sentence with the place that it was taken from."""
