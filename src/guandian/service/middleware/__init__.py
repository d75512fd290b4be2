"""What every request passes, outermost first: observing, keys, bounds of the body."""
