"""Candidate opinions over tokens, and which of them are reported; plain numpy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guandian.tasks.confidence_features import Confidence
from guandian.tasks.head_spec import NOWHERE

Arrays = Mapping[str, NDArray[np.float32]]
Range = tuple[int, int]
"""First and last token, inclusive; (`NOWHERE`, `NOWHERE`) = absent."""
ABSENT: Range = (NOWHERE, NOWHERE)


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
    """A possible entity over tokens.

    Attributes:
        type: of what is named.
        range: its tokens.
        probability: that it stands there.
        alone: the model's own, where a gazetteer has a say; None elsewhere.
        heard: False of what the model alone would name and the gazetteer speaks against.
    """

    type: str
    range: Range
    probability: float
    alone: float | None = None
    heard: bool = True


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


def log_probabilities(
    logits: NDArray[np.float32], ranges: NDArray[np.int64], rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The log-probabilities [R, K] of labels, read at aspects and expressions.

    Args:
        logits: [B, N, 2, K].
        ranges: [R, 4], first and last token of the aspect, then of the expression.
        rows: [R], the text of each.
    """
    # Running sums make the mean over any range two look-ups. ABSENT is the range 0 to 0: the
    # mean is then what the head says at [CLS], as it was trained.
    batch, length, *rest = logits.shape
    sums = np.zeros((batch, length + 1, *rest))
    sums[:, 1:] = logits.cumsum(1)
    total = np.zeros((len(ranges), logits.shape[-1]))
    for role in (0, 1):
        first, end = ranges[:, 2 * role], ranges[:, 2 * role + 1] + 1
        total += (sums[rows, end, role] - sums[rows, first, role]) / (end - first)[:, None]
    # Relative to the best logit, whose own term is exp(0): nothing overflows.
    above = total - total.max(1, keepdims=True)
    return np.asarray(above - np.log(np.exp(above).sum(1, keepdims=True)))
