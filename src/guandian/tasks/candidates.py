"""From the arrays of a batch to candidate opinions and entities, all its texts at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from guandian.evaluation.logits import sigmoid
from guandian.tasks.decode import ABSENT, Arrays, Candidate, Named, Range, log_probabilities
from guandian.tasks.head_spec import ASPECT, ENTITY_TYPES, EXPRESSION, HeadSpec

FLOOR = -2.5
"""Logits below this make no candidate; their share of right opinions is negligible."""
MOST_SPANS = 48
"""Candidates of one kind in one window; keeps hostile text from costing quadratic time."""
_ROUNDING = 1e-2
"""More than running sums of logits can differ from sums of their own."""

Whole = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BatchRow:
    """The part of a text that one row of a batch holds and answers for.

    Attributes:
        clauses: token ranges of the row; one that judges without words is read as a whole.
        offset: tokens of the text before the row's; ranges are told as of the whole text.
        first, end: tokens of the row (half-open) in which its candidates begin.
    """

    clauses: Sequence[Range] = ()
    offset: int = 0
    first: int = 0
    end: int = 1 << 62


class _Spans(NamedTuple):
    """Token ranges [K, 2] of all rows with their scores [K]; `starts` [B + 1] bounds the rows."""

    at: Whole
    scores: Floats
    starts: Whole


class _Places(NamedTuple):
    """Possible opinions of all rows: their rows [R], ranges [R, 4] and scores [R, 4]."""

    rows: Whole
    ranges: Whole
    scores: Floats


def candidates(arrays: Arrays, spec: HeadSpec, rows: Sequence[BatchRow]) -> list[list[Candidate]]:
    """Every opinion of each text that is not out of the question.

    Args:
        arrays: of a batch of equally long texts, as `HeadSpec` says.
        spec: the label spaces.
        rows: what each text of the batch is.
    """
    said = _said(arrays, spec)
    silent = _silent(arrays["implicit"], rows)
    said, silent = _owned(said, rows), _owned(silent, rows)
    # Of one text those with words of their own come first.
    order = np.argsort(np.concatenate((said.rows, silent.rows)), kind="stable")
    places = _Places(
        np.concatenate((said.rows, silent.rows))[order],
        np.concatenate((said.ranges, silent.ranges))[order],
        np.concatenate((said.scores, silent.scores))[order],
    )
    unsaid = (order >= len(said.rows)).tolist()
    category, category_log = _best(arrays["category"], places)
    polarity, polarity_log = _best(arrays["polarity"], places)
    # The confidence is a linear model, which no infinite feature may enter; `absent` tells it.
    absent = np.isinf(places.scores[:, 1:3])
    places.scores[:, 1:3][absent] = 0.0
    features = np.column_stack((places.scores, category_log, polarity_log, absent)).tolist()
    moved = _moved(places, rows).tolist()
    of_rows: list[list[Candidate]] = [[] for _ in rows]
    for row, at, no_words, c, p, row_features in zip(
        places.rows.tolist(), moved, unsaid, category, polarity, features, strict=True
    ):
        expression = (at[2], at[3])
        candidate = (
            Candidate(ABSENT, ABSENT, c, p, tuple(row_features), expression)
            if no_words
            else Candidate((at[0], at[1]), expression, c, p, tuple(row_features))
        )
        of_rows[row].append(candidate)
    return of_rows


def grid_entities(arrays: Arrays, spec: HeadSpec) -> list[list[Named]]:
    """The entities of each text as spans of a grid; the best stays where two of a type overlap."""
    entities: list[list[Named]] = [[] for _ in arrays["spans"]]
    for index, kind in enumerate(spec.span_types):
        if kind not in ENTITY_TYPES:
            continue
        spans = _above(arrays["spans"][:, index], 0.0)
        bounds, ranges, scores = spans.starts.tolist(), spans.at.tolist(), spans.scores.tolist()
        for row, named in enumerate(entities):
            marked: list[Range] = []
            for at in range(bounds[row], bounds[row + 1]):
                first, last = ranges[at]
                if all(last < other[0] or other[1] < first for other in marked):
                    marked.append((first, last))
                    named.append(Named(kind, (first, last), float(sigmoid(scores[at]))))
    return [sorted(named, key=lambda entity: entity.range) for named in entities]


def _said(arrays: Arrays, spec: HeadSpec) -> _Places:
    """The pairs of an aspect and an expression, one of which may be absent, above the floor."""
    aspects, expressions = (
        _with_absent(_above(arrays["spans"][:, spec.span_types.index(kind)], FLOOR))
        for kind in (ASPECT, EXPRESSION)
    )
    # All pairs of each text, those of one aspect beside each other.
    many, partners = np.diff(aspects.starts), np.diff(expressions.starts)
    counts = many * partners
    rows = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    a, e = np.divmod(number, partners[rows])
    both_absent = number == 0
    a, e = a + aspects.starts[rows], e + expressions.starts[rows]
    ranges = np.concatenate((aspects.at[a], expressions.at[e]), axis=1)
    grids = arrays["pairs"]
    first = grids[rows, 0, ranges[:, 0], ranges[:, 2]]
    last = grids[rows, 1, ranges[:, 1], ranges[:, 3]]
    link: Floats = ((first + last) / 2).astype(np.float64)
    # Both parts absent is no pair; such opinions come from the clauses alone.
    link[both_absent] = -np.inf
    keep = np.flatnonzero(link > FLOOR)
    parts = np.stack((aspects.scores[a[keep]], expressions.scores[e[keep]]), axis=1)
    weakest = np.minimum(parts.min(1), link[keep])
    return _Places(rows[keep], ranges[keep], np.column_stack((weakest, parts, link[keep])))


def _above(grids: NDArray[np.float32], floor: float) -> _Spans:
    """The spans above `floor` in the grid of each text [B, N, N], the best `MOST_SPANS`, sorted.

    [CLS] and [SEP] are left out.
    """
    # The grid without [CLS] and [SEP] begins one token later, hence the + 1 below.
    row, first, last = np.nonzero(grids[:, 1:-1, 1:-1] > floor)
    right = last >= first
    row, first, last = row[right], first[right] + 1, last[right] + 1
    scores = grids[row, first, last].astype(np.float64)
    order = np.lexsort((-scores, row))  # stable: equal scores keep the order of the text
    starts = np.searchsorted(row, np.arange(len(grids) + 1))
    if np.diff(starts).max() > MOST_SPANS:
        order = order[np.arange(len(row)) - starts[row] < MOST_SPANS]
        starts = np.searchsorted(row[order], np.arange(len(grids) + 1))
    return _Spans(np.stack((first[order], last[order]), axis=1), scores[order], starts)


def _with_absent(spans: _Spans) -> _Spans:
    """The absent part before the spans of each text.

    Its score is infinite, so that the weakest of the said parts and the link decide.
    """
    starts = spans.starts[:-1]
    return _Spans(
        np.insert(spans.at, starts, ABSENT, axis=0),
        np.insert(spans.scores, starts, np.inf),
        spans.starts + np.arange(len(spans.starts)),
    )


def _silent(logits: NDArray[np.float32], rows: Sequence[BatchRow]) -> _Places:
    """The clauses whose mean logit is above the floor, as expressions without an aspect."""
    owners = [index for index, row in enumerate(rows) for _ in row.clauses]
    ranges = np.array([clause for row in rows for clause in row.clauses], int).reshape(-1, 2)
    of = np.array(owners, int)
    first, end = ranges[:, 0], ranges[:, 1] + 1
    sums = np.zeros((len(logits), logits.shape[1] + 1))
    logits.cumsum(1, dtype=np.float64, out=sums[:, 1:])
    near = (sums[of, end] - sums[of, first]) / (end - first) > FLOOR - _ROUNDING
    judging = []
    for index in np.flatnonzero(near).tolist():
        score = float(logits[of[index], first[index] : end[index]].mean())
        if score > FLOOR:
            judging.append((index, score))
    numbers = np.array([index for index, _ in judging], int)
    ranges = np.hstack((np.full((len(numbers), 2), ABSENT[0]), ranges[numbers]))
    scores = np.array([(score, np.inf, np.inf, score) for _, score in judging]).reshape(-1, 4)
    return _Places(of[numbers], ranges, scores)


def _owned(places: _Places, rows: Sequence[BatchRow]) -> _Places:
    """The candidates that begin in what their row answers for: the expression, else the aspect."""
    first, end = (np.array([getattr(row, name) for row in rows]) for name in ("first", "end"))
    ranges, of = places.ranges, places.rows
    anchor = np.where(ranges[:, 3] == ABSENT[1], ranges[:, 0], ranges[:, 2])
    keep = (first[of] <= anchor) & (anchor < end[of])
    return _Places(of[keep], ranges[keep], places.scores[keep])


def _moved(places: _Places, rows: Sequence[BatchRow]) -> Whole:
    """The ranges as of the whole texts; what is absent stays so."""
    offsets = np.array([row.offset for row in rows])[places.rows][:, None]
    absent = np.repeat(places.ranges[:, 1::2] == ABSENT[1], 2, axis=1)
    return np.where(absent, places.ranges, places.ranges + offsets)


def _best(logits: NDArray[np.float32], places: _Places) -> tuple[list[int], Floats]:
    """The best label of each and its log-probability [R], read at aspects and expressions."""
    logs = log_probabilities(logits, places.ranges, places.rows)
    best = logs.argmax(1)
    return best.tolist(), logs[np.arange(len(best)), best]
