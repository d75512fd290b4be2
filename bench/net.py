"""Whether the interval of the corrected net holds the labels' own net, on a labelled dev part.

    python bench/net.py --root FOLDER [--bundle FOLDER] [--corpus guandian-wide] [--draws 100]

Two trials. *Resamples*: what the model finds and misses is measured on a random half, the net of
reviews drawn again from the other half, of as many kinds of product, is corrected. *Left out*: it
is measured on all kinds of product but one, and corrected on reviews of that one drawn again. Each
prints how many of the draws the 95 % interval holds the net of the labels in, how wide it is, and
the same of the net as found. Done means 90 of 100 in both.

A third trial asks whether rates of each category and polarity, drawn towards those of the polarity
by how much categories truly differ (DerSimonian and Laird), correct better than those of the
polarity alone: measured on a random half, the root mean squared error on the other half drawn
again, of the net of all and of the nets of categories.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from guandian.data.corpora import load
from guandian.domain import Labelled, Mined
from guandian.evaluation.intervals.clustered import Tally
from guandian.evaluation.net_sentiment import ORDER, NetCounts, PolarityRates, corrected_net
from guandian.pipelines import open_miner

LEAST = 20
"""Reviews of a kind that is left out."""

Trial = tuple[PolarityRates, NDArray[np.int64], float]
"""What was measured, the reviews that were drawn, and of how many kinds they are."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--corpus", default="guandian-wide")
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    examples = [one for one in load(asked.corpus, asked.root, "dev") if one.quads is not None]
    miner = open_miner(asked.bundle)
    found = miner.predict([one.text for one in examples])
    rates = _rates(examples, found, range(len(examples)))
    print(f"{miner.model}, {len(examples)} reviews of {rates.groups} kinds, seed {asked.seed}")
    for polarity, recall, precision in zip(ORDER, rates.recall, rates.precision, strict=True):
        print(f"{polarity}: recall {recall:.3f}, precision {precision:.3f}")
    print(
        f"spread of the log of negative over positive between kinds: {rates.between[0] ** 0.5:.2f}"
    )
    print("\n| trial | held, corrected | width | held, as found | width |")
    print("|---|---|---|---|---|")
    for name, trials in (("resamples", _halves), ("left out", _left_out)):
        dice = np.random.default_rng(asked.seed)
        drawn = list(trials(examples, found, asked.draws, dice))
        print(_row(name, drawn, _pairs(examples, found)))
    _by_category(examples, found, asked.draws, asked.seed)


def _halves(
    examples: Sequence[Labelled], found: Sequence[Mined], draws: int, dice: np.random.Generator
) -> Iterator[Trial]:
    shares = np.array([*Counter(one.group for one in examples).values()]) / len(examples)
    kinds = float(1 / (shares @ shares))
    for _ in range(draws):
        order = dice.permutation(len(examples))
        half = len(order) // 2
        rates = _rates(examples, found, order[:half])
        yield rates, dice.choice(order[half:], len(order) - half), kinds


def _left_out(
    examples: Sequence[Labelled], found: Sequence[Mined], draws: int, dice: np.random.Generator
) -> Iterator[Trial]:
    kinds = [kind for kind, n in Counter(e.group for e in examples).items() if n >= LEAST]
    for draw in range(draws):
        kind = kinds[draw % len(kinds)]
        inside = np.array([place for place, e in enumerate(examples) if e.group == kind])
        others = [place for place, e in enumerate(examples) if e.group != kind]
        yield _rates(examples, found, others), dice.choice(inside, len(inside)), 1


def _rates(
    examples: Sequence[Labelled], found: Sequence[Mined], places: Sequence[int] | NDArray[np.int64]
) -> PolarityRates:
    return PolarityRates.measure(
        [examples[place].quads or () for place in places],
        [found[place].opinions for place in places],
        [examples[place].group for place in places],
    )


def _pairs(examples: Sequence[Labelled], found: Sequence[Mined]) -> NDArray[np.int64]:
    """Opinions a review by polarity `[n, 2, 3]`, labelled and found."""
    both = [(one.quads or (), its.opinions) for one, its in zip(examples, found, strict=True)]
    return np.array(
        [[[sum(q.polarity == p for q in qs) for p in ORDER] for qs in two] for two in both]
    )


def _row(name: str, trials: Sequence[Trial], pairs: NDArray[np.int64]) -> str:
    held, wide = [0, 0], [0.0, 0.0]
    for rates, drawn, kinds in trials:
        gold, counts = pairs[drawn, 0].sum(0), pairs[drawn, 1]
        truth = (gold[0] - gold[2]) / gold.sum()
        spoken = counts[counts.sum(1) > 0]
        ours = corrected_net(NetCounts.of(spoken), rates, kinds=kinds)
        tally = Tally()
        for positive, neutral, negative in spoken.tolist():
            tally.add(positive, negative, neutral)
        plain = tally.net()
        for place, one in enumerate((ours, plain)):
            if one is not None:
                held[place] += one.low <= truth <= one.high
                wide[place] += one.high - one.low
    number = len(trials)
    cells = [
        f"{h} of {number} | {100 * w / number:.0f} points" for h, w in zip(held, wide, strict=True)
    ]
    return f"| {name} | {' | '.join(cells)} |"


def _by_category(
    examples: Sequence[Labelled], found: Sequence[Mined], draws: int, seed: int
) -> None:
    """Print how far corrected nets lie from those of the labels, by what they are corrected."""
    gold, counts = _cells(examples, found)
    dice = np.random.default_rng(seed)
    errors: dict[str, list[NDArray[np.float64]]] = {}
    for _ in range(draws):
        order = dice.permutation(len(gold))
        half = len(order) // 2
        drawn = dice.choice(order[half:], len(order) - half)
        truth, its = gold[drawn].sum(0), counts[drawn].sum(0)
        plain, shrunk = _factors(gold[order[:half]], counts[order[:half]])
        enough = (truth.sum(1) >= LEAST) & (its.sum(1) >= LEAST)
        for name, factors in (
            ("as found", np.ones(3)), ("by polarity", plain), ("by category and polarity", shrunk)
        ):  # fmt: skip
            nets = np.append(_nets(its * factors)[enough], _nets((its * factors).sum(0)))
            errors.setdefault(name, []).append(
                nets - np.append(_nets(truth)[enough], _nets(truth.sum(0)))
            )
    print("\n| nets | error of all, points | error of a category |\n|---|---|---|")
    for name, rows in errors.items():
        whole = np.sqrt(np.mean([row[-1] ** 2 for row in rows]))
        parts = np.sqrt(np.mean(np.concatenate([row[:-1] for row in rows]) ** 2))
        print(f"| {name} | {100 * whole:.1f} | {100 * parts:.1f} |")


def _cells(
    examples: Sequence[Labelled], found: Sequence[Mined]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Opinions a review by category and polarity `[n, c, 3]`, labelled and found."""
    names: dict[str, int] = {}
    for one, its in zip(examples, found, strict=True):
        for quad in (*(one.quads or ()), *its.opinions):
            names.setdefault(quad.category, len(names))
    tables = np.zeros((2, len(examples), len(names), 3))
    for row, (one, its) in enumerate(zip(examples, found, strict=True)):
        for side, quads in enumerate((one.quads or (), its.opinions)):
            for quad in quads:
                tables[side, row, names[quad.category], ORDER.index(quad.polarity)] += 1
    return tables[0], tables[1]


def _factors(
    gold: NDArray[np.float64], found: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Factors of each polarity `[3]`, and of each category and polarity `[c, 3]`."""
    plain = np.log((gold.sum((0, 1)) + 0.5) / (found.sum((0, 1)) + 0.5))
    ours, its = gold.sum(0) + 0.5, found.sum(0) + 0.5
    doubts = ((gold / ours - found / its) ** 2).sum(0) + 0.5 / ours**2 + 0.5 / its**2
    away, weights = np.log(ours / its) - plain, 1 / doubts
    excess = (weights * away**2).sum(0) - len(away)
    scale = weights.sum(0) - (weights**2).sum(0) / weights.sum(0)
    between = np.maximum(excess / scale, 0)
    return np.exp(plain), np.exp(plain + away * between / (between + doubts))


def _nets(amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    return (amounts[..., 0] - amounts[..., 2]) / np.maximum(amounts.sum(-1), 1e-9)


if __name__ == "__main__":
    main()
