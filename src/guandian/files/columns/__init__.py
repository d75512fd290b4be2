"""Which column holds what, and what stands in a cell."""
