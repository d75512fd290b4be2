"""Which quotes stand for many: near to what most say, and no two nearly equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from math import sqrt

from guandian.analyst.digests.digest import QuotedWords
from guandian.domain import Span
from guandian.store import StoredOpinion
from guandian.text.letters import signs

LONGEST = 240
"""Characters of a quote, at most."""
_BRIEF = 60
"""Signs up to which a quote is short."""
_ALIKE = 0.6
"""The share of common signs from which two quotes say one thing in the same words."""
_APART = 0.5
"""How much likeness to what is chosen weighs against nearness to the others."""

Place = tuple[str, Span]


def choose_quotes(
    candidates: Sequence[StoredOpinion], number: int, used: Collection[Place] = ()
) -> list[QuotedWords]:
    """The quotes that stand for opinions on one thing, the most representative first.

    Chosen by maximal marginal relevance (Carbonell and Goldstein 1998): near to the centre of all
    candidates, each by its confidence, and unlike what is chosen already. Words that were quoted
    elsewhere come in only where nothing else is left.

    Args:
        candidates: opinions of one polarity on one thing.
        number: of quotes, at most; each of another review.
        used: what was quoted for other points.
    """
    quotes = [quoted_words(stored) for stored in candidates]
    fresh = [quote for quote in quotes if (quote.review, quote.span) not in used]
    quotes = fresh or quotes
    words = [signs(quote.text) for quote in quotes]
    centre: Counter[str] = Counter()
    for quote, its in zip(quotes, words, strict=True):
        for sign in its:
            centre[sign] += quote.confidence / sqrt(len(its))  # type: ignore[assignment]
    near = [
        sum(centre[sign] for sign in its)
        / sqrt(max(1, len(its)))
        * min(1.0, _BRIEF / max(1, len(its)))
        for its in words
    ]
    top = max(near, default=0.0) or 1.0
    chosen: list[int] = []
    while len(chosen) < number:
        scores = {}
        for index, its in enumerate(words):
            like = max((_likeness(its, words[other]) for other in chosen), default=0.0)
            again = any(quotes[index].review == quotes[other].review for other in chosen)
            if like < _ALIKE and not again:
                scores[index] = near[index] / top - _APART * like
        if not scores:
            break
        chosen.append(max(scores, key=lambda index: (scores[index], -index)))
    return [quotes[index] for index in chosen]


def _likeness(left: frozenset[str], right: frozenset[str]) -> float:
    return len(left & right) / max(1, len(left | right))


def quoted_words(stored: StoredOpinion) -> QuotedWords:
    """The words of a review that an opinion stands in, those that judge where they are long."""
    review, opinion = stored.review, stored.opinion
    parts = [part for part in (opinion.evidence, opinion.aspect, opinion.expression) if part]
    span = Span(min(part.start for part in parts), max(part.end for part in parts))
    if span.end - span.start > LONGEST:
        start = (opinion.expression or opinion.aspect or opinion.evidence).start
        start = max(span.start, min(start, span.end - LONGEST))
        span = Span(start, start + LONGEST)
    return QuotedWords(
        stored.id,
        review.id,
        span,
        span.of(review.text),
        opinion.confidence,
        review.product,
        review.source,
        review.time,
    )
