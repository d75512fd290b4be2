"""Quality against labelled reviews: laptop quads after make-up, each way to learn a line.

    python bench/few_labels.py --root FOLDER --out FOLDER [--labels 50,100,200,400,575]
        [--only NAME,NAME] [--seeds 1] [--set key=value ...] [--picture FILE.svg]

The ways stand in bench/variants/few-labels.toml. Each run is one process of `guandian train` with
recipes/laptop-after-make-up.toml; a finished one is not run again. Fewer labels get more passes, by
the square root of their share. Prints Markdown rows for docs/experiments.md and draws the picture.
"""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path
from statistics import mean

from variants import flat, run

from guandian.recipes.recipe import load_recipe
from guandian.training.data.dataset import gather

HERE = Path(__file__).parent
RECIPE = HERE.parent / "recipes" / "laptop-after-make-up.toml"
WAYS = HERE / "variants" / "few-labels.toml"
PASSES = 8
ALL = 575
Curve = dict[int, list[float]]


def main() -> None:
    """Print the table and draw the curve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--labels", default="50,100,200,400,575")
    parser.add_argument("--only", default="")
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    asked.recipe = RECIPE
    ways = tomllib.loads(WAYS.read_text(encoding="utf-8"))
    labels = [int(count) for count in asked.labels.split(",")]
    dev = gather(load_recipe(RECIPE, tuple(asked.overrides)), asked.root).dev
    print(f"| way | {' | '.join(map(str, labels))} |\n|---{'|---' * len(labels)}|")
    curves: dict[str, Curve] = {}
    for name in asked.only.split(",") if asked.only else ways:
        changes = flat(ways[name])
        curves[name] = {
            count: [
                run(
                    asked, f"{name}-{count}", [*changes, *few(ways[name], count)], int(seed), dev
                ).score
                for seed in asked.seeds.split(",")
            ]
            for count in labels
        }
        row = (f"{mean(scores):.1f}" for scores in curves[name].values())
        print(f"| {name} | {' | '.join(row)} |", flush=True)
    if asked.picture:
        draw(curves, asked.picture)


def few(way: dict[str, object], count: int) -> list[str]:
    """What so many labels change in the recipe."""
    passes = round(PASSES * (ALL / count) ** 0.5)
    changes = [f"data.0.most={count}"]
    if "data" in way:
        changes.append(f"data.0.times={max(1, round(ALL / count))}")
    else:
        changes.append(f"optimisation.epochs={passes}")
    if "stages" in way:
        changes += [f"stages.0.data.0.most={count}", f"stages.0.optimisation.epochs={passes}"]
    return changes


def draw(curves: dict[str, Curve], file: Path) -> None:
    """A line a way over the number of labels, on a logarithmic scale; PNG or SVG by its ending."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    for name, curve in curves.items():
        axes.plot(list(curve), [mean(scores) for scores in curve.values()], marker="o", label=name)
        for count, scores in curve.items():
            axes.plot([count] * len(scores), scores, ".", color="grey", alpha=0.5, zorder=0)
    counts = list(next(iter(curves.values())))
    axes.set_xscale("log")
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.minorticks_off()
    axes.set_xlabel("labelled laptop reviews")
    axes.set_ylabel("quad F1 on dev")
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=150)


if __name__ == "__main__":
    main()
