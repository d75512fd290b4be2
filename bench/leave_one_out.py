"""Sentiment of a product category that was never learned from, one category after the other.

    python bench/leave_one_out.py --root FOLDER --out FOLDER [--recipe FILE] [--groups 书籍,平板]
        [--set key=value ...]

Trains the recipe once for each group of its first set without that group, and scores the exported
bundle on every row of the group, of the train and the dev part: positive against negative. A
group whose run is finished is only scored again. Prints Markdown rows for docs/experiments.md.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import mean

from guandian.composition import open_miner, train_bundle
from guandian.data.corpora import load
from guandian.domain import Labelled, Polarity, Review
from guandian.training.recipe import load_recipe
from guandian.training.run import Log, open_run


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--recipe", type=Path, default=Path("recipes/online-shopping-leave-one-out.toml")
    )
    parser.add_argument("--groups", default="")
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    asked = parser.parse_args()
    corpus = load_recipe(asked.recipe).data[0].corpus
    rows = [row for part in ("train", "dev") for row in load(corpus, asked.root, part)]
    groups = asked.groups.split(",") if asked.groups else sorted({row.group for row in rows})
    print("| left out | rows | accuracy | minutes of training |\n|---|---|---|---|")
    found: list[float] = []
    scored = 0
    for group in groups:
        began = time.perf_counter()
        bundle = trained(asked, group)
        minutes = (time.perf_counter() - began) / 60
        mine = [row for row in rows if row.group == group]
        found.append(accuracy(bundle, mine))
        scored += len(mine)
        print(f"| {group} | {len(mine)} | {found[-1]:.3f} | {minutes:.1f} |", flush=True)
    print(f"| mean of {len(found)} | {scored} | {mean(found):.3f} | |")


def trained(asked: argparse.Namespace, group: str) -> Path:
    """The bundle of the run without `group`."""
    recipe = load_recipe(asked.recipe, (*asked.overrides, f"data.0.leave_out={group}"))
    folder: Path = asked.out / group
    if not open_run(folder, recipe, "resume"):
        with Log(folder) as log:
            train_bundle(recipe, asked.root, folder, log)
    return folder / "bundle"


def accuracy(bundle: Path, rows: list[Labelled]) -> float:
    """The share of rows whose likelier side is the labelled one."""
    mined = open_miner(bundle).mine([Review(row.id, row.text) for row in rows])
    return mean(
        (one.sentiment.positive > one.sentiment.negative) == (row.sentiment is Polarity.POSITIVE)
        for one, row in zip(mined, rows, strict=True)
    )


if __name__ == "__main__":
    main()
