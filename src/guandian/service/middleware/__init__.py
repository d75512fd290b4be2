"""What requests pass, outermost first: observing, keys, the bound of mining, bounds of the body."""
