"""Weights that give a group of cells the same share in both windows, as in standardisation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from guandian.evaluation.changes.counted import Floats, Whole

STRATA = 256
"""Pairs of product and source that are told apart; those with the fewest opinions are one."""
LEAST_SHARE = 1e-9
"""Less is no share."""
_STEEPEST, _STEPS = 20.0, 60


def strata_of(shop: Whole, opinions: Floats) -> Whole:
    """The stratum of each row `[m]`, from the number of its product and source `[m]`."""
    sums = np.bincount(shop, opinions)
    rank = np.empty(len(sums), dtype=np.int64)
    rank[np.argsort(-sums, kind="stable")] = np.arange(len(sums))
    return np.asarray(np.minimum(rank, STRATA - 1)[shop])


def mean_share(shares: Floats) -> Floats:
    """Factors `[2, 2]` for the rest and a group, earlier and later, from the group's shares `[2]`.

    Both windows get the mean of both; neither share may be 0 or 1.
    """
    mean = shares.mean()
    return np.stack([(1 - mean) / (1 - shares), mean / shares])


def same_odds(opinions: Floats, inside: NDArray[np.bool_], later: Whole, stratum: Whole) -> Floats:
    """Factors `[m]` of rows after which a group is talked of equally much in all strata together.

    Its odds against the rest of the same stratum are changed by one factor, half in each window the
    other way, and every stratum keeps its opinions. Where the group lacks in a window it gets none
    in the other.

    Args:
        opinions: of each row `[m]`.
        inside: the rows of the group `[m]`.
        later: 1 for rows of the later window, 0 of the earlier `[m]`.
        stratum: of each row `[m]`.
    """
    size = int(stratum.max()) + 1
    key = (later * 2 + inside) * size + stratum
    table = np.bincount(key, opinions, 4 * size).astype(np.float64).reshape(2, 2, size)
    rest, group = table[:, 0], table[:, 1]
    if group.sum(1).min() <= 0:
        tilted = np.where(rest > 0, 0.0, 1.0) * group
    else:
        slope = _slope(rest, group)
        steep = np.exp(np.array([slope / 2, -slope / 2]))[:, None]
        tilted = group * steep
    whole = (rest + group) / np.maximum(rest + tilted, LEAST_SHARE)
    of_group = whole * np.divide(tilted, group, out=np.ones_like(group), where=group > 0)
    factors = np.stack([whole, of_group], axis=1).ravel()
    return np.asarray(factors[key])


def _slope(rest: Floats, group: Floats) -> float:
    """The logarithm of the odds by which the later window exceeds the earlier, over strata."""
    whole = rest + group
    weights = whole[0] * whole[1] / np.maximum(whole.sum(0), LEAST_SHARE)
    low, high = -_STEEPEST, _STEEPEST
    for _ in range(_STEPS):
        middle = (low + high) / 2
        tilted = group * np.exp(np.array([middle / 2, -middle / 2]))[:, None]
        shares = tilted / np.maximum(rest + tilted, LEAST_SHARE)
        if float((weights * (shares[1] - shares[0])).sum()) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
