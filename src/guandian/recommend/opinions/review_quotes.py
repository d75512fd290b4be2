"""Quotes of what reviews praise and complain of, each cut from its review and checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from guandian.domain import Mined, Polarity, Review, Span
from guandian.text.aspect_names import Synonyms, aspect_key

MOST_QUOTES = 3
"""Quotes of an item for an aspect and a polarity: the surest ones."""
SIGNS = {Polarity.POSITIVE: 1, Polarity.NEUTRAL: 0, Polarity.NEGATIVE: -1}


@dataclass(frozen=True, slots=True)
class ReviewQuote:
    """Words of a review.

    Attributes:
        item: that the review is of.
        aspect: the key of what is judged; an opinion without a word for it has its category's.
        sign: 1 for praise, -1 for a complaint.
        review: its id.
        user: who wrote it, empty where it is not known; no quote outlives its writer's deletion.
        start, end: where the words stand in the raw review, code points, half-open.
        text: these words.
        confidence: of the opinion.
    """

    item: str
    aspect: str
    sign: int
    review: str
    user: str
    start: int
    end: int
    text: str
    confidence: float

    def stands_in(self, raw: str) -> bool:
        """Whether a raw review has these words in this place."""
        return raw[self.start : self.end] == self.text


def mined_aspect(review: Review, aspect: Span | None, category: str, names: Synonyms) -> str:
    """The key of what an opinion judges: its own words, or its category where it has none."""
    key = aspect_key(aspect.of(review.text)) if aspect is not None else category
    return names.get(key, key)


def quotes_of(
    pairs: Iterable[tuple[Review, Mined]], names: Synonyms, least: float = 0.3
) -> list[ReviewQuote]:
    """The surest quotes of each item, aspect and polarity.

    Args:
        pairs: mined reviews; those of no product give none.
        names: aspects that mean one thing.
        least: confidence below which an opinion is not quoted.
    """
    best: dict[tuple[str, str, int], list[ReviewQuote]] = defaultdict(list)
    for review, mined in pairs:
        if not review.product:
            continue
        for opinion in mined.opinions:
            sign, span = SIGNS[opinion.polarity], opinion.evidence
            if not sign or opinion.confidence < least or span.end > len(review.text):
                continue
            aspect = mined_aspect(review, opinion.aspect, opinion.category, names)
            quote = ReviewQuote(
                review.product, aspect, sign, review.id, review.user or "",
                span.start, span.end, span.of(review.text), opinion.confidence,
            )  # fmt: skip
            quotes = best[review.product, aspect, sign]
            quotes.append(quote)
            if len(quotes) > 4 * MOST_QUOTES:
                quotes[:] = _surest(quotes)
    return [quote for quotes in best.values() for quote in _surest(quotes)]


def surest_quotes(quotes: Iterable[ReviewQuote]) -> list[ReviewQuote]:
    """The surest ones of each item, aspect and sign, of quotes of several builds."""
    places: dict[tuple[str, str, int], list[ReviewQuote]] = defaultdict(list)
    for quote in quotes:
        places[quote.item, quote.aspect, quote.sign].append(quote)
    return [quote for listed in places.values() for quote in _surest(listed)]


def _surest(quotes: list[ReviewQuote]) -> list[ReviewQuote]:
    return sorted(quotes, key=lambda quote: (-quote.confidence, quote.review))[:MOST_QUOTES]
