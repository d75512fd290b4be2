"""The errors of a system, review by review: each wrong opinion gets one kind of error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from guandian.evaluation.metrics.matching import best_matching, spans_meet
from guandian.evaluation.metrics.tuples import QuadLike, has_categories, quad_key


class ErrorKind(StrEnum):
    """Why a quad is not right; the first that fits, in this order."""

    WRONG_CATEGORY = "wrong category"
    WRONG_POLARITY = "wrong polarity"
    WRONG_SPAN = "wrong span"
    WRONG_PAIR = "wrong pair"
    MISSED = "missed"
    SPURIOUS = "spurious"


@dataclass(frozen=True, slots=True)
class Difference:
    """One error: the gold opinion, the predicted one, or both that were meant for each other."""

    kind: ErrorKind
    gold: QuadLike | None
    predicted: QuadLike | None


def quad_errors(
    gold: Sequence[QuadLike], predicted: Sequence[QuadLike], *, text: str | None = None
) -> list[Difference]:
    """The errors of one review; empty when every quad is right and none is missing.

    Wrong category: spans and polarity right. Wrong polarity: spans right (the category may be
    wrong too). Wrong span: both parts overlap but at least one begins or ends elsewhere. Wrong
    pair: one part overlaps, the other is of something else. The rest is missed or spurious.

    Args:
        gold: the annotated quads.
        predicted: the quads found in the same review.
        text: compare spans by their characters in `text`; None compares offsets.
    """
    aware = has_categories(gold)
    ours = {quad_key(quad, text, with_category=aware): quad for quad in gold}
    theirs = {quad_key(quad, text, with_category=aware): quad for quad in predicted}
    left = [quad for key, quad in ours.items() if key not in theirs]
    spurious = [quad for key, quad in theirs.items() if key not in ours]
    errors: list[Difference] = []
    for kind, fits in _STAGES:
        met = best_matching([[fits(label, answer, text) for answer in spurious] for label in left])
        errors += [Difference(kind, left[row], spurious[column]) for row, column in met.items()]
        columns = set(met.values())
        left = [quad for row, quad in enumerate(left) if row not in met]
        spurious = [quad for column, quad in enumerate(spurious) if column not in columns]
    errors += [Difference(ErrorKind.MISSED, quad, None) for quad in left]
    errors += [Difference(ErrorKind.SPURIOUS, None, quad) for quad in spurious]
    return errors


def count_differences(
    gold: Sequence[Sequence[QuadLike]],
    predicted: Sequence[Sequence[QuadLike]],
    *,
    texts: Sequence[str] | None = None,
) -> dict[ErrorKind, int]:
    """Count each kind of error, zero included.

    Raises:
        ValueError: when the lengths differ.
    """
    each_text = [None] * len(gold) if texts is None else texts
    counts = Counter(
        error.kind
        for ours, theirs, text in zip(gold, predicted, each_text, strict=True)
        for error in quad_errors(ours, theirs, text=text)
    )
    return {kind: counts[kind] for kind in ErrorKind}


def _same_pair(gold: QuadLike, predicted: QuadLike, text: str | None) -> bool:
    ours = quad_key(gold, text, with_category=False)
    return ours[0] == quad_key(predicted, text, with_category=False)[0]


def _wrong_category(gold: QuadLike, predicted: QuadLike, text: str | None) -> bool:
    return gold.polarity == predicted.polarity and _same_pair(gold, predicted, text)


def _wrong_span(gold: QuadLike, predicted: QuadLike, _text: str | None) -> bool:
    return spans_meet(gold.aspect, predicted.aspect) and spans_meet(
        gold.expression, predicted.expression
    )


def _wrong_pair(gold: QuadLike, predicted: QuadLike, _text: str | None) -> bool:
    same_aspect = gold.aspect is not None and spans_meet(gold.aspect, predicted.aspect)
    same_words = gold.expression is not None and spans_meet(gold.expression, predicted.expression)
    return same_aspect or same_words


_STAGES: tuple[tuple[ErrorKind, Callable[[QuadLike, QuadLike, str | None], bool]], ...] = (
    (ErrorKind.WRONG_CATEGORY, _wrong_category),
    (ErrorKind.WRONG_POLARITY, _same_pair),
    (ErrorKind.WRONG_SPAN, _wrong_span),
    (ErrorKind.WRONG_PAIR, _wrong_pair),
)
