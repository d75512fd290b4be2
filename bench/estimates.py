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
from guandian.training.estimate.throughput import Spent
from guandian.training.loop import train

_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


def main() -> None:
    """Print the table, or, in a process of its own, one half of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--set", action="append", default=[], dest="changes")
    parser.add_argument("--half", choices=("told", "seen"))
    asked = parser.parse_args()
    if asked.half:
        print(json.dumps(told(asked) if asked.half == "told" else seen(asked)))
        return
    both = zip(*(half(name) for name in ("told", "seen")), strict=True)
    print("| training | what | told | seen | told / seen |\n|---|---|---|---|---|")
    for before, after in both:
        for what, value in after.items():
            if what != "name" and value:
                ratio = f"{before[what] / value:.2f}"
                print(f"| {after['name']} | {what} | {before[what]:.2f} | {value:.2f} | {ratio} |")


def half(name: str) -> list[dict[str, Any]]:
    """Both halves begin alike: a fresh process."""
    command = [sys.executable, __file__, *sys.argv[1:], "--half", name]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    rows: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return rows


def told(asked: argparse.Namespace) -> list[dict[str, Any]]:
    """The estimate."""
    recipe = load_recipe(asked.recipe, tuple(asked.changes))
    rows = []
    for one in estimate_training(recipe, asked.root, ignore):
        spent = (one.learning + one.pace.scoring) * (1 / 60)
        rows.append(row(one.name, one.steps, spent, one.needs.memory.most))
    return rows


def seen(asked: argparse.Namespace) -> list[dict[str, Any]]:
    """The trainings themselves."""
    recipe = load_recipe(asked.recipe, tuple(asked.changes))
    course = StagedTraining(recipe, asked.root, ignore)
    turns = [(recipe.at(one), one.question, one.name) for one in recipe.stages]
    rows = []
    for turn, question, name in [*turns, (recipe, None, recipe.name)]:
        begun = course.prepare(turn, question)
        steps: list[int] = []
        with tempfile.TemporaryDirectory() as folder:
            weights = bytes_of((*begun.model.parameters(), *begun.model.buffers()))
            before, held = Spent.now(), memory(fresh=True)

            def count(event: object, steps: list[int] = steps) -> None:
                steps.append(getattr(event, "step", 0))

            place = Path(folder)
            train(turn, begun, place, count)
            spent = (Spent.now() - before) * (1 / 60)
            most = memory() if torch.cuda.is_available() else memory() - held + weights
        rows.append(row(name, max(steps), spent, most))
    return rows


def row(name: str, steps: int, spent: Spent, most: int) -> dict[str, Any]:
    """The figures that both halves have."""
    return {
        "name": name,
        "steps": steps,
        "minutes": spent.clock,
        "minutes of the processor": spent.processor,
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
    found = re.search(r"VmHWM:\s+(\d+) kB", _STATUS.read_text())
    assert found
    return int(found[1]) * 1024


if __name__ == "__main__":
    main()
