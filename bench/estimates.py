"""What `guandian train --dry-run` tells of a recipe beside what its training really takes.

    python bench/estimates.py RECIPE --root FOLDER [--set key=value ...]

Two processes, one after the other: the estimate, and the trainings of the recipe to their ends, in
a folder that is thrown away, without confidence and export. Minutes are of the steps and scorings,
by the clock and of all cores. Memory is that of the GPU where there is one; else the most that the
process held more than before, with the weights that it held already. Prints Markdown rows for
docs/experiments.md, a training a row.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch

from guandian.pipelines import estimate_training
from guandian.pipelines.stages import StagedTraining
from guandian.recipes.recipe import load_recipe
from guandian.tracking.events import ignore
from guandian.training.estimate.requirements import bytes_of
from guandian.training.estimate.throughput import Seconds, spent
from guandian.training.loop import train

_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


def main() -> None:
    """Print the table, or, in a process of its own, one half of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--set", action="append", default=[], dest="changes")
    parser.add_argument("--half", choices=("estimate", "training"))
    arguments = parser.parse_args()
    if arguments.half:
        rows = estimated_rows if arguments.half == "estimate" else measured_rows
        print(json.dumps(rows(arguments)))
        return
    pairs = zip(half("estimate"), half("training"), strict=True)
    print("| training | what | told | seen | told / seen |\n|---|---|---|---|---|")
    for estimate, training in pairs:
        for what, value in training.items():
            if what != "name" and value:
                figures = f"{estimate[what]:.2f} | {value:.2f} | {estimate[what] / value:.2f}"
                print(f"| {training['name']} | {what} | {figures} |")


def half(name: str) -> list[dict[str, Any]]:
    """Both halves begin alike: a fresh process."""
    command = [sys.executable, __file__, *sys.argv[1:], "--half", name]
    process = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    rows: list[dict[str, Any]] = json.loads(process.stdout.splitlines()[-1])
    return rows


def estimated_rows(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """The estimate."""
    recipe = load_recipe(arguments.recipe, tuple(arguments.changes))
    rows = []
    for training in estimate_training(recipe, arguments.root, ignore):
        minutes = training.minutes + training.scoring_minutes
        rows.append(row(training.name, training.steps, minutes, training.bytes.most))
    return rows


def measured_rows(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """The trainings themselves."""
    recipe = load_recipe(arguments.recipe, tuple(arguments.changes))
    staged = StagedTraining(recipe, arguments.root, ignore)
    stages = [(recipe.at(stage), stage.question, stage.name) for stage in recipe.stages]
    rows = []
    for training, question, name in [*stages, (recipe, None, recipe.name)]:
        inputs = staged.prepare(training, question)
        steps: list[int] = []
        with tempfile.TemporaryDirectory() as folder:
            weights = bytes_of((*inputs.model.parameters(), *inputs.model.buffers()))
            start, held_bytes = spent(), memory(fresh=True)

            def count(event: object, steps: list[int] = steps) -> None:
                steps.append(getattr(event, "step", 0))

            train(training, inputs, Path(folder), count)
            minutes = (spent() - start) / 60
            most = memory() if torch.cuda.is_available() else memory() - held_bytes + weights
        rows.append(row(name, max(steps), minutes, most))
    return rows


def row(name: str, steps: int, minutes: Seconds, most: int) -> dict[str, Any]:
    """The figures that both halves have."""
    return {
        "name": name,
        "steps": steps,
        "minutes": float(minutes[0]),
        "minutes of the processor": float(minutes[1]),
        "GB": most / 1e9,
    }


def memory(*, fresh: bool = False) -> int:
    """The most bytes since it was asked for afresh; those of this moment then."""
    if torch.cuda.is_available():
        if fresh:
            torch.cuda.reset_peak_memory_stats()
        return torch.cuda.max_memory_allocated()
    if fresh:
        _CLEAR.write_text("5")
    peak = re.search(r"VmHWM:\s+(\d+) kB", _STATUS.read_text())
    assert peak
    return int(peak[1]) * 1024


if __name__ == "__main__":
    main()
