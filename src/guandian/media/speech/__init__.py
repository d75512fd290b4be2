"""Texts out of sound: a recording within bounds, its phrases and their times."""
