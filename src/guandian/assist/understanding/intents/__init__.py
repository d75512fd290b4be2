"""Intents taught by examples: read, told apart, kept in a folder."""
