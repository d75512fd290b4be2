"""Figures as tables in the terminal."""
