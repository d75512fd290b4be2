"""Commands that serve, and that keep what is served."""
