"""A search whose trials are quick processes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from guandian.cli import main as cli

RECIPE = """
name = "own"
categories = "own"
holdout = 0.0
data = [{ corpus = "train.jsonl" }]
base = { model = "a", layers = 1 }
optimisation = { epochs = 1, batch_texts = 8, learning_rate = 1e-3 }
evaluation = { corpora = ["dev.jsonl"], most = 2, every = 1 }
"""
SPACE = """
base.model = ["a", "b"]
method = [{}, { kind = "lora", rank = { low = 2, high = 8 } }]
optimisation.learning_rate = { low = 1e-4, high = 1e-2, log = true }
"""
QUICK = """
import json, os, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
recipe = json.loads((folder / "recipe.json").read_text("utf-8"))
rate = recipe["optimisation"]["learning_rate"]
best = float(os.environ["BEST"])
if rate > float(os.environ.get("WORST", 1)):
    sys.exit("guandian: the loss is not a number at step 3\\n  lower it")
told = []
for tenth in range(1, 11):
    told.append({"event": "stepped", "step": tenth, "steps": 10})
    told.append({"event": "scored", "step": tenth, "mean": tenth / 10 - abs(rate - best)})
with (folder / "log.jsonl").open("a") as log:
    for row in told:
        log.write(json.dumps(row) + "\\n")
        log.flush()
        time.sleep(float(os.environ.get("SLOW", 0)))
(folder / "best.safetensors").write_bytes(b"")
"""


def tune(monkeypatch: pytest.MonkeyPatch, data: Path, *args: str) -> int:
    line = ["guandian", "tune", "own.toml", "space.toml", "--root", str(data), *args]
    monkeypatch.setattr(sys, "argv", line)
    try:
        cli.main()
    except SystemExit as left:
        return int(left.code or 0)
    return 0
