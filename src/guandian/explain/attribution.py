"""How much each part of a whole adds to a value: occlusion and Shapley values, in plain numpy.

A coalition is a set of units that stay; the value of one is what the model says then. Shapley
values are estimated by a weighted regression over few coalitions (Lundberg and Lee 2017) that come
in pairs with their complements (Covert and Lee 2021).
"""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Coalitions = NDArray[np.bool_]
MOST_EXACT = 14
"""Units of which all coalitions are read: 16,384."""


def all_coalitions(units: int) -> Coalitions:
    """Every coalition [2 ** units, units], the unit of highest place first in counting.

    Raises:
        ValueError: more than `MOST_EXACT` units.
    """
    if not 1 <= units <= MOST_EXACT:
        raise ValueError(f"all coalitions of {units} units; 1 to {MOST_EXACT} can be read")
    return np.array(list(product((False, True), repeat=units)))


def exact_shapley(values: Floats) -> Floats:
    """The Shapley values [units, T] from those of all coalitions [2 ** units, T]."""
    units = int(np.log2(len(values)))
    coalitions = all_coalitions(units)
    sizes = coalitions.sum(1)
    weights = np.array([1 / (units * comb(units - 1, size)) for size in range(units)])
    added = np.empty((units, values.shape[1]))
    for unit in range(units):
        without = np.flatnonzero(~coalitions[:, unit])
        joined = without + (1 << (units - 1 - unit))
        added[unit] = weights[sizes[without]] @ (values[joined] - values[without])
    return added


def first_coalitions(units: int) -> Coalitions:
    """All, none, and each unit alone [units + 2, units]: what words say by themselves."""
    every = np.ones(units, bool)
    return np.unique(np.array([every, ~every, *np.eye(units, dtype=bool)]), axis=0)[::-1]


def further_coalitions(
    coalitions: Coalitions, values: Floats, passes: int, seed: int = 0
) -> Coalitions:
    """Those worth reading next [R, units], after the first ones.

    The text without each of the units that said most by themselves, then random halves of it, each
    with its complement.

    Args:
        coalitions: that were read, as `first_coalitions` gave them.
        values: theirs [R, T].
        passes: readings at most.
        seed: of the halves.
    """
    units = coalitions.shape[1]
    sizes = coalitions.sum(1)
    alone = values[sizes == 1][np.argsort(coalitions[sizes == 1].argmax(1))]
    order = np.argsort(-np.abs(alone - alone.mean(0)).sum(1), kind="stable")
    known = {row.tobytes() for row in coalitions}
    rng = np.random.default_rng(seed)
    rows: list[NDArray[np.bool_]] = []

    def add(row: NDArray[np.bool_]) -> None:
        if len(rows) < passes and row.tobytes() not in known:
            known.add(row.tobytes())
            rows.append(row)

    for unit in order.tolist():
        add(np.arange(units) != unit)
    while len(rows) < passes and len(known) < 2**units:
        row = np.isin(np.arange(units), rng.permutation(units)[: rng.integers(1, units)])
        add(row)
        add(~row)
    return np.array(rows, bool).reshape(-1, units)


def estimated_shapley(coalitions: Coalitions, values: Floats, ridge: float = 1.0) -> Floats:
    """Shapley values [units, T] that fit the values best; together they are all less none.

    Args:
        coalitions: [R, units], every unit and none among them.
        values: [R, T].
        ridge: draws towards equal shares; what is left open by few coalitions.
    """
    units = coalitions.shape[1]
    sizes = coalitions.sum(1)
    every, none = values[sizes == units][0], values[sizes == 0][0]
    share = (every - none) / units
    inner = (sizes > 0) & (sizes < units)
    if not inner.any():
        return np.tile(share, (units, 1))
    size = sizes[inner]
    weights = (units - 1) / (size * (units - size))
    rows = coalitions[inner].astype(float)
    # The last unit is what the others leave of the whole.
    design = rows[:, :-1] - rows[:, -1:]
    wanted = values[inner] - none - rows.sum(1, keepdims=True) * share
    penalty = np.eye(units - 1) + np.ones((units - 1, units - 1))
    left = design.T @ (weights[:, None] * design) + ridge * weights.mean() * penalty
    first = np.linalg.solve(left, design.T @ (weights[:, None] * wanted))
    return np.asarray(share + np.vstack([first, -first.sum(0)]))


def single_losses(units: int) -> Coalitions:
    """All, none, and the text without each unit [units + 2, units], for `occlusion`."""
    every = np.ones(units, bool)
    return np.unique(np.array([every, ~every, *~np.eye(units, dtype=bool)]), axis=0)[::-1]


def occlusion(coalitions: Coalitions, values: Floats) -> Floats:
    """What is lost [units, T] when each unit alone is taken away."""
    units = coalitions.shape[1]
    sizes = coalitions.sum(1)
    every = values[sizes == units][0]
    lost = np.zeros((units, values.shape[1]))
    for row in np.flatnonzero(sizes == units - 1):
        lost[np.flatnonzero(~coalitions[row])[0]] = every - values[row]
    return lost
