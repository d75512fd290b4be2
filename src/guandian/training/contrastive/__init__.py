"""Encoders whose vectors tell classes apart: tuned by contrast on a few examples of each."""
