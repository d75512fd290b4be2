"""Whether "what changed, and why" finds what was planted, and nothing where nothing was.

    python bench/changes.py [--cases 100] [--reviews 3000] [--small 400] [--seed 0] [--strength 1]
        [--part planted|nothing|both] [--wise-pizza]

Prints two tables. *Planted*: by level and kind, in how many cases the cause that stands first is
the one planted (same kind, same group), or one inside or around it, and how many causes stand
beside. *Nothing planted*: in how many pairs of windows no cause is told, with the number of reviews
steady, three times as large and half as large, and of fewer reviews.

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
from simulated_changes import LEVELS, Case, Name, simulated

from guandian.evaluation.changes import Explanation, WindowCounts, explain_change

KINDS = ("rate", "mix", "both")
SEASONS = (1.0, 3.0, 0.5)
FIELDS = ("category", "aspect", "product", "source")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--reviews", type=int, default=3000)
    parser.add_argument("--small", type=int, default=400)
    parser.add_argument("--strength", type=float, default=1.0, help="of what is planted")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--part", choices=["planted", "nothing", "both"], default="both")
    parser.add_argument("--wise-pizza", action="store_true")
    options = parser.parse_args()
    begin = time.perf_counter()
    if options.part != "nothing":
        planted(options)
    if options.part != "planted":
        nothing(options)
    print(f"\n{time.perf_counter() - begin:.0f} seconds, seed {options.seed}")


def planted(options: argparse.Namespace) -> None:
    """The table of the planted cases, a line a kind and level."""
    theirs = " | wise-pizza first | or nested |" if options.wise_pizza else ""
    print(f"\n| planted | cases | first | or nested | none told | others beside{theirs or ' |'}")
    print("|---|---|---|---|---|---|" + ("---|---|" if theirs else ""))
    whole: dict[str, int] = defaultdict(int)
    for kind in KINDS:
        for place, level in enumerate(LEVELS):
            line: dict[str, int] = defaultdict(int)
            for number in range(options.cases):
                season = SEASONS[number % len(SEASONS)]
                seed = 1_000_000 * options.seed + 10_000 * (8 * KINDS.index(kind) + place) + number
                case = simulated(seed, options.reviews, level, kind, season, options.strength)
                score(case, line, options.wise_pizza)
            print(row(f"{kind}, {level}", line, options.wise_pizza), flush=True)
            for name, count in line.items():
                whole[name] += count
    print(row("all", whole, options.wise_pizza))


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
        line["first"] += right and name == plant.name
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


def row(name: str, line: dict[str, int], wise_pizza: bool) -> str:
    """A line of the table."""
    cases = line["cases"]
    cells = [name, cases, line["first"], line["nested"], line["none"], line["others"]]
    if wise_pizza:
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
