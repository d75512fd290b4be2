"""What buyers gave in stars, beside what they wrote."""

from __future__ import annotations

from collections import Counter
from math import isfinite

from guandian.report.intervals import Estimate, Tally, wilson

_SCALES = (5, 10, 100)
_VALUES = 1000
_SHOWN = 20
_LOW, _HIGH = 0.5, 0.7
"""As shares of the scale: up to this a rating is negative, above this it is positive; of five
stars, one and two, and four and five."""


class Stars:
    """Ratings by value; memory does not grow with their number.

    Attributes:
        unread: ratings that no scale of stars has, or that are no number.
        example: one of them, empty where there is none.
    """

    def __init__(self) -> None:
        self._counts: Counter[float] = Counter()
        self.unread, self.example = 0, ""

    def miss(self, cell: str) -> None:
        """Count a rating that could not be read."""
        self.unread += 1
        self.example = self.example or " ".join(cell.split())[:_SHOWN]

    def add(self, rating: float | None) -> None:
        """Count the rating of one review, if it has one."""
        if rating is None:
            return
        value = round(rating, 2) if isfinite(rating) else -1.0
        known = value in self._counts or len(self._counts) < _VALUES
        if not 0 <= value <= _SCALES[-1] or not known:
            self.miss(f"{rating:g}")
            return
        self._counts[value] += 1

    @property
    def number(self) -> int:
        """Ratings read."""
        return self._counts.total()

    @property
    def scale(self) -> float:
        """The best that can be given, guessed by the best that was: 1, 5, 10 or 100.

        Nothing but zeros and ones are thumbs down and up; ones without a zero are single stars.
        Parts of one are percent as a spreadsheet stores them, unless they are half stars.
        """
        best = max(self._counts, default=0.0)
        if best <= 1 and ({0.0, 1.0} == self._counts.keys() or any(v % 0.5 for v in self._counts)):
            return 1
        return next(scale for scale in _SCALES if best <= scale)

    def mean(self) -> Estimate | None:
        """The mean rating in its own unit with its interval; None without ratings."""
        if not self.number:
            return None
        low = 1.0 if self.scale == _SCALES[0] and min(self._counts) >= 1 else 0.0
        width = self.scale - low
        shares = {(value - low) / width: n for value, n in self._counts.items()}
        number = self.number
        mean = sum(share * n for share, n in shares.items()) / number
        varied = sum((share - mean) ** 2 * n for share, n in shares.items())
        told = number * min(mean * (1 - mean) * number / varied, 1e6) if varied > 1e-12 else number
        found = wilson(min(max(mean, 0.0), 1.0), told)
        return Estimate(*(low + width * each for each in (found.value, found.low, found.high)))

    def by_kind(self) -> tuple[int, int, int]:
        """How many are positive, negative and neutral."""
        kinds = [0, 0, 0]
        for value, number in self._counts.items():
            share = value / self.scale
            kinds[0 if share > _HIGH else 1 if share < _LOW else 2] += number
        return kinds[0], kinds[1], kinds[2]

    def net(self) -> Estimate | None:
        """(positive - negative) / ratings, -1 to 1; None without ratings."""
        return Tally.alone(*self.by_kind()).net()
