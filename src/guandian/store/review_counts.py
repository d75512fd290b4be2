"""What is told of whole reviews: how many, how they feel, what they gave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from guandian.domain import Language, Polarity
from guandian.files.columns.stars import Stars
from guandian.store.answers import StarAnswer
from guandian.store.parts.store_rows import ASIDE, COPY, OUT, POLARITIES, WHOLE

_WHYS = {number: words for words, number in ASIDE.items()}


class ReviewCounts:
    """The numbers of whole reviews, from the rows of `queries/reviews.sql`."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self.reviews = self.copies = self.silent = 0
        self.aside: Counter[str] = Counter()
        self.models: Counter[str] = Counter()
        self.labels: Counter[Polarity] = Counter()
        self.languages: Counter[Language] = Counter()
        self.first: date | None = None
        self.last: date | None = None
        self._stars, self._rated = Stars(), 0
        for row in rows:
            self._add(row)

    @property
    def read(self) -> int:
        """Reviews that are neither set aside nor copies."""
        return self.reviews - self.aside.total() - self.copies

    def _add(self, row: Sequence[Any]) -> None:
        aside, state, silent, sentiment, model, language, rating, scale, *rest = row
        unread, number, first, last = rest
        self.reviews += number
        self.models[model] += number
        if unread is not None:
            self._stars.miss(unread, number)
            self._rated += number
        if aside:
            self.aside[_WHYS[aside]] += number
        elif state == COPY:
            self.copies += number
        elif state != OUT:
            if state == WHOLE:
                self.labels[POLARITIES[sentiment]] += number
            self.languages[Language(language)] += number
            self.silent += number * silent
            self._stars.add(rating, scale, number)
            self._rated += number * (rating is not None)
            self.first = min(filter(None, (self.first, first)), default=None)
            self.last = max(filter(None, (self.last, last)), default=None)

    def star_answer(self) -> StarAnswer | None:
        """The stars; None where none were given."""
        if not self._rated:
            return None
        stars = self._stars
        return StarAnswer(stars.number, stars.unread, stars.scale, stars.mean(), stars.net())
