"""Two windows of time of what is stored, compared."""
