"""Variants of a recipe side by side: same data, same budget, several seeds.

    python bench/variants.py RECIPE VARIANTS.toml --root FOLDER --out FOLDER [--seeds 1,2,3]
        [--only NAME,NAME] [--set key=value ...]

VARIANTS.toml has a table for each variant, with the recipe's keys that it changes; the others are
compared with the first. Each variant and seed is one process of `guandian train`, whose minutes and
highest memory are measured; a finished one is not run again. Scores are the mean over the recipe's
dev sets, whole, of their main measures (exact quads where there are any), of the exported bundle.
Intervals draw reviews again, the counts of all seeds together. Prints Markdown rows for
docs/experiments.md.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from guandian.domain import Labelled
from guandian.evaluation.intervals.bootstrap import paired_difference
from guandian.experiments.main_metric import count_main, mean_f1
from guandian.pipelines import open_miner
from guandian.recipes.recipe import load_recipe
from guandian.recipes.toml_text import inline
from guandian.tracking.subprocesses import Cost, cost_of, train_apart
from guandian.training.data.dataset import gather


@dataclass(frozen=True)
class Result:
    """One run: its counts (see `count_main`), what learned besides heads, what that cost."""

    counts: NDArray[np.int64]
    besides_heads: int
    megabytes: float
    cost: Cost

    @property
    def score(self) -> float:
        """The main measure, in points."""
        return 100 * float(mean_f1(self.counts.sum(0)))


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
    dev = gather(load_recipe(asked.recipe, tuple(asked.overrides)), asked.root).dev
    print(
        "| variant | F1 by seed | mean | against the first (95 %) | learned besides heads "
        "| MB | minutes | of the processor | GB |\n|---|---|---|---|---|---|---|---|---|"
    )
    first: NDArray[np.int64] | None = None
    for name in names:
        runs = [run(asked, name, flat(variants[name]), seed, dev) for seed in seeds]
        counts = np.sum([one.counts for one in runs], axis=0)
        against = "" if first is None else str(paired_difference(counts, first, mean_f1))
        first = counts if first is None else first
        scores = [one.score for one in runs]
        spread = f" ± {stdev(scores):.1f}" if len(scores) > 1 else ""
        print(
            f"| {name} | {' / '.join(f'{score:.1f}' for score in scores)} "
            f"| {mean(scores):.1f}{spread} | {against} | {runs[0].besides_heads:,} "
            f"| {runs[0].megabytes:.1f} | {mean(one.cost.minutes for one in runs):.1f} "
            f"| {mean(one.cost.processor_minutes for one in runs):.1f} "
            f"| {max(one.cost.gigabytes for one in runs):.2f} |",
            flush=True,
        )


def flat(table: dict[str, object], prefix: str = "") -> list[str]:
    """A table of a TOML file as `key.key=value`."""
    found: list[str] = []
    for key, value in table.items():
        if isinstance(value, dict):
            found += flat(value, f"{prefix}{key}.")
        else:
            found.append(f"{prefix}{key}={inline(value)}")
    return found


def run(
    asked: argparse.Namespace,
    name: str,
    changes: list[str],
    seed: int,
    dev: Mapping[str, Sequence[Labelled]],
) -> Result:
    """Train if that is not done, and score."""
    folder: Path = asked.out / f"{name}-{seed}"
    all_changes = (*asked.overrides, *changes, f"seed={seed}")
    bundle = train_apart(asked.recipe, asked.root, folder, all_changes)
    best = folder / "best.safetensors"
    with safe_open(best, "numpy") as file:
        sizes = {key: int(np.prod(file.get_slice(key).get_shape())) for key in file.keys()}  # noqa: SIM118
    return Result(
        count_main(open_miner(bundle), dev),
        sum(size for key, size in sizes.items() if not key.startswith("heads.")),
        best.stat().st_size / 1e6,
        cost_of(folder),
    )


if __name__ == "__main__":
    main()
