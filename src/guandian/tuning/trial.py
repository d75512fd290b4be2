"""A trial of a search, a process of its own: its scores as they come, its end and the reason."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from guandian.engine import usable_cores
from guandian.recipes.recipe import Recipe
from guandian.tracking.events import LOGGED_PHASES
from guandian.tracking.run_folder import LOG, open_run
from guandian.tracking.subprocesses import last_words, log_of

_PATIENCE_SECONDS = 10.0
_LEARNING = ("-m", "guandian.tuning.trial_worker")
_THREADS = "OMP_NUM_THREADS"


class Score(NamedTuple):
    """The score that a trial has reached.

    Attributes:
        share: of the training that is done, 0 to 1.
        best: the best mean of the dev sets' main measures until now, 0 to 1.
    """

    share: float
    best: float


@dataclass
class Following:
    """Reads a run's log as it grows: how far its own training is, stages before it left out."""

    path: Path
    share: float = 0.0
    best: float | None = None
    _read: int = 0
    _steps: int = 0
    _stage: bool = False
    _begun: bool = False
    _scored: list[tuple[int, float]] = field(default_factory=list)

    def fresh(self) -> list[Score]:
        """The scores since it was asked last."""
        for row in self._rows():
            self._take(row)
        if not self._steps:
            return []
        scores = []
        for step, mean in self._scored:
            self.best = mean if self.best is None else max(mean, self.best)
            scores.append(Score(step / self._steps, self.best))
        self._scored = []
        return scores

    def _take(self, row: dict[str, Any]) -> None:
        event = row.get("event")
        if event == "began":
            self._stage = self._begun = True
        elif event in LOGGED_PHASES and row["name"] == "reading":
            # The first one after `began` is the stage's own, another is the recipe's.
            self._stage, self._begun = self._begun, False
        elif self._stage:
            return
        elif event in ("stepped", "ended"):  # patience may end it before its first steps are told
            self._steps = row["steps"]
            self.share = row["step"] / row["steps"]
        elif event == "scored":
            self._scored.append((row["step"], row["mean"]))

    def _rows(self) -> Iterator[dict[str, Any]]:
        """Whole lines alone; one that a kill cut off is no row."""
        if not self.path.is_file():
            return
        with self.path.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._read += len(line)
                try:
                    row = json.loads(line)
                except ValueError:
                    continue
                if isinstance(row, dict):
                    yield row


class Trial:
    """A training on its way, by a recipe of its own.

    This knows nothing of who chose the recipe: a search elsewhere (on many machines, say) can start
    trials in the same way and pass on what `fresh` gives.

    Args:
        recipe: what is trained.
        root: of the sets and models.
        folder: of the run, gone on with where it was begun; beside it `FOLDER.txt` holds what the
            process said.
        beside: how many trials share the machine; each gets its part of the processor, unless
            OMP_NUM_THREADS says otherwise.

    Raises:
        RecipeError: the folder was begun by another recipe.
    """

    def __init__(self, recipe: Recipe, root: Path, folder: Path, beside: int = 1) -> None:
        open_run(folder, recipe, "resume")
        self.folder = folder
        self._following = Following(folder / LOG)
        threads = str(max(1, usable_cores() // beside))
        own = {_THREADS: threads} if beside > 1 and _THREADS not in os.environ else {}
        command = [sys.executable, *_LEARNING, str(folder), str(root), str(os.getpid())]
        with log_of(folder).open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, env=os.environ | own
            )

    @property
    def share(self) -> float:
        """The share of the training that is done, 0 to 1."""
        return self._following.share

    @property
    def best(self) -> float | None:
        """The best score until now, None before the first."""
        return self._following.best

    def fresh(self) -> list[Score]:
        """The scores since it was asked last."""
        return self._following.fresh()

    def ended(self) -> bool:
        """Tell whether the process is over."""
        return self._process.poll() is not None

    def failure(self) -> str | None:
        """Why a trial that is over has failed; None where it has not."""
        status = self._process.wait()
        if status == 0:
            return None if self.best is not None else "it was never scored"
        if status == -signal.SIGKILL:
            return "killed by the system, which most likely had no memory left"
        if status < 0:
            return f"ended by {signal.Signals(-status).name}"
        return last_words(log_of(self.folder))

    def stop(self) -> None:
        """End the process, if it is not over; what it wrote stays."""
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
