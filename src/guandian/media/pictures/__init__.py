"""Texts out of pictures: a picture within bounds, its lines, their order."""
