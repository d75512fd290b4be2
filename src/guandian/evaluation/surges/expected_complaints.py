"""How many complaints were expected of each cell, by its own past and that of its like."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from guandian.evaluation.surges.surge_table import Floats, SurgeTable, Whole

PRIOR = 32.0
"""Complaints that what is alike counts for: values of one kind differ by about a sixth."""
_ROUNDS = 4


def expected_complaints(table: SurgeTable) -> Floats:
    """Complaints of the later window, had each kind of review complained as before `[a, k]`.

    Rates are those of a log-linear model: an aspect's own, times what each value of each dimension,
    each pair of values, and the cell itself differ from that, each drawn towards 1 by `PRIOR`. A
    version that is new is expected to be as the others.
    """
    earlier, reviews = table.complaints[0], table.reviews[0]
    per_review = earlier.sum(1) / max(float(reviews.sum()), 1.0)
    rates = np.maximum(np.repeat(per_review[:, None], len(reviews), 1), 1e-9)
    margins = _margins(table)
    for _ in range(_ROUNDS):
        for number, size in margins:
            fitted = rates * reviews
            seen = np.bincount(number.ravel(), earlier.ravel(), size)
            usual = np.bincount(number.ravel(), fitted.ravel(), size)
            rates = rates * ((seen + PRIOR) / (usual + PRIOR))[number]
    rates = rates * (earlier + PRIOR) / (rates * reviews + PRIOR)
    return np.asarray(rates * table.reviews[1])


def _margins(table: SurgeTable) -> list[tuple[Whole, int]]:
    """The number of each cell's value, or pair of values, `[a, k]`, with how many there are."""
    shape = (len(table.aspects), len(table.strata))
    codes = [np.broadcast_to(np.arange(shape[0])[:, None], shape)]
    for axis in range(len(table.dimensions) - 1):
        values = [stratum[axis] for stratum in table.strata]
        _, own = np.unique(values, return_inverse=True)
        codes.append(np.broadcast_to(own[None], shape))
    sizes = [int(code.max()) + 1 for code in codes]
    margins = [(code, size) for code, size in zip(codes, sizes, strict=True)]
    margins += [
        (codes[first] * sizes[second] + codes[second], sizes[first] * sizes[second])
        for first, second in combinations(range(len(codes)), 2)
    ]
    return margins
