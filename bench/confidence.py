"""Does confidence keep its word? Trials of promises, of unlike reviews, of shares.

    python bench/confidence.py promises --root FOLDER   precision asked for, held in resamples; and
                                                        on kinds of product left out
    python bench/confidence.py unlike --root FOLDER     far and near texts told from reviews
    python bench/confidence.py shares --root FOLDER     shares of polarities corrected, beside QuaPy

*Promises*: guandian-wide dev, halved 100 times by seed (reviews, not opinions): measured on one
half, held on the other. *Left out*: all kinds of 20 reviews or more, each in turn; beside is the
threshold that people would take, the precision itself, as a confidence.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from guandian.data.corpora import load
from guandian.pipelines import open_miner
from guandian.pipelines.promising import answered_reviews
from guandian.training.promises import AnsweredReview, Judged, threshold_rows

ASKED = (("whole", 0.8), ("whole", 0.9), ("whole", 0.95), ("triplet", 0.9), ("triplet", 0.95),
         ("polarity", 0.9), ("polarity", 0.95))  # fmt: skip
LEAST = 20


def main() -> None:
    """Run one trial and print its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trial", choices=("promises", "unlike", "shares"))
    parser.add_argument("--root", type=Path, required=True, help="the folder of the data sets")
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    trial: Callable[[argparse.Namespace], None] = {"promises": promises}[options.trial]
    trial(options)


def promises(options: argparse.Namespace) -> None:
    """Print how often what was asked for is held, in resamples and on kinds left out."""
    examples = [e for e in load("guandian-wide", options.root, part="dev") if e.quads is not None]
    reviews = answered_reviews(open_miner(None, 1), examples)
    kinds = [kind for kind, n in Counter(r.kind for r in reviews).items() if n >= LEAST]
    rng = np.random.default_rng(options.seed)
    print(
        "| right | asked | held | of, feasible | kept | precision | left out: broken | by itself |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for meaning, precision in ASKED:
        held, feasible, kept, got = 0, 0, [], []
        for _ in range(options.draws):
            order = rng.permutation(len(reviews))
            half = len(order) // 2
            threshold = _threshold([reviews[k] for k in order[:half]], kinds, meaning, precision)
            if threshold is None:
                held += 1
                continue
            share, right = _kept([reviews[k] for k in order[half:]], meaning, threshold)
            feasible += 1
            held += right >= precision
            kept.append(share)
            got.append(right)
        broken, plain, tried = 0, 0, 0
        for kind in kinds:
            others = [review for review in reviews if review.kind != kind]
            own = [review for review in reviews if review.kind == kind]
            threshold = _threshold(others, [k for k in kinds if k != kind], meaning, precision)
            plain += _kept(own, meaning, precision)[1] < precision
            if threshold is not None:
                tried += 1
                broken += _kept(own, meaning, threshold)[1] < precision
        mean = f"{np.mean(kept):.3f} | {np.mean(got):.3f}" if kept else "– | –"
        print(
            f"| {meaning} | {precision} | {held} of {options.draws} | {feasible} | {mean} "
            f"| {broken} of {tried} | {plain} of {len(kinds)} |"
        )


def _threshold(
    reviews: Sequence[AnsweredReview], kinds: Sequence[str], meaning: str, precision: float
) -> float | None:
    rows = threshold_rows(Judged.of(reviews, meaning), kinds, [precision])
    return rows[0][1] if rows else None


def _kept(reviews: Sequence[AnsweredReview], meaning: str, threshold: float) -> tuple[float, float]:
    """The share of opinions that are kept, and of those the share that is right (1 of none)."""
    judged = Judged.of(reviews, meaning)
    sure = judged.confidence >= threshold
    return float(sure.mean()), float(judged.right[sure].mean()) if sure.any() else 1.0


if __name__ == "__main__":
    main()
