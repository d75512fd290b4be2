"""One training, a process of its own, and what it cost in time and memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from guandian.bundle import Precision
from guandian.bundle.bundle import MANIFEST
from guandian.errors import GuandianError
from guandian.io.atomic import replace_file
from guandian.recipes.recipe import load_recipe
from guandian.tracking.run_folder import BUNDLE, LOG, UNCHECKED, open_run

_COST = "cost.json"
_RESIDENT_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes; what the system counts a process's memory in."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a training, all its processes together where it was interrupted.

    Attributes:
        minutes: by the clock.
        processor_minutes: of all cores; on a machine that does other work this is the fairer.
        gigabytes: the largest memory of a process (not that of a GPU).
    """

    minutes: float = 0.0
    processor_minutes: float = 0.0
    gigabytes: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        """Times added, the larger memory."""
        return Cost(
            self.minutes + other.minutes,
            self.processor_minutes + other.processor_minutes,
            max(self.gigabytes, other.gigabytes),
        )


def resident_gigabytes(most: int) -> float:
    """The largest memory of a process in GB, from `ru_maxrss`."""
    return most * _RESIDENT_UNIT / 1e9


def finished(folder: Path) -> Path | None:
    """The bundle of a run, also one that the export gate refused; None where there is none yet.

    A comparison is about what was learned, and the refused bundle is what was.
    """
    places = (folder / BUNDLE, folder / UNCHECKED)
    return next((path for path in places if (path / MANIFEST).is_file()), None)


def log_of(folder: Path) -> Path:
    """The file with what a run's process said."""
    return folder.with_name(f"{folder.name}.txt")


def cost_of(folder: Path) -> Cost:
    """The cost of a run until now."""
    file = folder / _COST
    return Cost(**json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else Cost()


def train_apart(
    recipe: Path,
    root: Path,
    folder: Path,
    changes: Sequence[str],
    precision: Precision | None = None,
) -> Path:
    """Train in a process of its own, or go on with what was interrupted; a finished run stays.

    Args:
        recipe: the file.
        root: of the sets and models.
        folder: of the run; beside it `FOLDER.txt` holds what the process said.
        changes: `key=value` of the recipe.
        precision: of the bundle's weights; None = int8.

    Returns:
        The folder of the bundle.

    Raises:
        GuandianError: the process failed; its last words and its log are named.
        RecipeError: the run was begun by another recipe.
        KeyboardInterrupt: passed on when the process has ended.
    """
    open_run(folder, load_recipe(recipe, tuple(changes)), "resume")
    if (bundle := finished(folder)) is not None:
        return bundle
    command = [sys.executable, "-m", "guandian", "train", str(recipe), "--root", str(root)]
    command += ["-o", str(folder), "--resume"]
    command += [part for change in changes for part in ("--set", change)]
    command += [] if precision is None else ["--precision", precision]
    status = _run(command, folder)
    if (bundle := finished(folder)) is None:
        raise GuandianError(
            f"the training in {folder} ended with {status}: {last_words(log_of(folder))}",
            f"all that it said is in {log_of(folder)}",
        )
    return bundle


def _run(command: Sequence[str], folder: Path) -> int:
    """Run to the end, add the cost to the run's; an interrupt ends the process too."""
    began = time.perf_counter()
    with log_of(folder).open("w", encoding="utf-8") as output:
        # Ctrl-C at a terminal reaches this process alone, which passes it on once.
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            _, status, used = os.wait4(process.pid, 0)
        except KeyboardInterrupt:
            status, used = _stop(process)
            raise
        finally:
            process.returncode = os.waitstatus_to_exitcode(status)
            computed = (used.ru_utime + used.ru_stime) / 60
            gigabytes = resident_gigabytes(used.ru_maxrss)
            spent = Cost((time.perf_counter() - began) / 60, computed, gigabytes)
            total = json.dumps(asdict(cost_of(folder) + spent))
            if (folder / LOG).is_file():  # a run that has not begun leaves nothing
                replace_file(folder / _COST, f"{total}\n".encode())
    return process.returncode


def _stop(process: subprocess.Popen[bytes]) -> tuple[int, Any]:
    """Have a training keep its step and end; at once where Ctrl-C is pressed again."""
    process.send_signal(signal.SIGINT)
    try:
        _, status, used = os.wait4(process.pid, 0)
    except KeyboardInterrupt:
        process.kill()
        _, status, used = os.wait4(process.pid, 0)
    return status, used


def last_words(log: Path) -> str:
    """The message of a process that failed, else its last line."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    messages = [line for line in lines if line.startswith("guandian: ")]
    return (messages or lines or ["it said nothing"])[-1].removeprefix("guandian: ")
