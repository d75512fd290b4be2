"""Counts of complaints in two windows, by aspect and by where reviews stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class SurgeTable:
    """Reviews and complaints of an earlier and a later window.

    Attributes:
        dimensions: names of what slices hold fixed: that of `aspects` first, then those of strata.
        aspects: what is complained of.
        strata: where reviews stand, a value of each of the other dimensions; "" is unknown.
        reviews: of each stratum, earlier and later `[2, k]`.
        complaints: reviews that complain of an aspect, earlier and later `[2, a, k]`.
    """

    dimensions: tuple[str, ...]
    aspects: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    reviews: Floats
    complaints: Floats

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
        reviews: Iterable[Mapping[tuple[str, ...], float]],
        complaints: Iterable[Mapping[tuple[str, ...], float]],
        most: int = 300,
    ) -> Self:
        """Take counts by value.

        Args:
            dimensions: names; that of aspects first.
            reviews: by stratum, of both windows.
            complaints: by aspect and stratum, of both windows.
            most: aspects that are told apart, those with the most complaints; the others are "".
        """
        volumes, counts = list(reviews), list(complaints)
        sums: dict[str, float] = {}
        for window in counts:
            for (aspect, *_), number in window.items():
                sums[aspect] = sums.get(aspect, 0.0) + number
        kept = sorted(sorted(sums), key=lambda aspect: -sums[aspect])[:most]
        aspects = tuple(dict.fromkeys([*kept, ""]))
        strata = tuple(
            sorted({*(s for w in volumes for s in w), *(key[1:] for w in counts for key in w)})
        )
        row = {aspect: number for number, aspect in enumerate(aspects)}
        column = {stratum: number for number, stratum in enumerate(strata)}
        volume, complaining = (
            np.zeros((2, len(strata))),
            np.zeros((2, len(aspects), len(strata))),
        )
        for window, (by_stratum, by_cell) in enumerate(zip(volumes, counts, strict=True)):
            for stratum, number in by_stratum.items():
                volume[window, column[stratum]] += number
            for (aspect, *rest), number in by_cell.items():
                complaining[window, row.get(aspect, row[""]), column[tuple(rest)]] += number
        return cls(dimensions, aspects, strata, volume, complaining)
