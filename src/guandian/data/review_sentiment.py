"""The sentiment of a whole review, read off its opinions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from guandian.domain import Polarity, Quad

# A review is one-sided when at least three of four opinions point one way, or half of them do and
# the rest are neutral: the balance is then 1/2 or more.
_ONE_SIDED = 0.5


def balance(quads: Iterable[Quad]) -> float | None:
    """`(positive - negative) / all` opinions, from -1 to 1; None without opinions."""
    counts = Counter(quad.polarity for quad in quads)
    total = counts.total()
    if not total:
        return None
    return (counts[Polarity.POSITIVE] - counts[Polarity.NEGATIVE]) / total


def sentiment_of(quads: Iterable[Quad]) -> Polarity | None:
    """The sentiment of a review with these opinions.

    Positive at a balance of 1/2 or more, negative at -1/2 or less, else neutral: so opinions that
    are all positive give positive, all negative negative, and mixed or indifferent ones neutral.
    None without opinions: they then say nothing of the review.
    """
    share = balance(quads)
    if share is None:
        return None
    if share >= _ONE_SIDED:
        return Polarity.POSITIVE
    return Polarity.NEGATIVE if share <= -_ONE_SIDED else Polarity.NEUTRAL
