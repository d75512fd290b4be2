"""Audits of a model: what whoever answers for it must know before trusting it."""
