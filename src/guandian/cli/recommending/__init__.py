"""`guandian recommend` and its commands."""
