"""FewCLUE's EPRSTMT: a recipe trained on each of the five splits, scored on all dev texts.

    python bench/eprstmt.py --root FOLDER --out FOLDER [--recipe FILE.toml] [--set key=value ...]

The first part of the recipe's data is the split: `train-0` to `train-4` in turn. Each is a process
of `guandian train`; a finished one is not run again. Nothing is chosen on the dev parts. Prints
Markdown rows for docs/experiments.md: the accuracy of the exported bundle.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import mean, stdev

from guandian.comparison.processes import cost_of, train_apart
from guandian.comparison.quality import count_main
from guandian.composition import open_miner
from guandian.data.corpora import load

RECIPE = Path(__file__).parent.parent / "recipes" / "eprstmt.toml"
SPLITS = 5


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    asked = parser.parse_args()
    dev = {"eprstmt": load("eprstmt", asked.root, "dev")}
    print(f"| split | accuracy on {len(dev['eprstmt'])} dev texts | minutes |\n|---|---|---|")
    scores = []
    for split in range(SPLITS):
        folder = asked.out / f"{asked.recipe.stem}-{split}"
        changes = (*asked.overrides, f'data.0.part="train-{split}"')
        bundle = train_apart(asked.recipe, asked.root, folder, changes)
        right, texts, _ = count_main(open_miner(bundle), dev).sum(0)
        scores.append(right / texts)
        print(f"| {split} | {scores[-1]:.4f} | {cost_of(folder).minutes:.1f} |", flush=True)
    print(f"| mean | **{mean(scores):.4f}** ± {stdev(scores):.4f} | |")


if __name__ == "__main__":
    main()
