"""Counts and samples behind each number of the report, in memory that the reviews do not grow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, TypeVar

from guandian.domain import Polarity
from guandian.domain.periods import Unit, period_start
from guandian.evaluation.intervals.clustered import Tally
from guandian.report.mined.quotes import QuoteLot, Sample

Key = TypeVar("Key", bound=Hashable)

DIFFERENT = 5
"""Different wordings that are told apart, and that a category needs to be named as standing out."""


@dataclass(slots=True, eq=False)
class OpinionTally:
    """The counts behind one number and a sample of the opinions that were counted.

    `seen` counts all reviews of a product, those without an opinion too; `wordings` tells some
    different words of each polarity apart, `DIFFERENT` at most.
    """

    sample: Sample
    tally: Tally = field(default_factory=Tally)
    seen: int = 0
    wordings: dict[Polarity, set[bytes]] = field(default_factory=dict)

    def offer(self, draw: QuoteLot) -> None:
        """Take in the words of an opinion."""
        self.sample.offer(draw)
        known = self.wordings.get(draw.opinion.polarity)
        if known is None:
            self.wordings[draw.opinion.polarity] = {draw.words}
        elif len(known) < DIFFERENT:
            known.add(draw.words)

    def merge(self, other: OpinionTally) -> None:
        """Take in another cell of other reviews."""
        self.seen += other.seen
        self.tally.merge(other.tally)
        self.sample.merge(other.sample)
        for polarity, words in other.wordings.items():
            self.wordings.setdefault(polarity, set()).update(words)


class Cells(Generic[Key]):
    """Cells by key. When there are twice `limit` of them the smaller half is forgotten.

    Args:
        limit: how many keys are kept.
        quotes, pool: quotes of each polarity in a cell, as `Sample` takes them.

    Attributes:
        missed: how many opinions a key that was forgotten and came back can lack at most; 0 as
            long as every count is exact.
    """

    def __init__(self, limit: int, quotes: int, pool: int = 0) -> None:
        self.limit, self.quotes, self.pool = limit, quotes, pool
        self.missed = 0
        self._cells: dict[Key, OpinionTally] = {}

    def __len__(self) -> int:
        return len(self._cells)

    def at(self, key: Key) -> OpinionTally:
        """The cell of a key, an empty one when the key is new."""
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = OpinionTally(Sample(self.quotes, self.pool))
        return cell

    def get(self, key: Key) -> OpinionTally | None:
        """The cell of a key, None when there is none."""
        return self._cells.get(key)

    def ranked(self) -> Iterator[tuple[Key, OpinionTally]]:
        """Keys and cells, the most opinions first, equal ones in the order they were met."""
        ranked = sorted(self._cells.items(), key=lambda item: -item[1].tally.opinions)
        return iter(ranked)

    def trim(self) -> None:
        """Forget the smaller half when there are too many; call it between two reviews."""
        if len(self._cells) < 2 * self.limit:
            return
        ranked = list(self.ranked())
        self.missed += ranked[self.limit][1].tally.opinions
        self._cells = dict(ranked[: self.limit])


class Timeline:
    """Cells by day and category; days become months, then years, when there are too many.

    Args:
        days, months: distinct days, distinct months from which they are folded.
        quotes: quotes of each polarity in a cell.
    """

    def __init__(self, days: int = 240, months: int = 240, quotes: int = 2) -> None:
        self._unit: Unit = "day"
        self._limits: dict[Unit, int] = {"day": days, "month": months}
        self._quotes = quotes
        self._cells: dict[date, dict[str | None, OpinionTally]] = {}

    def at(self, day: date, category: str | None) -> OpinionTally:
        """The cell of a day (or of what days were folded into); category None is all of them."""
        row = self._cells.setdefault(period_start(day, self._unit), {})
        cell = row.get(category)
        if cell is None:
            cell = row[category] = OpinionTally(Sample(self._quotes))
        return cell

    def trim(self) -> None:
        """Fold when there are too many days or months; call it between two reviews."""
        if len(self._cells) > self._limits.get(self._unit, 10**9):
            self._unit = "month" if self._unit == "day" else "year"
            self._cells = self._folded(self._unit)

    def series(self) -> tuple[Unit, dict[date, dict[str | None, OpinionTally]]]:
        """Weeks up to half a year, months up to ten years, else years, in order of time.

        The span is the one that holds the middle 98 % of the opinions, so that one stray date
        does not blur everything; weeks, months and years without a review are left out.
        """
        unit: Unit = self._unit
        weight = {day: row[None].tally.opinions for day, row in self._cells.items() if None in row}
        if weight:
            days = sorted(weight)
            span = (_quantile(days, weight, 0.99) - _quantile(days, weight, 0.01)).days
            if unit == "day":
                unit = "week" if span <= 184 else "month"
            if unit == "month" and span > 3660:
                unit = "year"
        return unit, dict(sorted(self._folded(unit).items()))

    def _folded(self, unit: Unit) -> dict[date, dict[str | None, OpinionTally]]:
        folded: dict[date, dict[str | None, OpinionTally]] = defaultdict(dict)
        for day, row in self._cells.items():
            target = folded[period_start(day, unit)]
            for category, cell in row.items():
                target.setdefault(category, OpinionTally(Sample(self._quotes))).merge(cell)
        return dict(folded)


def _quantile(days: list[date], weight: dict[date, int], share: float) -> date:
    left = share * sum(weight.values())
    for day in days:
        left -= weight[day]
        if left <= 0:
            return day
    return days[-1]
