"""The folder of a training: what was asked for, what happened, what is left of it; no torch."""
