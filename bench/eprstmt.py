"""FewCLUE's EPRSTMT: a recipe trained on each of the five splits, scored on all dev texts.

    python bench/eprstmt.py --root FOLDER --out FOLDER [--recipe FILE.toml] [--set key=value ...]
        [--others]

The first part of the recipe's data is the split: `train-0` to `train-4` in turn. Each is a process
of `guandian train`; a finished one is not run again. With --others the texts to score on are those
of the other splits' train parts, by which recipes may be chosen: on the dev parts nothing is.
Prints Markdown rows for docs/experiments.md: the accuracy of the exported bundle.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import mean, stdev

from guandian.data.corpora import load
from guandian.domain import Labelled
from guandian.experiments.main_metric import count_main
from guandian.pipelines import open_miner
from guandian.tracking.subprocesses import cost_of, train_apart

RECIPE = Path(__file__).parent.parent / "recipes" / "eprstmt.toml"
SPLITS = 5


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    parser.add_argument("--others", action="store_true")
    asked = parser.parse_args()
    print("| split | texts | accuracy | minutes |\n|---|---|---|---|")
    scores = []
    for split in range(SPLITS):
        folder = asked.out / f"{asked.recipe.stem}-{split}"
        changes = (*asked.overrides, f'data.0.part="train-{split}"')
        bundle = train_apart(asked.recipe, asked.root, folder, changes)
        rows = others(asked.root, split) if asked.others else load("eprstmt", asked.root, "dev")
        right, texts, _ = count_main(open_miner(bundle), {"eprstmt": rows}).sum(0)
        scores.append(right / texts)
        minutes = cost_of(folder).minutes
        print(f"| {split} | {texts} | {scores[-1]:.4f} | {minutes:.1f} |", flush=True)
    print(f"| mean | | **{mean(scores):.4f}** ± {stdev(scores):.4f} | |")


def others(root: Path, split: int) -> list[Labelled]:
    """The labelled texts, each once, of the train parts of all splits but one."""
    seen = {record.text for record in load("eprstmt", root, f"train-{split}")}
    parts = [load("eprstmt", root, f"train-{k}") for k in range(SPLITS) if k != split]
    by_text = {record.text: record for records in parts for record in records}
    return [record for text, record in by_text.items() if text not in seen]


if __name__ == "__main__":
    main()
