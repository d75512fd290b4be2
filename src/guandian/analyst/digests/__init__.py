"""Summaries of many reviews: key points, how common each is, and the reviews' own words."""
