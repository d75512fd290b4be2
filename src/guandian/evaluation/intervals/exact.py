"""Clopper and Pearson's exact bound of a share."""

from __future__ import annotations

from math import comb, exp, lgamma, log, log1p

_STEPS = 60
"""Halvings of the place where the bound lies: more than a float tells apart."""


def lower_bound(part: int, whole: int, level: float = 0.95) -> float:
    """The share that `part` of `whole` draws prove at least, one-sided (Clopper and Pearson 1934).

    It lies where so many or more would be seen with a probability of `1 - level`.

    Raises:
        ValueError: `part` is not within 0 and `whole`, or `level` within 0 and 1.
    """
    if not 0 <= part <= whole or not whole or not 0 < level < 1:
        raise ValueError(f"no bound of {part} of {whole} at {level}")
    if part == 0:
        return 0.0
    low, high = 0.0, part / whole
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if _at_least(part, whole, middle) > 1 - level else (middle, high)
    return low


def _at_least(part: int, whole: int, share: float) -> float:
    """The probability of `part` or more of `whole` draws of that share."""
    if share <= 0:
        return 0.0
    if whole <= 60:
        return sum(
            comb(whole, k) * share**k * (1 - share) ** (whole - k) for k in range(part, whole + 1)
        )
    logs = (
        lgamma(whole + 1) - lgamma(k + 1) - lgamma(whole - k + 1) + k * log(share)
        + (whole - k) * log1p(-share)
        for k in range(part, whole + 1)
    )  # fmt: skip
    return sum(map(exp, logs))
