"""Runs as trainings leave them, made without a training."""

from __future__ import annotations

import shutil
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from tests.tiny_base import reviews

from guandian.recipes.recipe import parse_recipe
from guandian.tracking.events import Event, Phase, Read, Ready, Saved, Scored, Stepped
from guandian.tracking.run_folder import CURVES, METRICS, Log, open_run
from guandian.training.data.dataset import scored_sets

SMALL = str(files("guandian.assets") / "bundles" / "guandian-small")
DEV = tuple(replace(review, entities=None) for review in reviews()[:12])


def trained(folder: Path, *, seed: int = 1, dev: str = "dev.jsonl", done: bool = True) -> Path:
    """A run as a training leaves it, with the shipped bundle in place of its own."""
    recipe = parse_recipe(
        {
            "name": folder.name,
            "seed": seed,
            "base": {"model": "guandian-small"},
            "data": [{"corpus": "train.jsonl"}],
            "method": {"kind": "lora"},
            "evaluation": {"corpora": [dev]},
        }
    )
    open_run(folder, recipe, "new")
    (folder / "checkpoint").mkdir()
    (folder / "checkpoint" / "state.json").write_text("{}", encoding="utf-8")
    (folder / "best.safetensors").write_bytes(b"")
    _, data = scored_sets(recipe, Path())
    events: list[Event] = [
        Phase("reading"),
        Ready({"train.jsonl": 1}, {}, 0, 0, 9, (), (*data, Read("apart", "x", "dev", "", 1, "0"))),
        Stepped(3, 3, {"spans": 1.0}, 100.0, 0.5),
        Scored(3, {f"{dev}/quad": 0.5 + seed / 100}, 0.5 + seed / 100, True),
        Saved(3, "checkpoint"),
    ]
    with Log(folder) as log:
        for event in [*events, *([Phase("exporting")] if done else [])]:
            log(event)
    if done:
        shutil.copytree(SMALL, folder / "bundle")
        for name in (METRICS, *CURVES):
            (folder / name).write_bytes(b"")
    return folder
