"""A training that is over in seconds."""

from __future__ import annotations

RECIPE = """
name = "own"
categories = "own"
holdout = 0.0
data = [{ corpus = "train.jsonl" }]
base = { model = "tiny-bert", layers = 1 }
optimisation = { epochs = 2, batch_texts = 8 }
evaluation = { corpora = ["dev.jsonl"], every = 5, most = 2 }
"""
