"""Variants of a recipe side by side: same data, same budget, several seeds.

    python bench/variants.py RECIPE VARIANTS.toml --root FOLDER --out FOLDER [--seeds 1,2,3]
        [--only NAME,NAME] [--set key=value ...]

VARIANTS.toml has a table for each variant, with the recipe's keys that it changes; the others are
compared with the first. Each variant and seed is one process of `guandian train`, whose CPU minutes
and highest memory are measured; a finished one is not run again. Scores are exact quads of the
exported bundle on the whole dev part of the recipe's first evaluated set, with the set's own
categories where the recipe has them. Intervals draw reviews again, all seeds together.
Prints Markdown rows for docs/experiments.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from guandian.composition import open_miner
from guandian.data.corpora import load
from guandian.data.taxonomy import to_default
from guandian.domain import Labelled, Review
from guandian.evaluation.bootstrap import f1, paired_difference
from guandian.evaluation.tuples import count_quads
from guandian.training.recipe import Recipe, load_recipe

MEASURED = "measured.json"


@dataclass(frozen=True)
class Result:
    """One run: counts [reviews, 3] of its quads, what learned besides heads, what that cost."""

    counts: NDArray[np.int64]
    besides_heads: int
    megabytes: float
    minutes: float
    memory: float

    @property
    def score(self) -> float:
        """F1 of the quads, in points."""
        return 100 * float(f1(self.counts.sum(0)))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("variants", type=Path)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--only", default="")
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    asked = parser.parse_args()
    variants = tomllib.loads(asked.variants.read_text(encoding="utf-8"))
    names = asked.only.split(",") if asked.only else list(variants)
    seeds = [int(seed) for seed in asked.seeds.split(",")]
    gold = dev_part(load_recipe(asked.recipe, tuple(asked.overrides)), asked.root)
    print(
        "| variant | quad F1 by seed | mean | against the first (95 %) | learned besides heads "
        "| MB | CPU minutes | GB |\n|---|---|---|---|---|---|---|---|"
    )
    first: NDArray[np.int64] | None = None
    for name in names:
        runs = [run(asked, name, flat(variants[name]), seed, gold) for seed in seeds]
        counts = np.sum([one.counts for one in runs], axis=0)
        against = "" if first is None else str(paired_difference(counts, first))
        first = counts if first is None else first
        scores = [one.score for one in runs]
        spread = f" ± {stdev(scores):.1f}" if len(scores) > 1 else ""
        print(
            f"| {name} | {' / '.join(f'{score:.1f}' for score in scores)} "
            f"| {mean(scores):.1f}{spread} | {against} | {runs[0].besides_heads:,} "
            f"| {runs[0].megabytes:.1f} | {mean(one.minutes for one in runs):.1f} "
            f"| {max(one.memory for one in runs):.2f} |",
            flush=True,
        )


def flat(table: dict[str, object], prefix: str = "") -> list[str]:
    """A table of a TOML file as `key.key=value`."""
    found: list[str] = []
    for key, value in table.items():
        if isinstance(value, dict):
            found += flat(value, f"{prefix}{key}.")
        else:
            found.append(f"{prefix}{key}={toml(value)}")
    return found


def toml(value: object) -> str:
    """A value of a TOML file on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[ " + ", ".join(map(toml, value)) + " ]"
    return json.dumps(value, ensure_ascii=False)


def run(
    asked: argparse.Namespace,
    name: str,
    changes: list[str],
    seed: int,
    gold: list[Labelled],
) -> Result:
    """Train if that is not done, and score."""
    folder: Path = asked.out / f"{name}-{seed}"
    measured = folder / MEASURED
    if not measured.is_file():
        minutes, memory = train(asked, [*changes, f"seed={seed}"], folder)
        measured.write_text(json.dumps({"minutes": minutes, "memory": memory}))
    cost = json.loads(measured.read_text())
    # A bundle that the export gate refused is measured too: the table compares learning.
    bundle = next(p for p in (folder / "bundle", folder / "bundle.unchecked") if p.is_dir())
    mined = open_miner(bundle).mine([Review(row.id, row.text) for row in gold])
    counts = count_quads([row.quads or () for row in gold], [one.opinions for one in mined])
    best = folder / "best.safetensors"
    with safe_open(best, "numpy") as file:
        sizes = {key: int(np.prod(file.get_slice(key).get_shape())) for key in file.keys()}  # noqa: SIM118
    return Result(
        counts["quad"],
        sum(size for key, size in sizes.items() if not key.startswith("heads.")),
        best.stat().st_size / 1e6,
        cost["minutes"],
        cost["memory"],
    )


def train(asked: argparse.Namespace, changes: list[str], folder: Path) -> tuple[float, float]:
    """CPU minutes and gigabytes of one training, in a process of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    overrides = [part for one in (*asked.overrides, *changes) for part in ("--set", one)]
    command = [sys.executable, "-m", "guandian", "train", str(asked.recipe)]
    command += ["--root", str(asked.root), "-o", str(folder), "--resume", *overrides]
    with (folder.parent / f"{folder.name}.txt").open("w", encoding="utf-8") as told:
        process = subprocess.Popen(command, stdout=told, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    minutes = (usage.ru_utime + usage.ru_stime) / 60
    if status and not (folder / "bundle.unchecked" / "manifest.json").is_file():
        raise SystemExit(f"{' '.join(command)} failed: see {told.name}")
    return minutes, usage.ru_maxrss / 1e6


def dev_part(recipe: Recipe, root: Path) -> list[Labelled]:
    """The labelled reviews that scores are of."""
    data = root / "data" if (root / "data").is_dir() else root
    rows = load(recipe.evaluation.corpora[0], data, "dev")
    return rows if recipe.categories == "own" else [to_default(row) for row in rows]


if __name__ == "__main__":
    main()
