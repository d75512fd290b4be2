"""One pass over mined reviews into everything that the report and the summary show."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from guandian.domain import Language, Mined, Opinion, Polarity, Review
from guandian.domain.periods import day_of
from guandian.evaluation.correction import Correction, net_of_reviews
from guandian.evaluation.intervals.clustered import IntervalEstimate, Tally, proportion
from guandian.files.columns.stars import Stars
from guandian.mining.boilerplate import SET_ASIDE
from guandian.mining.caution.promises import HELD_BACK, NO_PROMISE
from guandian.mining.miner import NO_JUDGEMENT
from guandian.mining.setting_aside import UNANSWERED
from guandian.report.mined.quotes import Listing, QuoteLot, Sample
from guandian.report.mined.tallies import Cells, OpinionTally, Timeline
from guandian.text.aspect_names import Synonyms, aspect_key, synonyms
from guandian.text.cleaning import NOTHING_TO_READ
from guandian.text.copied_texts import Copies

_SLOT = {Polarity.POSITIVE: 0, Polarity.NEGATIVE: 1, Polarity.NEUTRAL: 2}
_ASIDE = (SET_ASIDE, NOTHING_TO_READ, UNANSWERED)
_COUNTED = (*_ASIDE, NO_JUDGEMENT)
"""Warnings whose reviews are counted by a name of their own."""
_KINDS = 50
"""Distinct warnings, models and spellings that are told apart."""
_HAN = re.compile("[\u3400-\u9fff]")
_SPELLINGS = 6
"""Spellings of an aspect that are named beside it, at most."""


class Aggregate:
    """Counts over a stream of mined reviews; memory is bounded whatever the number of reviews.

    Args:
        aspects, products: how many of them are counted at least.
        names: which names of aspects mean one thing; None takes the shipped list.
        listed: opinions that are kept to be searched, at most.
        least: opinions of less confidence are not counted; what is told of whole reviews (copies,
            stars, sentiment, silence) stays.

    Attributes:
        reviews, dated, unread_dates: reviews seen, with a readable time, with an unreadable one.
        aside: reviews without opinions, by why: boilerplate, nothing to read, no answer. They count
            in `reviews` and here alone.
        copies: texts that stand in several reviews. All but the first of them count in `reviews`,
            here and in `copied` alone; under another product, the first is counted for that one.
            Of a review of several columns a copied one is left out like that, its opinions alone.
        copied: the tally and sample of the opinions of copies.
        silent: reviews that were read and in which no opinion was found.
        whole: the tally and sample of all opinions.
        listing: those opinions, drawn by lot where there are more.
        sentiment: reviews that were read by the label of the whole review; of those with a copied
            column, which made that label too, none.
        stars: the ratings beside those.
        languages, models, warnings: reviews by language, by model, and warnings by their words.
        categories, aspects: cells by category, by `folded` aspect.
        products: cells by product; a cell's `seen` counts its reviews without an opinion too.
        grid: cells by (product, category).
        timeline: cells by time and category.
        first, last: the earliest and the latest day.
        unsaid: opinions that name no aspect.
        unfitted: reviews with opinions whose confidence was never fitted.
    """

    def __init__(
        self,
        aspects: int = 5000,
        products: int = 500,
        names: Synonyms | None = None,
        listed: int = 0,
        least: float = 0.0,
    ) -> None:
        self.reviews = self.dated = self.unread_dates = self.unsaid = self.silent = 0
        self.unfitted = 0
        self._least = least
        self.aside: Counter[str] = Counter()
        self.whole = OpinionTally(Sample(6))
        self.listing = Listing(listed)
        self.copied = OpinionTally(Sample(1))
        self.stars = Stars()
        self.copies, self._of_products = Copies(), Copies()
        self.sentiment: Counter[Polarity] = Counter()
        self.languages: Counter[Language] = Counter()
        self.models: Counter[str] = Counter()
        self.warnings: Counter[str] = Counter()
        self.categories: Cells[str] = Cells(200, quotes=6, pool=40)
        self.aspects: Cells[str] = Cells(aspects, quotes=4, pool=12)
        self.products: Cells[str] = Cells(products, quotes=4)
        self.grid: Cells[tuple[str, str]] = Cells(20 * products, quotes=2)
        self.timeline = Timeline()
        self.first: date | None = None
        self.last: date | None = None
        self._spellings: dict[str, Counter[str]] = {}
        self._synonyms = synonyms() if names is None else names

    @property
    def read(self) -> int:
        """Reviews that are neither set aside nor copies: what shares of reviews are shares of."""
        return self.reviews - self.aside.total() - self.copies.repeated

    def share_copied(self) -> float:
        """The share of copies in the reviews that are not set aside, 0 to 1."""
        return self.copies.repeated / max(1, self.reviews - self.aside.total())

    def with_copies(self) -> Tally:
        """The tally of all opinions, those of copies too; its interval would mean nothing."""
        tally = replace(self.whole.tally)
        tally.merge(self.copied.tally)
        return tally

    def without_opinion(self) -> IntervalEstimate | None:
        """The share of the reviews read in which no opinion was found; None without reviews."""
        return proportion(self.silent, self.read)

    def of_reviews(self, correction: Correction | None = None) -> IntervalEstimate | None:
        """Net sentiment of whole reviews, (positive - negative) / reviews labelled, -1 to 1.

        Corrected where `correction` was measured on whole reviews too, else as found.
        """
        return net_of_reviews(self.sentiment, correction)

    @property
    def chosen(self) -> bool:
        """Tell whether opinions were left out by their confidence, here or by the miner.

        What was measured of all that a model finds says nothing of the rest: no net is corrected.
        """
        return self._least > 0 or any(words in self.warnings for words in (HELD_BACK, NO_PROMISE))

    def add(self, review: Review, mined: Mined) -> None:
        """Count one mined review."""
        self.reviews += 1
        for warning in mined.warnings:
            if warning not in _COUNTED:
                _count(self.warnings, warning)
        _count(self.models, mined.model)
        self._count_unread(review)
        why = next((words for words in mined.warnings if words in _ASIDE), None)
        if why is not None:
            self.aside[why] += 1
            return
        self.unfitted += bool(mined.opinions) and not mined.fitted
        parts = [review.part(opinion.evidence) for opinion in mined.opinions]
        judging, product, again = frozenset(parts), review.product, None
        pasted = self.copies.add_parts(review, judging)
        if product:
            again = self._of_products.add_parts(review, judging, product)
        if product and again is not None:
            self.products.at(product).seen += 1
        day = None
        if pasted is not None:
            day = self._count_review(review, mined, whole=not pasted)
        counts: dict[OpinionTally, list[int]] = defaultdict(lambda: [0, 0, 0])
        for opinion, part in zip(mined.opinions, parts, strict=True):
            if opinion.confidence < self._least:
                continue
            draw, slot = QuoteLot.of(review, opinion), _SLOT[opinion.polarity]
            first = pasted is not None and part not in pasted
            if first:
                self.listing.offer(draw)
            of = product if again is not None and part not in again else None
            for cell in self._cells(review, opinion, of, day, first=first):
                counts[cell][slot] += 1
                cell.offer(draw)
        for cell, (positive, negative, neutral) in counts.items():
            cell.tally.add(positive, negative, neutral)
        self._trim()

    def spelling(self, aspect: str) -> str:
        """The commonest way to write a folded aspect, in the language of most reviews if it can."""
        return next(iter(self._ranked(aspect)), aspect)

    def spellings(self, aspect: str) -> list[str]:
        """The other names that were met for it, the most frequent first, one of a folded form."""
        names: dict[str, str] = {}
        for written in self._ranked(aspect):
            names.setdefault(aspect_key(written), written)
        return list(names.values())[1 : _SPELLINGS + 1]

    def _ranked(self, aspect: str) -> list[str]:
        chinese = self.languages[Language.CHINESE] + self.languages[Language.MIXED]
        mostly = chinese >= self.languages[Language.ENGLISH]
        ranked = [name for name, _ in self._spellings.get(aspect, Counter()).most_common()]
        return sorted(ranked, key=lambda name: bool(_HAN.search(name)) != mostly)

    def _count_unread(self, review: Review) -> None:
        if (column := review.unread.get("rating")) is not None:
            self.stars.miss(review.extra.get(column, ""))
        strange = bool(review.time and review.time.strip()) and day_of(review.time) is None
        self.unread_dates += strange or "time" in review.unread

    def _count_review(self, review: Review, mined: Mined, *, whole: bool) -> date | None:
        if whole:
            self.sentiment[mined.sentiment.label] += 1
        self.languages[mined.language] += 1
        self.silent += not mined.opinions
        self.stars.add(review.rating, review.scale)
        day = day_of(review.time)
        if day:
            self.dated += 1
            self.first, self.last = min(self.first or day, day), max(self.last or day, day)
        return day

    def _cells(
        self,
        review: Review,
        opinion: Opinion,
        product: str | None,
        day: date | None,
        *,
        first: bool,
    ) -> Iterator[OpinionTally]:
        if first:
            yield self.whole
            yield self.categories.at(opinion.category)
            yield from self._aspect(review, opinion)
        else:
            yield self.copied
        if product:
            yield self.products.at(product)
            yield self.grid.at((product, opinion.category))
        if day and first:
            yield self.timeline.at(day, None)
            yield self.timeline.at(day, opinion.category)

    def _aspect(self, review: Review, opinion: Opinion) -> Iterator[OpinionTally]:
        if opinion.aspect is None:
            self.unsaid += 1
            return
        written = " ".join(opinion.aspect.of(review.text).split())
        key = aspect_key(written)
        key = self._synonyms.get(key, key)
        _count(self._spellings.setdefault(key, Counter()), written)
        yield self.aspects.at(key)

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


def aggregate(mined: Iterable[tuple[Review, Mined]], names: Synonyms | None = None) -> Aggregate:
    """Count a stream of mined reviews; `names` as for `Aggregate`."""
    total = Aggregate(names=names)
    for review, answer in mined:
        total.add(review, answer)
    return total


def _count(counter: Counter[str], key: str) -> None:
    counter[key if key in counter or len(counter) < _KINDS else "…"] += 1
