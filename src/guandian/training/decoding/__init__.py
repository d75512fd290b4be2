"""Teaches language models to answer: loss on answers alone, rows packed, preferences."""
