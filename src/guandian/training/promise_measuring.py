"""Finds how sure opinions must be for a precision, by MAPIE's risk control, offline.

Two conditions, of which the stricter counts. *Reviews like those measured*: Learn Then Test
(Angelopoulos et al. 2021) gives a threshold whose precision falls short with a probability of
1 - `LEVEL` at most, whatever the confidence is worth. *Other kinds of product*: each labelled kind
has a threshold of its own, and the one that suffices for `SHARE_OF_KINDS` of kinds, counted as
split conformal prediction does, suffices for a further kind with that probability.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Opinion, Quad, Span
from guandian.evaluation.rightness import MEANINGS
from guandian.io.optional_libraries import needs

LEVEL = 0.9
"""The probability with which a promise holds on reviews like those measured."""
SHARE_OF_KINDS = 0.8
"""Of further kinds of product, in how many it holds."""
PRECISIONS = tuple(round(0.5 + 0.01 * step, 2) for step in range(50))
_LEAST_REVIEWS = 20
"""Of a kind, for it to have a say."""
_LEAST_KINDS = 5
_LEAST_OPINIONS = 100
_STARTS = 4
_SHARES = np.arange(0.06, 1.001, 0.02)
"""Shares of the opinions kept, whose thresholds are tried."""

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Row = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class AnsweredReview:
    """A labelled review with what was mined in it.

    Attributes:
        language: as mined.
        kind: of product.
        opinions: that were mined.
        gold: that people labelled.
    """

    language: str
    kind: str
    opinions: tuple[Opinion, ...]
    gold: tuple[Quad, ...]

    def right(self, meaning: str) -> list[bool]:
        """Which opinions are right, by a meaning of `evaluation.rightness`."""
        if meaning == "polarity":
            return [any(_meet(opinion, quad) for quad in self.gold) for opinion in self.opinions]
        whole = meaning == "whole"
        gold = {_key(quad, whole=whole) for quad in self.gold}
        return [_key(opinion, whole=whole) in gold for opinion in self.opinions]


@dataclass(frozen=True, slots=True, eq=False)
class JudgedOpinions:
    """Opinions with their confidence and whether they are right, three arrays [n].

    Attributes:
        confidence: of each.
        right: whether it is.
        kinds: the kind of product that its review is of.
    """

    confidence: Floats
    right: Booleans
    kinds: NDArray[np.str_]

    @classmethod
    def of(cls, reviews: Sequence[AnsweredReview], meaning: str) -> JudgedOpinions:
        """The opinions of reviews, all in a row."""
        return cls(
            np.array([o.confidence for review in reviews for o in review.opinions], np.float64),
            np.array([r for review in reviews for r in review.right(meaning)], np.bool_),
            np.array([review.kind for review in reviews for _ in review.opinions], np.str_),
        )


def promised_rows(
    reviews: Sequence[AnsweredReview], precisions: Sequence[float] = PRECISIONS
) -> tuple[dict[str, dict[str, list[Row]]], dict[str, int]]:
    """The thresholds by meaning and language, and the opinions that each language rests on.

    Languages with few opinions have no rows of their own: `all` stands for them.
    """
    parts = {"all": list(reviews)}
    for language in ("zh", "en"):
        own = [review for review in reviews if review.language == language]
        if sum(len(review.opinions) for review in own) >= _LEAST_OPINIONS:
            parts[language] = own
    counts = {name: sum(len(r.opinions) for r in part) for name, part in parts.items()}
    kinds = _big_kinds(reviews)
    rows: dict[str, dict[str, list[Row]]] = {
        meaning: {
            name: threshold_rows(JudgedOpinions.of(part, meaning), kinds, precisions)
            for name, part in parts.items()
        }
        for meaning in MEANINGS
    }
    return rows, counts


def threshold_rows(
    judged: JudgedOpinions, kinds: Sequence[str], precisions: Sequence[float] = PRECISIONS
) -> list[Row]:
    """Precision, threshold and share kept, for each precision that can be promised.

    Args:
        judged: opinions of labelled reviews.
        kinds: of product, that have enough reviews for a say of their own.
        precisions: in ascending order.
    """
    rows = []
    least = 0.0
    for precision in precisions:
        threshold = like_these(judged, precision)
        if threshold is None:
            continue
        least = max(least, threshold, over_kinds(judged, kinds, precision))
        share = float((judged.confidence >= least).mean())
        if share:
            rows.append((precision, round(least, 6), round(share, 4)))
    return rows


def like_these(judged: JudgedOpinions, precision: float, level: float = LEVEL) -> float | None:
    """The lowest threshold that keeps a precision on reviews like these; None: none does."""
    control = needs("mapie.risk_control", "train", "measuring promises")
    ordered = np.sort(judged.confidence)[::-1]
    places = np.minimum((len(ordered) * _SHARES).astype(int), len(ordered) - 1)
    grid = np.unique(ordered[places])

    def probabilities(confidence: Floats) -> Floats:
        return np.column_stack([1 - confidence[:, 0], confidence[:, 0]])

    controller = control.BinaryClassificationController(
        probabilities,
        "precision",
        precision,
        level,
        list_predict_params=grid,
        # From several starts: with one, few and sure opinions at the top end the search at once.
        fwer_method=control.FWERFixedSequenceTesting(n_starts=min(_STARTS, len(grid))),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that nothing is valid is an answer here
        controller.calibrate(judged.confidence[:, None], judged.right.astype(int))
    valid = np.asarray(controller.valid_predict_params, np.float64).ravel()
    return float(valid.min()) if len(valid) else None


def over_kinds(judged: JudgedOpinions, kinds: Sequence[str], precision: float) -> float:
    """The threshold that suffices for `SHARE_OF_KINDS` of kinds; 0 where few kinds can tell."""
    own = []
    for kind in kinds:
        inside = judged.kinds == kind
        if inside.any():
            own.append(_own_threshold(judged.confidence[inside], judged.right[inside], precision))
    order_place = ceil(SHARE_OF_KINDS * (len(own) + 1))
    if len(own) < _LEAST_KINDS or order_place > len(own):
        return 0.0
    return sorted(own)[order_place - 1]


def _own_threshold(confidence: Floats, right: Booleans, precision: float) -> float:
    """The lowest threshold with this precision of these opinions; 1 for none, 0 for any."""
    order = np.argsort(-confidence, kind="stable")
    shares = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(shares >= precision)
    if not len(enough):
        return 1.0
    return float(confidence[order][enough[-1]]) if enough[-1] < len(order) - 1 else 0.0


def _big_kinds(reviews: Sequence[AnsweredReview]) -> list[str]:
    counts: dict[str, int] = {}
    for review in reviews:
        counts[review.kind] = counts.get(review.kind, 0) + 1
    return sorted(kind for kind, number in counts.items() if number >= _LEAST_REVIEWS)


def _key(opinion: Opinion | Quad, *, whole: bool) -> tuple[object, ...]:
    category = opinion.category if whole else None
    return opinion.aspect, opinion.expression, opinion.polarity, category


def _meet(opinion: Opinion, quad: Quad) -> bool:
    if opinion.polarity != quad.polarity:
        return False
    ours = [span for span in (opinion.aspect, opinion.expression) if span is not None]
    theirs = [span for span in (quad.aspect, quad.expression) if span is not None]
    if not ours and not theirs:
        return True
    return any(_overlap(span, other) for span in ours for other in theirs)


def _overlap(span: Span, other: Span) -> bool:
    return span.start < other.end and other.start < span.end
