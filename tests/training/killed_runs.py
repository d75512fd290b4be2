"""What a process does that trains and is killed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.tiny_base import model, pieces
from tests.training.fixtures import SPEC, prepared, recipe

from guandian.tracking.events import Event, Saved
from guandian.training import loop
from guandian.training.loop import train
from guandian.training.step import TrainingInputs


def killed(folder: Path, where: str) -> None:
    """Train, and die as by kill -9: after the second checkpoint, or in the middle of writing it."""
    loop.SAVE_EVERY_SECONDS = 0.0
    loop.REPORT_EVERY_STEPS = 1
    saved: list[Event] = []

    def watch(event: Event) -> None:
        if where == "after" and isinstance(event, Saved):
            saved.append(event)
            if len(saved) == 6:
                os.kill(os.getpid(), signal.SIGKILL)

    if where == "amid":
        rename = Path.rename

        def once(path: Path, target: Path) -> Path:
            moved = rename(path, target)
            if path.name == "checkpoint":
                saved.append(Saved(0, ""))
            if len(saved) == 5:  # the old one is put aside, the new one not yet in its place
                os.kill(os.getpid(), signal.SIGKILL)
            return moved

        Path.rename = once  # type: ignore[method-assign,assignment]
    train(recipe(), TrainingInputs(model(SPEC, seed=3), pieces(), prepared()), folder, watch)
