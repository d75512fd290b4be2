"""The choice of the mined reviews and opinions that a report is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from guandian.domain import Mined, Review
from guandian.domain.periods import day_of
from guandian.text.cleaning import clean


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice of reviews and opinions to count; with nothing set, all of them.

    Attributes:
        confidence: opinions with less are left out, from 0 to 1, by `Aggregate(least=...)`: their
            reviews count all the same, as copies, stars and sentiment of whole reviews.
        products: reviews of other products are left out; none keeps all.
        since, until: reviews of other days, and those without a readable one, are left out.
        containing: reviews without these words are left out; case, width and traditional
            characters do not count.
    """

    confidence: float = 0.0
    products: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    containing: str = ""

    def keep(self, mined: Iterable[tuple[Review, Mined]]) -> Iterator[tuple[Review, Mined]]:
        """Yield the reviews that pass, with all of their opinions."""
        words = _folded(self.containing)
        return ((review, answer) for review, answer in mined if self._keeps(review, words))

    def told(self) -> tuple[tuple[str, str], ...]:
        """The criteria that are set, by the names of the fields, for the page to say."""
        criteria = {
            "confidence": f"{self.confidence:g}" if self.confidence else "",
            "products": ", ".join(self.products),
            "since": str(self.since or ""),
            "until": str(self.until or ""),
            "containing": self.containing,
        }
        return tuple((name, value) for name, value in criteria.items() if value)

    def _keeps(self, review: Review, words: str) -> bool:
        if self.products and review.product not in self.products:
            return False
        if self.since or self.until:
            day = day_of(review.time)
            if day is None or not (self.since or day) <= day <= (self.until or day):
                return False
        return not words or words in _folded(review.text)


def _folded(text: str) -> str:
    return clean(text)[0].casefold() if text else ""
