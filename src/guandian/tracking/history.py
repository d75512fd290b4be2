"""The history in a run's log: losses, dev scores and minutes of each training, also as a table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from pathlib import Path
from statistics import mean
from typing import Any

from guandian.tracking.events import LOGGED_PHASES, Read
from guandian.tracking.run_folder import LOG, RECIPE

Row = Mapping[str, Any]
_LOSS, _DEV = "loss.", "dev."


@dataclass(slots=True)
class TrainingHistory:
    """One training of a run: a stage's, or the recipe's own.

    Attributes:
        stage: its name, empty for the recipe's own.
        epochs: that the recipe asks for.
        steps: of the whole training, 0 before any was told.
        stepped: losses by head, rate and memory, by step.
        scored: dev scores (0 to 1) by `set/measure`, with their `mean`, by step.
        saved: the step of the last checkpoint.
    """

    stage: str
    epochs: float
    steps: int = 0
    stepped: dict[int, Row] = field(default_factory=dict)
    scored: dict[int, Row] = field(default_factory=dict)
    saved: int = 0

    @property
    def done(self) -> int:
        """The last step that was told."""
        return max((*self.stepped, *self.scored, self.saved))

    @property
    def best(self) -> tuple[int, float] | None:
        """The step with the best mean of the dev scores, and that mean; the first of equal ones."""
        means = [(row["mean"], -step) for step, row in self.scored.items()]
        return (-max(means)[1], max(means)[0]) if means else None

    def epoch(self, step: int) -> int:
        """The epoch that a step is of, from 1."""
        return max(1, ceil(step * self.epochs / self.steps)) if self.steps else 1

    def losses(self, head: str) -> list[tuple[int, float]]:
        """The loss of a head by step, in order."""
        return [
            (step, row["losses"][head])
            for step, row in sorted(self.stepped.items())
            if head in row["losses"]
        ]

    def heads(self) -> list[str]:
        """The heads that have a loss, in the order they were first told."""
        return list(dict.fromkeys(head for row in self.stepped.values() for head in row["losses"]))

    def by_epoch(self) -> Iterator[dict[str, float | str]]:
        """A row an epoch: the mean losses of what was told in it, and its last dev scores."""
        epochs: dict[int, list[int]] = {}
        for step in sorted({*self.stepped, *self.scored}):
            epochs.setdefault(self.epoch(step), []).append(step)
        for epoch, steps in epochs.items():
            entries = [self.stepped[step] for step in steps if step in self.stepped]
            row: dict[str, float | str] = {"stage": self.stage, "epoch": epoch, "step": steps[-1]}
            if entries:
                row["tokens_per_second"] = mean(entry["tokens_per_second"] for entry in entries)
                row["gigabytes"] = max(entry.get("gigabytes", 0.0) for entry in entries)
            for head in self.heads():
                values = [entry["losses"][head] for entry in entries if head in entry["losses"]]
                if values:
                    row[f"{_LOSS}{head}"] = mean(values)
            for step in steps:
                if step in self.scored:
                    row[f"{_DEV}mean"] = self.scored[step]["mean"]
                    scores = self.scored[step]["scores"]
                    row |= {f"{_DEV}{name}": value for name, value in scores.items()}
            yield row


@dataclass(slots=True)
class History:
    """All that a run's log tells.

    Attributes:
        trainings: in order; the last is the recipe's own, if it began.
        events: names of those that happened, outside of stages of the recipe; `phase:NAME` of what
            the run turned to.
        parts: the data of the recipe's own training; none in an old log.
        minutes: by the clock, all processes of the run together.
        began: when the first one did, in ISO form.
        failure: why the last process of the run failed; empty where it has not.
    """

    trainings: list[TrainingHistory]
    events: frozenset[str]
    parts: list[Read]
    minutes: float
    began: str
    failure: str = ""

    @property
    def own(self) -> TrainingHistory | None:
        """The recipe's own training, None where it has not begun."""
        return next((training for training in self.trainings if not training.stage), None)


def read_history(folder: Path, recipe: Row | None = None) -> History:
    """Read the log of a run; a line that a kill cut off is passed over.

    Args:
        folder: of the run.
        recipe: as `recipe.json` has it; read from there by default.

    Raises:
        OSError: the log, or the recipe where it is read, is not there.
        KeyError, TypeError, ValueError: the recipe is not JSON, or one of them is not as a run
            writes it.
    """
    if recipe is None:
        recipe = json.loads((folder / RECIPE).read_text(encoding="utf-8"))
    epochs = epochs_of(recipe or {})
    trainings: dict[str, TrainingHistory] = {}
    rows = list(_rows(folder / LOG))
    parts: list[Read] = []
    for row in rows:
        stage = str(row.get("stage", ""))
        if row["event"] not in ("stepped", "scored", "ended", "saved", "ready"):
            continue
        training = trainings.setdefault(stage, TrainingHistory(stage, epochs.get(stage, 1.0)))
        if row["event"] == "ready":
            fields = Read.__dataclass_fields__
            parts = [Read(**{key: part[key] for key in fields}) for part in row.get("data", ())]
        elif row["event"] == "stepped":
            training.stepped[row["step"]] = row
            training.steps = row["steps"]
        elif row["event"] == "ended":
            training.steps = row["steps"]
        elif row["event"] == "saved":
            training.saved = max(training.saved, row["step"])
        else:
            training.scored[row["step"]] = {**row, "mean": float(row["mean"])}
    for training in trainings.values():
        list(training.by_epoch())  # a row that lacks a figure is told here, not where it is shown
    own = [row for row in rows if "stage" not in row]
    events = frozenset(
        f"phase:{row.get('name')}" if row["event"] in LOGGED_PHASES else str(row["event"])
        for row in own
    )
    began = str(rows[0]["time"]) if rows else ""
    failed = bool(rows) and rows[-1]["event"] == "failed"
    failure = str(rows[-1].get("reason", "")) if failed else ""
    return History(list(trainings.values()), events, parts, _minutes(rows), began, failure)


def metrics_table(history: History) -> str:
    """The metrics by epoch as CSV, a row an epoch of each training."""
    rows = [row for training in history.trainings for row in training.by_epoch()]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    columns.sort(key=lambda key: (key.startswith(_LOSS), key.startswith(_DEV)))
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, columns or ["epoch"], lineterminator="\n")
    table.writeheader()
    table.writerows({key: _short(value) for key, value in row.items()} for row in rows)
    return text.getvalue()


def _short(value: float | str) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def epochs_of(recipe: Row) -> dict[str, float]:
    """The epochs that each training is asked for, by stage; 1 where a recipe was lost."""
    every = {"": recipe, **{stage["name"]: stage for stage in recipe.get("stages", ())}}
    return {
        name: float(training.get("optimisation", {}).get("epochs", 1.0))
        for name, training in every.items()
    }


def _rows(log: Path) -> Iterator[Row]:
    with log.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict) and {"event", "time"} <= row.keys():
                yield row


def _minutes(rows: Sequence[Row]) -> float:
    """Add up the minutes from each start to the last event before the next one."""
    total, began, last = 0.0, None, None
    for row in rows:
        time = datetime.fromisoformat(row["time"])
        if row["event"] == "started":
            total += (last - began).total_seconds() if began and last else 0.0
            began = time
        last = time
    total += (last - began).total_seconds() if began and last else 0.0
    return total / 60
