"""What answers reviews: the served model, batches across calls, and the bound on who comes in."""
