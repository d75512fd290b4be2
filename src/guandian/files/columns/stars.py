"""The stars that buyers gave, beside what they wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import isfinite

from guandian.evaluation.intervals.clustered import IntervalEstimate, Tally, wilson
from guandian.files.columns.ratings import likely_best

_STARS, _MOST = 5.0, 100.0
_VALUES = 1000
_SHOWN = 20
_LOW, _HIGH = 0.5, 0.7
"""As shares of the scale: below this a rating is negative, above that it is positive; of five
stars, one and two, and four and five."""


class Stars:
    """Ratings by value and scale; memory does not grow with their number.

    A rating whose file states the best that could be given is read by it. The scale of the others
    is guessed by their bulk, and those beyond it count as unread.
    """

    def __init__(self) -> None:
        self._counts: Counter[tuple[float | None, float]] = Counter()
        self._missed, self._first = 0, ""

    def miss(self, cell: str, number: int = 1) -> None:
        """Count a rating, of so many reviews, that could not be read."""
        self._missed += number
        self._first = self._first or " ".join(cell.split())[:_SHOWN]

    def add(self, rating: float | None, best: float | None = None, number: int = 1) -> None:
        """Count the rating of so many reviews, if they have one; `best` is what could be given."""
        if rating is None:
            return
        value = round(rating, 2) if isfinite(rating) else -1.0
        known = (best, value) in self._counts or len(self._counts) < _VALUES
        if not 0 <= value <= (best or _MOST) or not known:
            self.miss(f"{rating:g}", number)
            return
        self._counts[best, value] += number

    @property
    def unread(self) -> int:
        """Ratings that no scale of stars has, that are beyond the others', or are no number."""
        return self._missed + sum(n for _, n in self._strays())

    @property
    def example(self) -> str:
        """An unread rating, empty where there is none."""
        return self._first or next((f"{value:g}" for value, _ in self._strays()), "")

    @property
    def number(self) -> int:
        """Ratings read."""
        return sum(n for _, _, n in self._read())

    @property
    def scale(self) -> float:
        """The best that can be given, in the unit in which most ratings were."""
        scales = Counter[float]()
        for best, _, number in self._read():
            scales[best] += number
        return max(scales, key=lambda best: (scales[best], -best), default=_STARS)

    def mean(self) -> IntervalEstimate | None:
        """The mean rating in the unit of `scale` with its interval; None without ratings."""
        read, scale = [*self._read()], self.scale
        if not read:
            return None
        values = [(value * scale / best, n) for best, value, n in read]
        low = 1.0 if scale == _STARS and min(values)[0] >= 1 else 0.0
        width = scale - low
        shares = [((value - low) / width, n) for value, n in values]
        number = self.number
        mean = sum(share * n for share, n in shares) / number
        varied = sum((share - mean) ** 2 * n for share, n in shares)
        effective = (
            number * min(mean * (1 - mean) * number / varied, 1e6) if varied > 1e-12 else number
        )
        interval = wilson(min(max(mean, 0.0), 1.0), effective)
        return IntervalEstimate(
            *(low + width * end for end in (interval.value, interval.low, interval.high))
        )

    def by_kind(self) -> tuple[int, int, int]:
        """The numbers of positive, negative and neutral ratings."""
        kinds = [0, 0, 0]
        for best, value, number in self._read():
            share = value / best
            kinds[0 if share > _HIGH else 1 if share < _LOW else 2] += number
        return kinds[0], kinds[1], kinds[2]

    def net(self) -> IntervalEstimate | None:
        """(positive - negative) / ratings, -1 to 1; None without ratings."""
        return Tally.alone(*self.by_kind()).net()

    def _bare(self) -> dict[float, int]:
        return {value: n for (best, value), n in self._counts.items() if best is None}

    def _read(self) -> Iterator[tuple[float, float, int]]:
        """The best that could be given, the rating, and how often it was."""
        guessed = likely_best(self._bare())
        for (best, value), number in self._counts.items():
            if value <= (best or guessed):
                yield best or guessed, value, number

    def _strays(self) -> list[tuple[float, int]]:
        bare = self._bare()
        return [(value, n) for value, n in bare.items() if value > likely_best(bare)]
