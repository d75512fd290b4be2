"""A part that ends whoever reads it: which row does, so that all others are answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from guandian.domain import Language, Mined, Review
from guandian.domain.records import UNKNOWN_SENTIMENT
from guandian.mining.setting_aside import UNANSWERED

Attempt = Callable[[Sequence[Review]], list[Mined]]
"""Mines reviews together; raises `WorkerLost` or `RowFailed`."""

_WHOLE = 2
"""Times that a part is tried before a row of it is suspected: machines die of other things too."""
_ALONE = 2


class WorkerLost(Exception):
    """The process that read a part ended before it answered."""


class RowFailed(Exception):
    """A part was refused by an error that its reader outlived; trying again would not help."""


def salvaged(attempt: Attempt, reviews: Sequence[Review], model: str) -> list[Mined]:
    """The answers of a part, in its order; of rows that end their readers, one that says so.

    Where no row is at fault after all the whole is tried once more, so that the same texts are read
    together as without any accident, and the bytes are the same.

    Args:
        attempt: mines.
        reviews: the part.
        model: `name@version`, for the answers of rows that have none.
    """
    answers = _tried(attempt, reviews, _WHOLE)
    if answers is None:
        answers = _by_halves(attempt, reviews, model)
        if not any(UNANSWERED in answer.warnings for answer in answers):
            return _tried(attempt, reviews, 1) or answers
    return answers


def _tried(attempt: Attempt, reviews: Sequence[Review], times: int) -> list[Mined] | None:
    for _ in range(times):
        try:
            return attempt(reviews)
        except RowFailed:
            return None
        except WorkerLost:
            continue
    return None


def _by_halves(attempt: Attempt, reviews: Sequence[Review], model: str) -> list[Mined]:
    if len(reviews) == 1:
        answers = _tried(attempt, reviews, _ALONE)
        return [_unanswered(reviews[0], model)] if answers is None else answers
    middle = len(reviews) // 2
    answers = []
    for half in (reviews[:middle], reviews[middle:]):
        alone = len(half) == 1  # which is tried below
        answers += (None if alone else _tried(attempt, half, 1)) or _by_halves(attempt, half, model)
    return answers


def _unanswered(review: Review, model: str) -> Mined:
    spoken = review.language or Language.OTHER
    return Mined(review.id, spoken, UNKNOWN_SENTIMENT, (), (), (UNANSWERED,), model, fitted=False)
