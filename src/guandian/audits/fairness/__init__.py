"""Whether a model answers alike where names, genders, origins or brands are all that differs."""
