"""When a question is not answered: signs, what is near but another thing, thresholds."""
