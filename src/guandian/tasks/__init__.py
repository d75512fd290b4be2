"""What a model is asked for, and how its arrays become opinions; no torch."""
