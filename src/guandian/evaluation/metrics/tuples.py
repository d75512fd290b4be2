"""Micro scores over opinion tuples: exact quads and their parts, and the relaxed match."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from guandian.domain import Polarity, Span
from guandian.evaluation.metrics.matching import best_matching, spans_meet
from guandian.evaluation.metrics.scores import PRF, Counts

Mode = Literal["span", "text"]
"""'span': two spans are equal when their offsets are; 'text': when their characters are."""

Key = tuple[tuple[Hashable, Hashable], Polarity, str | None]

MEASURES = ("quad", "triplet", "pair", "aspect", "expression", "relaxed")


class QuadLike(Protocol):
    """The parts that a `Quad` and an `Opinion` have in common: all that scoring looks at."""

    @property
    def aspect(self) -> Span | None:
        """The words for what is judged."""

    @property
    def expression(self) -> Span | None:
        """The words that judge."""

    @property
    def category(self) -> str | None:
        """Its kind; None where nobody said."""

    @property
    def polarity(self) -> Polarity:
        """Negative, neutral or positive."""


def judging_words(opinion: QuadLike) -> Span | None:
    """The words that judge, or those that are judged where no word does."""
    return opinion.expression or opinion.aspect


@dataclass(frozen=True, slots=True)
class TupleScores:
    """Micro scores over reviews.

    Attributes:
        quad: aspect, expression, category and polarity all equal; without categories in the gold
            it counts triplets, and is not shown.
        triplet: aspect, expression and polarity equal.
        pair: aspect and expression equal.
        aspect, expression: distinct spans of that kind, absent ones left out.
        relaxed: category and polarity equal, spans overlapping (absent only meets absent),
            matched one to one.
        by_category: exact quads with this category, by gold or predicted category.
        by_polarity: exact quads (triplets without categories) with this polarity, likewise.
    """

    quad: PRF
    triplet: PRF
    pair: PRF
    aspect: PRF
    expression: PRF
    relaxed: PRF
    by_category: Mapping[str, PRF]
    by_polarity: Mapping[str, PRF]

    @property
    def macro_f1(self) -> float:
        """The plain mean of the categories' F1; 0 without categories."""
        return sum(prf.f1 for prf in self.by_category.values()) / max(1, len(self.by_category))

    def to_json(self) -> dict[str, object]:
        """Every measure by its name, the quad null without categories; those are `by_category`."""
        scores: dict[str, object] = {name: getattr(self, name).to_json() for name in MEASURES}
        if not self.by_category:
            scores["quad"] = None
        scores["category_macro_f1"] = self.macro_f1 if self.by_category else None
        scores["by_category"] = {name: prf.to_json() for name, prf in self.by_category.items()}
        scores["by_polarity"] = {name: prf.to_json() for name, prf in self.by_polarity.items()}
        return scores


def score_quads(
    gold: Sequence[Sequence[QuadLike]],
    predicted: Sequence[Sequence[QuadLike]],
    *,
    texts: Sequence[str] | None = None,
    mode: Mode = "span",
) -> TupleScores:
    """Score `predicted` against `gold`, review by review in the same order.

    Within a review equal tuples count once. A review whose gold has no categories is compared
    without them. Mode 'text' is the scoring of the Zhijiang Cup: strings equal, positions aside.

    Raises:
        ValueError: when the lengths differ, or mode 'text' has no `texts`.
    """
    counts = count_quads(gold, predicted, texts=texts, mode=mode)
    compared = _texts(gold, predicted, texts, mode)
    return TupleScores(
        **{name: PRF.of(counts[name]) for name in MEASURES},
        by_category=_by_category(gold, predicted, compared),
        by_polarity=_by_polarity(gold, predicted, compared),
    )


def count_quads(
    gold: Sequence[Sequence[QuadLike]],
    predicted: Sequence[Sequence[QuadLike]],
    *,
    texts: Sequence[str] | None = None,
    mode: Mode = "span",
) -> dict[str, Counts]:
    """Per-review counts of every measure in `MEASURES`, each `[n, 3]`; for bootstraps.

    Raises:
        ValueError: as `score_quads`.
    """
    rows: dict[str, list[tuple[int, int, int]]] = {name: [] for name in MEASURES}
    for text, ours, theirs in zip(
        _texts(gold, predicted, texts, mode), gold, predicted, strict=True
    ):
        with_category = has_categories(ours)
        for name, parts_of in _PARTS.items():
            keep = parts_of if name != "quad" or with_category else _triplet
            right = {part for quad in ours if (part := keep(quad, text)) is not None}
            guess = {part for quad in theirs if (part := keep(quad, text)) is not None}
            rows[name].append((len(right & guess), len(guess), len(right)))
        rows["relaxed"].append(_relaxed(ours, theirs, with_category))
    return {name: np.array(row, dtype=np.int64).reshape(-1, 3) for name, row in rows.items()}


def has_categories(gold: Sequence[QuadLike]) -> bool:
    """Tell whether a review's gold says anything about categories; an empty one forbids them."""
    return not gold or any(quad.category is not None for quad in gold)


def quad_key(quad: QuadLike, text: str | None, *, with_category: bool) -> Key:
    """(pair, polarity, category): equal when two quads of a review are the same.

    With `text` spans are their characters, without it their offsets.
    """
    pair = (_place(quad.aspect, text), _place(quad.expression, text))
    return pair, quad.polarity, quad.category if with_category else None


def exactly_right(
    gold: Sequence[QuadLike],
    predicted: Sequence[QuadLike],
    *,
    text: str | None = None,
) -> list[bool]:
    """Tell of each predicted opinion of one review whether the quad stands in the gold.

    With `text` the spans are compared by their characters. This is what a confidence predicts.
    """
    keep = _quad if has_categories(gold) else _triplet
    right = {keep(quad, text) for quad in gold}
    return [keep(quad, text) in right for quad in predicted]


def _texts(
    gold: Sequence[object],
    predicted: Sequence[object],
    texts: Sequence[str] | None,
    mode: Mode,
) -> Sequence[str | None]:
    if len(gold) != len(predicted) or (texts is not None and len(texts) != len(gold)):
        sizes = f"{len(gold)} gold, {len(predicted)} predicted"
        raise ValueError(f"gold, predicted and texts must be the same reviews, found {sizes}")
    if mode == "span":
        return [None] * len(gold)
    if texts is None:
        raise ValueError("mode 'text' compares characters: pass texts")
    return texts


def _place(span: Span | None, text: str | None) -> Hashable:
    return span if span is None or text is None else span.of(text)


def _quad(quad: QuadLike, text: str | None) -> Key:
    return quad_key(quad, text, with_category=True)


def _triplet(quad: QuadLike, text: str | None) -> Key:
    return quad_key(quad, text, with_category=False)


_PARTS: Mapping[str, Callable[[QuadLike, str | None], Hashable | None]] = {
    "quad": _quad,
    "triplet": _triplet,
    "pair": lambda quad, text: _triplet(quad, text)[0],
    "aspect": lambda quad, text: _place(quad.aspect, text),
    "expression": lambda quad, text: _place(quad.expression, text),
}


def _relaxed(
    gold: Sequence[QuadLike], predicted: Sequence[QuadLike], with_category: bool
) -> tuple[int, int, int]:
    keep = _quad if with_category else _triplet
    right = list({keep(quad, None): quad for quad in gold}.values())
    guess = list({keep(quad, None): quad for quad in predicted}.values())
    meets = [
        [
            ours.polarity == theirs.polarity
            and (not with_category or ours.category == theirs.category)
            and spans_meet(ours.aspect, theirs.aspect)
            and spans_meet(ours.expression, theirs.expression)
            for theirs in guess
        ]
        for ours in right
    ]
    return len(best_matching(meets)), len(guess), len(right)


def _by_category(
    gold: Sequence[Sequence[QuadLike]],
    predicted: Sequence[Sequence[QuadLike]],
    texts: Sequence[str | None],
) -> dict[str, PRF]:
    if not any(quad.category is not None for quads in gold for quad in quads):
        return {}
    rows = [
        tuple({_quad(quad, text): quad.category or "" for quad in quads} for quads in sides)
        for text, *sides in zip(texts, gold, predicted, strict=True)
        if has_categories(sides[0])
    ]
    return _by_class(rows)


def _by_polarity(
    gold: Sequence[Sequence[QuadLike]],
    predicted: Sequence[Sequence[QuadLike]],
    texts: Sequence[str | None],
) -> dict[str, PRF]:
    rows = []
    for text, *sides in zip(texts, gold, predicted, strict=True):
        keep = _quad if has_categories(sides[0]) else _triplet
        rows.append(
            tuple({keep(quad, text): quad.polarity.value for quad in quads} for quads in sides)
        )
    return _by_class(rows)


def _by_class(rows: Sequence[tuple[Mapping[Key, str], ...]]) -> dict[str, PRF]:
    """Scores of each class; a row is a review's gold and predicted items with their classes."""
    totals: dict[str, list[int]] = {}
    for right, guess in rows:
        for column, keys in enumerate((right.keys() & guess.keys(), guess.keys(), right.keys())):
            for key in keys:
                name = guess[key] if column == 1 else right[key]
                totals.setdefault(name, [0, 0, 0])[column] += 1
    return {name: PRF(*totals[name]) for name in sorted(totals)}
