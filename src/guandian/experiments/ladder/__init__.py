"""Smaller forms of one model, each distilled from it, judged and timed side by side."""
