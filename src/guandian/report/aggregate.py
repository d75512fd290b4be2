"""One pass over mined reviews into everything that the report and the summary show."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache

from guandian.domain import Language, Mined, Opinion, Polarity, Review
from guandian.report.cells import Cell, Cells, Timeline, day_of
from guandian.report.quotes import Draw, Sample
from guandian.text.cleaning import clean

_SLOT = {Polarity.POSITIVE: 0, Polarity.NEGATIVE: 1, Polarity.NEUTRAL: 2}
_KINDS = 50
"""Distinct warnings, models and spellings that are told apart."""
_FOLDED = 1 << 14
"""Spellings of aspects whose key is remembered."""


class Aggregate:
    """Counts over a stream of mined reviews; memory is bounded whatever the number of reviews.

    Attributes:
        reviews, dated, unread_dates: reviews seen, with a readable time, with an unreadable one.
        whole: the tally and sample of all opinions.
        sentiment: reviews by the label of the whole review.
        languages, models, warnings: reviews by language, by model, and warnings by their words.
        categories, aspects: cells by category, by `folded` aspect.
        products: cells by product; a cell's `seen` counts its reviews without an opinion too.
        grid: cells by (product, category).
        timeline: cells by time and category.
        first, last: the earliest and the latest day.
        unsaid: opinions that name no aspect.
    """

    def __init__(self, aspects: int = 5000, products: int = 500) -> None:
        self.reviews = self.dated = self.unread_dates = self.unsaid = 0
        self.whole = Cell(Sample(6))
        self.sentiment: Counter[Polarity] = Counter()
        self.languages: Counter[Language] = Counter()
        self.models: Counter[str] = Counter()
        self.warnings: Counter[str] = Counter()
        self.categories: Cells[str] = Cells(200, quotes=6)
        self.aspects: Cells[str] = Cells(aspects, quotes=4)
        self.products: Cells[str] = Cells(products, quotes=4)
        self.grid: Cells[tuple[str, str]] = Cells(20 * products, quotes=2)
        self.timeline = Timeline()
        self.first: date | None = None
        self.last: date | None = None
        self._spellings: dict[str, Counter[str]] = {}

    def add(self, review: Review, mined: Mined) -> None:
        """Count one mined review."""
        day = self._count_review(review, mined)
        counts: dict[Cell, list[int]] = defaultdict(lambda: [0, 0, 0])
        for opinion in mined.opinions:
            draw, slot = Draw.of(review, opinion), _SLOT[opinion.polarity]
            for cell in self._cells(review, opinion, day):
                counts[cell][slot] += 1
                cell.sample.offer(draw)
        for cell, (positive, negative, neutral) in counts.items():
            cell.tally.add(positive, negative, neutral)
        self._trim()

    def spelling(self, aspect: str) -> str:
        """The way in which a folded aspect is written most often."""
        known = self._spellings.get(aspect)
        return known.most_common(1)[0][0] if known else aspect

    def _count_review(self, review: Review, mined: Mined) -> date | None:
        self.reviews += 1
        self.sentiment[mined.sentiment.label] += 1
        self.languages[mined.language] += 1
        _count(self.models, mined.model)
        for warning in mined.warnings:
            _count(self.warnings, warning)
        if review.product:
            self.products.at(review.product).seen += 1
        day = day_of(review.time)
        if day:
            self.dated += 1
            self.first, self.last = min(self.first or day, day), max(self.last or day, day)
        elif review.time and review.time.strip():
            self.unread_dates += 1
        return day

    def _cells(self, review: Review, opinion: Opinion, day: date | None) -> Iterator[Cell]:
        yield self.whole
        yield self.categories.at(opinion.category)
        if opinion.aspect:
            written = " ".join(opinion.aspect.of(review.text).split())
            key = folded(written)
            _count(self._spellings.setdefault(key, Counter()), written)
            yield self.aspects.at(key)
        else:
            self.unsaid += 1
        if review.product:
            yield self.products.at(review.product)
            yield self.grid.at((review.product, opinion.category))
        if day:
            yield self.timeline.at(day, None)
            yield self.timeline.at(day, opinion.category)

    def _trim(self) -> None:
        for cells in (self.categories, self.products, self.grid):
            cells.trim()
        self.timeline.trim()
        before = len(self.aspects)
        self.aspects.trim()
        if len(self.aspects) < before:
            self._spellings = {
                key: spellings
                for key, spellings in self._spellings.items()
                if self.aspects.get(key)
            }


def aggregate(mined: Iterable[tuple[Review, Mined]]) -> Aggregate:
    """Count a stream of mined reviews."""
    total = Aggregate()
    for review, found in mined:
        total.add(review, found)
    return total


@lru_cache(_FOLDED)
def folded(aspect: str) -> str:
    """The key under which the spellings of an aspect meet.

    That is its cleaned form, traditional characters simplified; width, case and spaces do not
    count. What cleaning would empty, such as an address, stays as it is.
    """
    cleaned = clean(aspect)[0].strip() or aspect
    return " ".join(unicodedata.normalize("NFKC", cleaned).casefold().split())


def _count(counter: Counter[str], key: str) -> None:
    counter[key if key in counter or len(counter) < _KINDS else "…"] += 1
