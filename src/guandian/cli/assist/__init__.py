"""`guandian assist` and its commands."""
