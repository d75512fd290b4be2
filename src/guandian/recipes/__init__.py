"""What to train on what, and how: one small typed file."""
