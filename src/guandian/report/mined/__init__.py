"""Mined reviews, for people: the page of charts, the summary, quotes behind each number."""
