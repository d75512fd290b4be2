"""Whether "what changed, and why" finds what was planted, and nothing where nothing was.

    python bench/changes.py [--cases 4] [--reviews 3000] [--small 400] [--sizes 3] [--seed 0]
        [--part planted|nothing|both] [--oracle 60] [--wise-pizza]

Prints two tables. *Planted*: one group's share or liking changed, or both, so that the net of all
moves by just so many points (`--sizes 1,2,3,5`); in how many cases the cause that stands first is
the one planted (same kind, same group), or one inside or around it, and how many causes stand
beside. *Nothing planted*: in how many pairs of windows no cause is told, with the number of reviews
steady, three times as large and half as large, and of fewer reviews.

`--oracle N` says how many of the cases can be told at all: an oracle (`planted_changes.py`) that
knows the shop, the writers' moods and the size names the likeliest group, and is silent below the
evidence that 95 % of N windows without a plant stay under. "Of these first" is ours among those
that it names rightly.

`--wise-pizza` shows the same cases to the public package of that name and asks where its first
segment points (its best of the settings below); it has no word for "nothing changed". It is no
dependency: `python -m venv FOLDER && FOLDER/bin/pip install . wise-pizza==0.2.9`, then run this
with `FOLDER/bin/python`.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections import defaultdict
from typing import Any

import numpy as np
from planted_changes import named_by_oracle, simulated
from simulated_changes import KINDS, LEVELS, Case, Name

from guandian.evaluation.changes import Explanation, WindowCounts, explain_change

SEASONS = (1.0, 3.0, 0.5)
FIELDS = ("category", "aspect", "product", "source")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=4, help="of each level and kind")
    parser.add_argument("--reviews", type=int, default=3000)
    parser.add_argument("--small", type=int, default=400)
    parser.add_argument("--sizes", default="3", help="of what is planted, in points of the net")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--part", choices=["planted", "nothing", "both"], default="both")
    parser.add_argument("--oracle", type=int, default=0, help="windows without a plant")
    parser.add_argument("--wise-pizza", action="store_true")
    options = parser.parse_args()
    begin = time.perf_counter()
    if options.part != "nothing":
        for points in map(float, options.sizes.split(",")):
            planted(options, points)
    if options.part != "planted":
        nothing(options)
    print(f"\n{time.perf_counter() - begin:.0f} seconds, seed {options.seed}")


def planted(options: argparse.Namespace, points: float) -> None:
    """The table of the cases with a plant of one size, a line a kind and level."""
    size = points / 100
    bar = None
    heads = ["cases", "first", "or nested", "none told", "others beside"]
    if options.oracle:
        bar = silent_below(options, size)
        heads += ["oracle", "of these first"]
    if options.wise_pizza:
        heads += ["wise-pizza first", "or nested"]
    print(f"\n{options.reviews} reviews, {points:g} points\n")
    print(f"| planted | {' | '.join(heads)} |\n|{'---|' * (1 + len(heads))}")
    whole: dict[str, int] = defaultdict(int)
    for kind in KINDS:
        for place, level in enumerate(LEVELS):
            line: dict[str, int] = defaultdict(int)
            for number in range(options.cases):
                season = SEASONS[number % len(SEASONS)]
                seed = 1_000_000 * options.seed + 10_000 * (8 * KINDS.index(kind) + place) + number
                try:
                    case = simulated(seed, options.reviews, level, kind, season, size)
                except ValueError:  # no group of this level can move the net so far
                    break
                score(case, line, options.wise_pizza)
                if bar is not None:
                    ask_oracle(case, size, bar, line)
                line["first"] += line["right"]
                line["right"] = 0
            if line["cases"]:
                print(row(f"{kind}, {level}", line, options), flush=True)
            for name, count in line.items():
                whole[name] += count
    print(row("all", whole, options))


def silent_below(options: argparse.Namespace, size: float) -> float:
    """The evidence that 95 % of windows without a plant stay under."""
    evidence = [
        named_by_oracle(
            simulated(1_000_000 * options.seed + 800_000 + number, options.reviews), size
        ).evidence
        for number in range(options.oracle)
    ]
    return float(np.quantile(evidence, 0.95, method="higher"))


def ask_oracle(case: Case, size: float, bar: float, line: dict[str, int]) -> None:
    """Add to a line whether the oracle names the plant, and whether what it tells stood first."""
    guess, plant = named_by_oracle(case, size), case.plant
    if plant is None:
        raise ValueError("nothing is planted")
    told = guess.evidence > bar and guess.plant.name == plant.name
    told = told and bool(guess.plant.kinds & plant.kinds)
    line["oracle"] += told
    line["told, first"] += told and bool(line["right"])


def score(case: Case, line: dict[str, int], wise_pizza: bool) -> None:
    """Add one case to a line."""
    causes = explain_change(case.cells, case.before, case.after).causes
    plant = case.plant
    if plant is None:
        raise ValueError("nothing is planted")
    line["cases"] += 1
    line["none"] += not causes
    line["others"] += sum(
        (cause.category, cause.aspect, cause.product, cause.source) != plant.name
        for cause in causes
    )
    if causes:
        name = (causes[0].category, causes[0].aspect, causes[0].product, causes[0].source)
        right = causes[0].kind in plant.kinds
        line["right"] = int(right and name == plant.name)
        line["nested"] += right and nested(name, plant.name)
    if wise_pizza:
        for setting in SETTINGS:
            kind, name = first_segment(case, **setting)
            right = kind in plant.kinds or kind == ""
            line[f"first {setting}"] += right and name == plant.name
            line[f"nested {setting}"] += right and nested(name, plant.name)


def nested(name: Name, other: Name) -> bool:
    """Tell whether one group lies inside the other."""
    pairs = list(zip(name, other, strict=True))
    return all(a in (None, b) for a, b in pairs) or all(b in (None, a) for a, b in pairs)


def row(name: str, line: dict[str, int], options: argparse.Namespace) -> str:
    """A line of the table."""
    keys = ["cases", "first", "nested", "none", "others"]
    keys += ["oracle", "told, first"] if options.oracle else []
    cells = [name, *(line[key] for key in keys)]
    if options.wise_pizza:
        best = max(SETTINGS, key=lambda setting: line[f"first {setting}"])
        cells += [line[f"first {best}"], line[f"nested {best}"]]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def nothing(options: argparse.Namespace) -> None:
    """The table of pairs of windows between which nothing changed but the number of reviews."""
    print("\n| nothing planted | pairs | no cause |\n|---|---|---|")
    for reviews in (options.reviews, options.small, 60):
        for season in SEASONS:
            results: list[Explanation] = []
            for number in range(3 * options.cases):
                seed = 1_000_000 * options.seed + 900_000 + number
                case = simulated(seed, reviews, season=season)
                results.append(explain_change(case.cells, case.before, case.after))
            silent = sum(not result.causes for result in results)
            name = f"{reviews} reviews, then {season:g} times as many"
            print(f"| {name} | {len(results)} | {silent} |", flush=True)


SETTINGS: tuple[dict[str, Any], ...] = (
    {"how": "force_dim", "max_depth": 3},
    {"how": "totals", "max_depth": 3},
)
"""Of wise-pizza; `totals` tells no kind, so any is right. Deeper ones take a minute a case."""


def first_segment(case: Case, *, how: str, max_depth: int) -> tuple[str, Name]:
    """The kind ("" where none is told) and the group of wise-pizza's first segment."""
    from wise_pizza import explain_changes_in_average

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        finder = explain_changes_in_average(
            frame(case, case.before), frame(case, case.after), list(FIELDS), "signed", "opinions",
            max_segments=5, max_depth=max_depth, how=how,
        )  # fmt: skip
    if not finder.segments:
        return "?", (None, None, None, None)
    segment = dict(finder.segments[0]["segment"])
    told = str(segment.pop("Change from", ""))
    kind = {"": "", "Segment size": "mix", "Segment average": "rate"}[told]
    words = [str(segment[name]) if name in segment else None for name in FIELDS]
    if words[1]:  # an aspect has one category
        words[0] = next(cell.category for cell in case.cells if cell.aspect == words[1])
    return kind, (words[0], words[1], words[2], words[3])


def frame(case: Case, window: WindowCounts) -> Any:
    """A window as a table of pandas, a line a cell."""
    import pandas as pd

    counts = np.zeros((len(case.cells), 3))
    np.add.at(counts, window.cell, window.counts)
    lines = [
        {**cell._asdict(), "signed": float(c[0] - c[2]), "opinions": float(c.sum())}
        for cell, c in zip(case.cells, counts, strict=True)
        if c.sum()
    ]
    return pd.DataFrame(lines)


if __name__ == "__main__":
    main()
