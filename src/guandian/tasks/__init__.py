"""The tasks of a model, and the way from its arrays to opinions; no torch."""
