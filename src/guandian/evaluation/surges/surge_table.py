"""Counts of complaints in two windows, by aspect and by where reviews stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

_ASPECTS, _STRATA = 300, 1000
"""Those that are told apart, the commonest; all others are unknown."""


@dataclass(frozen=True, slots=True, eq=False)
class SurgeTable:
    """Reviews and complaints of an earlier and a later window.

    Attributes:
        dimensions: names of what slices hold fixed: that of `aspects` first, then those of strata.
        aspects: what is complained of.
        strata: where reviews stand, a value of each of the other dimensions; "" is unknown.
        reviews: of each stratum, earlier and later `[2, k]`.
        complaints: reviews that complain of an aspect, earlier and later `[2, a, k]`.
        groups: the category of each aspect, by which slices may be told too; none without.
    """

    dimensions: tuple[str, ...]
    aspects: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    reviews: Floats
    complaints: Floats
    groups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit.

        Raises:
            ValueError: they do not.
        """
        wide = (2, len(self.aspects), len(self.strata))
        if self.reviews.shape != (2, len(self.strata)) or self.complaints.shape != wide:
            raise ValueError(
                f"no table of {wide}: {self.reviews.shape} reviews, {self.complaints.shape}"
            )

    @classmethod
    def of(
        cls,
        dimensions: tuple[str, ...],
        reviews: Sequence[Mapping[tuple[str, ...], float]],
        complaints: Sequence[Mapping[tuple[str, ...], float]],
        groups: Mapping[str, str],
    ) -> Self:
        """Take counts by value.

        Args:
            dimensions: names; that of aspects first.
            reviews: by stratum, of both windows.
            complaints: by aspect and stratum, of both windows.
            groups: the category of each aspect.
        """
        aspects = _commonest([(key[:1], n) for w in complaints for key, n in w.items()], _ASPECTS)
        strata = _commonest([pair for window in reviews for pair in window.items()], _STRATA)
        unknown = ("",) * (len(dimensions) - 1)
        row = {aspect: number for number, (aspect,) in enumerate([*aspects, ("",)])}
        column = {stratum: number for number, stratum in enumerate([*strata, unknown])}
        volume = np.zeros((2, len(column)))
        complaining = np.zeros((2, len(row), len(column)))
        for window, (by_stratum, by_cell) in enumerate(zip(reviews, complaints, strict=True)):
            for stratum, number in by_stratum.items():
                volume[window, column.get(stratum, column[unknown])] += number
            for (aspect, *rest), number in by_cell.items():
                at = column.get(tuple(rest), column[unknown])
                complaining[window, row.get(aspect, row[""]), at] += number
        named = tuple(groups.get(aspect, "") for aspect in row)
        return cls(dimensions, tuple(row), tuple(column), volume, complaining, named)


def _commonest(pairs: Iterable[tuple[tuple[str, ...], float]], most: int) -> list[tuple[str, ...]]:
    """The values with the largest sums, those that are unknown left out."""
    sums: dict[tuple[str, ...], float] = {}
    for key, number in pairs:
        if any(key):
            sums[key] = sums.get(key, 0.0) + number
    return sorted(sorted(sums), key=lambda key: -sums[key])[:most]
