"""Opinions asked of a language model: the question, the answer, and where it stands in the text."""
