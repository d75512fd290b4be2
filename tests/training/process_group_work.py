"""What each process of a launcher does, alone and together."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.tiny_base import model, pieces
from tests.training.fixtures import SPEC, prepared, recipe

from guandian.errors import GuandianError
from guandian.recipes.recipe import Recipe
from guandian.tracking.events import Event, Stepped, ignore
from guandian.training import loop
from guandian.training.loop import fingerprint, train
from guandian.training.parallel.process_group import Group, joined
from guandian.training.step import TrainingInputs

SMALL = {"batch_texts": 3, "accumulate": 3, "epochs": 2, "learning_rate": 3e-3, "clip": 0.5}
RECIPES: dict[str, dict[str, object]] = {
    "full": {},
    "lora": {"method": {"kind": "lora", "rank": 2}},
    "adapter": {"method": {"kind": "adapter", "size": 4}},
    "fgm": {"objective": {"adversary": {"kind": "fgm"}}},
    "adalora": {"method": {"kind": "adalora", "first_rank": 3, "rank": 2}},
    "frozen": {"method": {"kind": "frozen", "layers": 1}},
    "noisy": {
        "objective": {"r_drop": 0.5},
        "optimisation": {"dropout": 0.2, "averaging": {"kind": "ema", "decay": 0.9}},
    },
}
SHARDED = ("full", "lora", "adapter", "fgm")


def group_recipe(name: str) -> Recipe:
    changes = dict(RECIPES[name])
    optimisation = SMALL | changes.pop("optimisation", {})  # type: ignore[operator]
    return recipe(optimisation=optimisation, evaluation={"every": 4, "most": 3}, **changes)


def learned(
    name: str, folder: Path, group: Group | None = None, on_event: Callable[[Event], None] = ignore
) -> None:
    """Train the tiny model by a recipe, alone or together."""
    started = TrainingInputs(model(SPEC, seed=3), pieces(), prepared())
    group = group or Group(device="cpu")
    group.same(fingerprint(group_recipe(name), started), "texts")
    train(group_recipe(name), started, folder, on_event, group)


def together(place: Path, what: str) -> None:
    """What each process of a launcher does."""
    if what == "every recipe":
        with joined("data") as group:
            for name in RECIPES:
                learned(name, place / f"data-{name}", group)
            shards = Group("shards", group.rank, group.size, "cpu")
            for name in SHARDED:
                learned(name, place / f"shards-{name}", shards)
            _meet(place, group)
            loop.SAVE_EVERY_SECONDS, loop.REPORT_EVERY_STEPS = 0.0, 1
            with suppress(InterruptedError):
                learned("fgm", place / "shards-again", shards, interrupt)
            learned("fgm", place / "shards-again", shards)
        return
    loop.SAVE_EVERY_SECONDS, loop.REPORT_EVERY_STEPS = 0.0, 1
    with joined("data") as group:

        def kill(event: Event) -> None:
            if what == f"kill {group.rank}" and isinstance(event, Stepped) and event.step == 3:
                os.kill(os.getpid(), signal.SIGKILL)

        learned("noisy", place / "run", group, kill)


def interrupt(event: Event) -> None:
    if isinstance(event, Stepped) and event.step == 3:
        raise InterruptedError


def _meet(place: Path, group: Group) -> None:
    """The main one fails for all, and processes that differ are told so."""
    told: dict[str, str] = {}

    def fail() -> None:
        raise GuandianError("no such set", "look")

    rows = [{"spans": 0.1 * group.rank, "名": float("inf")}] * (group.rank + 1)
    told["gathered"] = repr(group.gather(rows))
    try:
        group.first(fail)
    except GuandianError as error:
        told["first"] = type(error).__name__
    try:
        group.same(f"text {group.rank}", "texts")
    except GuandianError as error:
        told["same"] = error.problem
    (place / f"told-{group.rank}.json").write_text(json.dumps(told), encoding="utf-8")
