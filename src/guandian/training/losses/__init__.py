"""Losses: the numbers that a training makes small."""
