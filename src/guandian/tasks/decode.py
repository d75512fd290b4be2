"""From a model's arrays to candidate opinions and entities over tokens; plain numpy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from guandian.evaluation.logits import sigmoid
from guandian.tasks.confidence_features import Confidence
from guandian.tasks.head_spec import ASPECT, ENTITY_TYPES, EXPRESSION, NOWHERE, HeadSpec

Arrays = Mapping[str, NDArray[np.float32]]
Range = tuple[int, int]
"""First and last token, inclusive; (`NOWHERE`, `NOWHERE`) = absent."""
ABSENT: Range = (NOWHERE, NOWHERE)
FLOOR = -2.5
"""Logits below this make no candidate; their share of right opinions is negligible."""
MOST_SPANS = 48
"""Candidates of one kind in one window; keeps hostile text from costing quadratic time."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible opinion; `features` [len(FEATURES)] feed its confidence.

    `clause` is where an opinion without a single said part stands, else None.
    """

    aspect: Range
    expression: Range
    category: int
    polarity: int
    features: tuple[float, ...]
    clause: Range | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A possible entity over tokens, with its probability."""

    type: str
    range: Range
    probability: float


def candidates(
    arrays: Arrays, row: int, spec: HeadSpec, clauses: Sequence[Range]
) -> list[Candidate]:
    """Every opinion of one text that is not out of the question.

    Args:
        arrays: of a batch of equally long texts, as `HeadSpec` says.
        row: which text.
        spec: the label spaces.
        clauses: token ranges; one that judges without words is read as a whole.
    """
    kinds = [spec.span_types.index(kind) for kind in (ASPECT, EXPRESSION)]
    aspects, expressions = (
        # Row 0 of either side is the absent part. Its score is infinite, so that the weakest of the
        # said parts and the link decide in the minimum below.
        _Spans(np.vstack(([ABSENT], at)), np.concatenate(([np.inf], scores)))
        for at, scores in _above(arrays["spans"][row][kinds], FLOOR)
    )
    pair = _links(arrays["pairs"][row], aspects, expressions)
    a, e = np.nonzero(pair > FLOOR)
    ranges = np.concatenate((aspects.at[a], expressions.at[e]), axis=1)
    part_scores = np.stack((aspects.scores[a], expressions.scores[e]), axis=1)
    link = pair[a, e]
    # An opinion without any words of its own is read over its clause: no aspect, and the clause
    # in the place of the expression.
    silent = list(_implicit(arrays["implicit"][row], clauses))
    read_at = np.concatenate(
        (ranges, np.array([(*ABSENT, *clause) for clause, _ in silent], int).reshape(-1, 4))
    )
    category, category_log = _best(arrays["category"][row], read_at)
    polarity, polarity_log = _best(arrays["polarity"][row], read_at)
    scores = np.concatenate(
        (
            np.column_stack((np.minimum(part_scores.min(1), link), part_scores, link)),
            np.array([(score, np.inf, np.inf, score) for _, score in silent]).reshape(-1, 4),
        )
    )
    # The confidence is a linear model, which no infinite feature may enter; `absent` tells it.
    absent = np.isinf(scores[:, 1:3])
    scores[:, 1:3][absent] = 0.0
    features = np.column_stack((scores, category_log, polarity_log, absent)).tolist()
    places = [*map(_two, ranges.tolist()), *[(ABSENT, ABSENT)] * len(silent)]
    stands = [None] * len(ranges) + [clause for clause, _ in silent]
    return [
        Candidate(*parts, int(c), int(p), tuple(row_features), clause)
        for parts, c, p, row_features, clause in zip(
            places, category, polarity, features, stands, strict=True
        )
    ]


def grid_entities(arrays: Arrays, row: int, spec: HeadSpec) -> list[Named]:
    """The entities of one text as spans of a grid; the best stays where two of a type overlap."""
    kinds = [index for index, kind in enumerate(spec.span_types) if kind in ENTITY_TYPES]
    entities: list[Named] = []
    for index, (ranges, scores) in zip(
        kinds, _above(arrays["spans"][row][kinds], 0.0), strict=True
    ):
        marked: list[Range] = []
        for (first, last), score in zip(ranges.tolist(), scores.tolist(), strict=True):
            if not any(_overlap((first, last), other) for other in marked):
                marked.append((first, last))
                probability = float(sigmoid(score))
                entities.append(Named(spec.span_types[index], (first, last), probability))
    return sorted(entities, key=lambda named: named.range)


def choose(
    candidates: Sequence[Candidate], confidence: Confidence
) -> list[tuple[Candidate, float]]:
    """The opinions to report, in text order, with their confidence.

    Best first; a candidate that contradicts one already chosen is left out: another cut of the
    same expression for the same aspect, another cut of the same aspect for the same expression,
    an absent part where a said one was chosen, or the same category in another unsaid opinion.
    """
    if not candidates:
        return []
    features = np.array([candidate.features for candidate in candidates])
    sure, shown = confidence.triplet(features), confidence.quad(features)
    chosen: list[tuple[Candidate, float]] = []
    near = _Near()
    # Stable, so that equal scores keep the order of the text on every platform.
    for index in np.argsort(-sure, kind="stable"):
        candidate = candidates[index]
        if sure[index] < confidence.threshold:
            break
        if not any(_contradicts(candidate, other) for other in near.of(candidate)):
            chosen.append((candidate, float(shown[index])))
            near.add(candidate)
    return sorted(chosen, key=lambda item: (item[0].expression, item[0].aspect))


class _Near:
    """Candidates by place, so that a text of a million characters is not compared pair by pair.

    Two candidates contradict each other only where they share a token, or where one of them is
    unsaid and they share a category; among the said ones of a category any one stands for all.
    """

    def __init__(self) -> None:
        self._at: dict[int, list[Candidate]] = defaultdict(list)
        self._unsaid: list[Candidate] = []
        self._said: dict[int, Candidate] = {}

    def of(self, candidate: Candidate) -> Iterator[Candidate]:
        """Yield the added candidates that may contradict `candidate`."""
        yield from self._unsaid
        if candidate.clause is not None and candidate.category in self._said:
            yield self._said[candidate.category]
        for token in _tokens(candidate):
            yield from self._at.get(token, ())

    def add(self, candidate: Candidate) -> None:
        """Remember one more."""
        if candidate.clause is not None:
            self._unsaid.append(candidate)
        else:
            self._said[candidate.category] = candidate
        for token in _tokens(candidate):
            self._at[token].append(candidate)


def _tokens(candidate: Candidate) -> set[int]:
    ranges = (at for at in (candidate.aspect, candidate.expression) if at != ABSENT)
    return {token for first, last in ranges for token in range(first, last + 1)}


def _contradicts(first: Candidate, second: Candidate) -> bool:
    same_aspect = first.aspect == second.aspect
    same_expression = first.expression == second.expression
    # One is unsaid, the other said (or of another clause): only a repeated category is a clash.
    if first.clause != second.clause:
        return first.category == second.category
    if same_aspect and same_expression:
        return first.category == second.category or first.polarity != second.polarity
    aspects, expressions = (first.aspect, second.aspect), (first.expression, second.expression)
    near_aspect = ABSENT in aspects or _overlap(*aspects)
    near_expression = ABSENT in expressions or _overlap(*expressions)
    if same_expression and first.expression != ABSENT:
        return near_aspect
    if same_aspect and first.aspect != ABSENT:
        return near_expression
    if ABSENT in expressions and ABSENT in aspects:
        return False
    return _overlap(*expressions) and near_aspect


def _overlap(span: Range, other: Range) -> bool:
    if ABSENT in (span, other):
        return False
    return span[0] <= other[1] and other[0] <= span[1]


class _Spans(NamedTuple):
    """Token ranges, int [K, 2], and their scores [K]."""

    at: NDArray[np.int64]
    scores: NDArray[np.float64]


def _above(grids: NDArray[np.float32], floor: float) -> list[_Spans]:
    """For each grid [T, N, N] the spans above `floor`, best first, `MOST_SPANS` at most.

    [CLS] and [SEP] are left out.
    """
    # The grid without [CLS] and [SEP] begins one token later, hence the + 1 below.
    kind, first, last = np.nonzero(grids[:, 1:-1, 1:-1] > floor)
    right = last >= first
    kind, first, last = kind[right], first[right] + 1, last[right] + 1
    scores = grids[kind, first, last].astype(np.float64)
    spans = []
    for index in range(len(grids)):
        mine = np.flatnonzero(kind == index)
        best = mine[np.argsort(-scores[mine], kind="stable")[:MOST_SPANS]]
        spans.append(_Spans(np.stack((first[best], last[best]), axis=1), scores[best]))
    return spans


def _links(grid: NDArray[np.float32], aspects: _Spans, expressions: _Spans) -> NDArray[np.float64]:
    """Pair scores [A, E] from the grids [2, N, N] of first and of last tokens."""
    first = grid[0][np.ix_(aspects.at[:, 0], expressions.at[:, 0])]
    last = grid[1][np.ix_(aspects.at[:, 1], expressions.at[:, 1])]
    pair: NDArray[np.float64] = ((first + last) / 2).astype(np.float64)
    # Both parts absent is no pair; such opinions come from the clauses alone.
    pair[0, 0] = -np.inf
    return pair


def _implicit(
    logits: NDArray[np.float32], clauses: Sequence[Range]
) -> Iterator[tuple[Range, float]]:
    """The clauses whose mean logit is above the floor."""
    for first, last in clauses:
        score = float(logits[first : last + 1].mean())
        if score > FLOOR:
            yield (first, last), score


def _best(
    logits: NDArray[np.float32], ranges: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The best label [R] and its log-probability [R], read at aspects and expressions."""
    logs = log_probabilities(logits, ranges)
    best = logs.argmax(1)
    return best, np.take_along_axis(logs, best[:, None], 1)[:, 0]


def log_probabilities(
    logits: NDArray[np.float32], ranges: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The log-probabilities [R, K] of labels, read at aspects and expressions.

    Args:
        logits: [N, 2, K].
        ranges: [R, 4], first and last token of the aspect, then of the expression.
    """
    # Running sums make the mean over any range two look-ups. ABSENT is the range 0 to 0: the
    # mean is then what the head says at [CLS], as it was trained.
    sums = np.concatenate((np.zeros_like(logits[:1]), logits.cumsum(0))).astype(np.float64)
    total = np.zeros((len(ranges), logits.shape[-1]))
    for role in (0, 1):
        first, end = ranges[:, 2 * role], ranges[:, 2 * role + 1] + 1
        total += (sums[end, role] - sums[first, role]) / (end - first)[:, None]
    # Relative to the best logit, whose own term is exp(0): nothing overflows.
    above = total - total.max(1, keepdims=True)
    return np.asarray(above - np.log(np.exp(above).sum(1, keepdims=True)))


def _two(row: Sequence[int]) -> tuple[Range, Range]:
    return (row[0], row[1]), (row[2], row[3])
