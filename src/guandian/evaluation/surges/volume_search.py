"""Of which product or source more is written than its drift, and that of all the rest, explains."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from guandian.evaluation.surges.surge_cause import SurgeCause, price
from guandian.evaluation.surges.surge_table import Floats, SurgeTable

DRIFT = 0.25
"""How much numbers of reviews of a product or source move by themselves, on a logarithm."""
SEASON = 2.0
"""The same of all together."""
_OWN = 0.1
_MOST = 400
"""Strata that are looked at, those with the most reviews."""


def volume_causes(table: SurgeTable, left_out: frozenset[str], most: int) -> list[SurgeCause]:
    """Slices of which more is written, the surest first; nothing overlaps.

    Logarithms of later over earlier reviews are taken as normal, with a part that all share, one of
    each product and of each source, and one of its own; a slice is scored by what a free part of
    its own adds to the likelihood.

    Args:
        table: of both windows.
        left_out: dimensions that are no causes: versions replace each other.
        most: causes.
    """
    axes = [k for k, name in enumerate(table.dimensions[1:]) if name not in left_out]
    keys, reviews = _collapsed(table, axes)
    if len(keys) < 2:
        return []
    gap = np.log((reviews[1] + 0.5) / (reviews[0] + 0.5))
    gap -= np.log(reviews[1].sum() + 0.5) - np.log(reviews[0].sum() + 0.5)
    own = 1 / (reviews[0] + 1) + 1 / (reviews[1] + 1) + _OWN**2
    likeness = np.full((len(keys), len(keys)), SEASON**2)
    codes = [np.unique([key[k] for key in keys], return_inverse=True)[1] for k in range(len(axes))]
    for code in codes:
        likeness += DRIFT**2 * (code[:, None] == code[None])
    names = tuple(table.dimensions[1 + axis] for axis in axes)
    causes: list[SurgeCause] = []
    masks: list[Floats] = []
    for _ in range(most):
        best, mask = _best(keys, names, reviews, (gap, own, likeness), masks)
        if best is None:
            break
        causes.append(best)
        masks.append(mask)
    return causes


def _collapsed(table: SurgeTable, axes: list[int]) -> tuple[list[tuple[str, ...]], Floats]:
    """Reviews by the dimensions that count `[2, k]`, the largest strata."""
    numbers: dict[tuple[str, ...], int] = {}
    own = [
        numbers.setdefault(tuple(stratum[axis] for axis in axes), len(numbers))
        for stratum in table.strata
    ]
    sums = np.stack(
        [np.bincount(own, window, len(numbers)).astype(np.float64) for window in table.reviews]
    )
    order = np.argsort(-sums.sum(0), kind="stable")[:_MOST]
    keys = list(numbers)
    return [keys[k] for k in order], sums[:, order]


def _best(
    keys: list[tuple[str, ...]],
    names: tuple[str, ...],
    reviews: Floats,
    gaps: tuple[Floats, Floats, Floats],
    earlier: list[Floats],
) -> tuple[SurgeCause | None, Floats]:
    """The best slice beside those of before, each of which has a free part."""
    gap, own, likeness = gaps
    covariance = np.diag(own) + likeness + sum((1e4 * np.outer(m, m) for m in earlier), 0.0)
    inverse = np.linalg.inv(covariance)
    pulled = inverse @ gap
    best: SurgeCause | None = None
    chosen = np.zeros(len(keys))
    for depth in range(1, len(names) + 1):
        for axes in combinations(range(len(names)), depth):
            values = sorted({tuple(key[axis] for axis in axes) for key in keys})
            for value in values:
                mask = np.array([tuple(k[a] for a in axes) == value for k in keys], dtype=float)
                known = float(mask @ inverse @ mask)
                shift = float(mask @ pulled) / max(known, 1e-12)
                if "" in value or shift <= 0 or mask.all() or any(m @ mask for m in earlier):
                    continue
                score = shift**2 * known - price(len(values), depth)
                if best is None or score > best.score:
                    came = float(reviews[1] @ mask)
                    fixed = tuple(zip((names[axis] for axis in axes), value, strict=True))
                    best = SurgeCause("volume", fixed, came, came / float(np.exp(shift)), score)
                    chosen = mask
    return best, chosen
