"""Guandian (观点): opinions from product reviews, with evidence and calibrated confidence."""

__version__ = "0.1.0"
