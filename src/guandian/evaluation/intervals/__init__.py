"""Intervals of figures: Wilson's, and by drawing reviews again."""
