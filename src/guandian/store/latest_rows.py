"""Which reviews come first, the latest before the others: a number for each row of a part."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from guandian.store.duck import Duck
from guandian.store.part_numbers import PartNumbers
from guandian.store.selection import Selection
from guandian.store.text_search import Integers, is_among

_ROW = 40
"""Bits of a row."""


class LatestRows:
    """Numbers that rise with the day and then with the row, of the reviews that readers see.

    Args:
        duck: what reads parts.
    """

    def __init__(self, duck: Duck) -> None:
        self._duck, self._numbers = duck, PartNumbers(self._of_part)

    def of_parts(self, parts: Sequence[str]) -> list[Integers]:
        """Those of each part of reviews; parts never change, so they are remembered.

        Raises:
            PartGone: a part cannot be read.
        """
        return [self._numbers.of(part) for part in parts]

    def chosen(self, parts: Sequence[str], selection: Selection) -> list[Integers]:
        """Those of the reviews of a selection, whatever their words.

        Raises:
            PartGone: a part cannot be read.
        """
        where, values = selection.of_reviews().conditions()
        if not where:
            return self.of_parts(parts)
        words = {"where": " and ".join(where)}
        return [_numbers(self._duck.table("latest", values | {"reviews": list(parts)}, words))]

    def _of_part(self, part: str) -> Integers:
        return _numbers(self._duck.table("latest", {"reviews": [part]}, {"where": "true"}))


def latest_of(numbers: Iterable[Integers], rows: Integers, most: int) -> tuple[int, list[int]]:
    """How many of these rows there are, and the latest of them.

    Args:
        numbers: of the reviews that may be chosen, each once.
        rows: sorted; others than those of `numbers` do not count.
        most: how many are told at most.

    Returns:
        The number of all, and rows, the latest first.
    """
    total, latest = 0, [np.empty(0, np.int64)]
    for of_part in numbers if len(rows) else ():
        chosen = of_part[is_among(of_part & ((1 << _ROW) - 1), rows)]
        total += len(chosen)
        if len(chosen) > most:
            chosen = np.partition(chosen, len(chosen) - most)[len(chosen) - most :]
        latest.append(chosen)
    joined = np.sort(np.concatenate(latest))[::-1][:most]
    return total, (joined & ((1 << _ROW) - 1)).tolist()


def _numbers(table: Any) -> Integers:
    row = table["row"].to_numpy()
    numbers: Integers = (table["day"].to_numpy() << _ROW) | row
    return numbers
