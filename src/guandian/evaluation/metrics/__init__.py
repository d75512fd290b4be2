"""Scores of answers against labels, a kind of answer a file."""
