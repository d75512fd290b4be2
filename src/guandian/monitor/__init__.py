"""Alerts: series of opinions, detectors that judge them, and what people are told."""
