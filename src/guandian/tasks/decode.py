"""From a model's arrays to candidate opinions and entities over tokens; plain numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guandian.tasks.confidence import Confidence
from guandian.tasks.heads import ASPECT, ENTITY_TYPES, EXPRESSION, NOWHERE, HeadSpec

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
    spans = arrays["spans"][row]
    aspects = _ranges(spans[spec.span_types.index(ASPECT)])
    expressions = _ranges(spans[spec.span_types.index(EXPRESSION)])
    reader = _Reader(arrays, row)
    found = _pairs(arrays["pairs"][row], aspects, expressions, reader)
    for clause in clauses:
        score = float(arrays["implicit"][row, clause[0] : clause[1] + 1].mean())
        if score > FLOOR:
            found.append(reader.candidate(ABSENT, ABSENT, (score, 0.0, 0.0, score), clause))
    return found


def entities(arrays: Arrays, row: int, spec: HeadSpec) -> list[Named]:
    """The entities of one text, best first kept where two of a type overlap."""
    found: list[Named] = []
    for kind in ENTITY_TYPES:
        if kind not in spec.span_types:
            continue
        taken: list[Range] = []
        ranges = _ranges(arrays["spans"][row][spec.span_types.index(kind)], floor=0.0)
        for at, score in sorted(ranges, key=lambda item: -item[1]):
            if not any(_overlap(at, other) for other in taken):
                taken.append(at)
                found.append(Named(kind, at, float(1 / (1 + np.exp(-score)))))
    return sorted(found, key=lambda named: named.range)


def choose(found: Sequence[Candidate], confidence: Confidence) -> list[tuple[Candidate, float]]:
    """The opinions to report, in text order, with their confidence.

    Best first; a candidate that contradicts one already taken is left out: another cut of the
    same expression for the same aspect, another cut of the same aspect for the same expression,
    or an absent part where a said one was taken.
    """
    if not found:
        return []
    sure = confidence(np.array([candidate.features for candidate in found]))
    taken: list[tuple[Candidate, float]] = []
    for index in np.argsort(-sure, kind="stable"):
        candidate, probability = found[index], float(sure[index])
        if probability < confidence.threshold:
            break
        if not any(_contradicts(candidate, other) for other, _ in taken):
            taken.append((candidate, probability))
    return sorted(taken, key=lambda item: (item[0].expression, item[0].aspect))


def _contradicts(one: Candidate, other: Candidate) -> bool:
    same_aspect, same_expression = one.aspect == other.aspect, one.expression == other.expression
    if same_aspect and same_expression:
        return one.category == other.category or one.polarity != other.polarity
    near_aspect = ABSENT in (one.aspect, other.aspect) or _overlap(one.aspect, other.aspect)
    near_expression = ABSENT in (one.expression, other.expression) or _overlap(
        one.expression, other.expression
    )
    if same_expression and one.expression != ABSENT:
        return near_aspect
    if same_aspect and one.aspect != ABSENT:
        return near_expression
    if ABSENT in (one.expression, other.expression) and ABSENT in (one.aspect, other.aspect):
        return False
    return _overlap(one.expression, other.expression) and near_aspect


def _overlap(one: Range, other: Range) -> bool:
    if ABSENT in (one, other):
        return False
    return one[0] <= other[1] and other[0] <= one[1]


def _ranges(grid: NDArray[np.float32], floor: float = FLOOR) -> list[tuple[Range, float]]:
    """The spans [N, N] above `floor`, [CLS] and [SEP] left out, best `MOST_SPANS` kept."""
    first, last = np.nonzero(grid[1:-1, 1:-1] > floor)
    right = last >= first
    first, last = first[right] + 1, last[right] + 1
    scores = grid[first, last]
    best = np.argsort(-scores, kind="stable")[:MOST_SPANS]
    return [((int(first[k]), int(last[k])), float(scores[k])) for k in best]


class _Reader:
    """Reads category and polarity of one text at pairs of ranges."""

    def __init__(self, arrays: Arrays, row: int) -> None:
        self.sums = {
            name: np.concatenate((np.zeros_like(values[row, :1]), values[row].cumsum(0)))
            for name, values in (("category", arrays["category"]), ("polarity", arrays["polarity"]))
        }

    def candidate(
        self,
        aspect: Range,
        expression: Range,
        scores: tuple[float, ...],
        clause: Range | None = None,
    ) -> Candidate:
        category, category_log = self._best("category", aspect, clause or expression)
        polarity, polarity_log = self._best("polarity", aspect, clause or expression)
        features = (
            *scores,
            category_log,
            polarity_log,
            float(aspect == ABSENT),
            float(expression == ABSENT),
        )
        return Candidate(aspect, expression, category, polarity, features, clause)

    def _best(self, name: str, aspect: Range, expression: Range) -> tuple[int, float]:
        sums = self.sums[name]
        logits = sum(
            (sums[last + 1, role] - sums[first, role]) / (last + 1 - first)
            for role, (first, last) in enumerate((aspect, expression))
        )
        logits = np.asarray(logits, dtype=np.float64)
        best = int(logits.argmax())
        return best, -float(np.log(np.exp(logits - logits[best]).sum()))


def _pairs(
    grid: NDArray[np.float32],
    aspects: list[tuple[Range, float]],
    expressions: list[tuple[Range, float]],
    reader: _Reader,
) -> list[Candidate]:
    """Grid [2, N, N] and scored ranges to candidates; an absent part is one more range."""
    rows, columns = [(ABSENT, np.inf), *aspects], [(ABSENT, np.inf), *expressions]
    aspect_at = np.array([at for at, _ in rows])
    expression_at = np.array([at for at, _ in columns])
    pair = (
        grid[0][np.ix_(aspect_at[:, 0], expression_at[:, 0])]
        + grid[1][np.ix_(aspect_at[:, 1], expression_at[:, 1])]
    ) / 2
    pair[0, 0] = -np.inf
    found = []
    for a, e in zip(*np.nonzero(pair > FLOOR), strict=True):
        (aspect, aspect_score), (expression, expression_score) = rows[a], columns[e]
        link = float(pair[a, e])
        weakest = min(aspect_score, expression_score, link)
        said = (
            0.0 if aspect == ABSENT else aspect_score,
            0.0 if expression == ABSENT else expression_score,
        )
        found.append(reader.candidate(aspect, expression, (weakest, *said, link)))
    return found
