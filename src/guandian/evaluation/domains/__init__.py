"""Scores over several domains: learned one after another, and carried from one to another."""
