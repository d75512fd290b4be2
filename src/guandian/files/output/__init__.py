"""Mined reviews out, a format a file."""
