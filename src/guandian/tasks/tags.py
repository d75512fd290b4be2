"""Entities as BIO tags of tokens, read by a linear-chain CRF; plain numpy.

With T types there are L = 2 T + 1 tags: O, and B and I of each type. `moves` [L + 2, L] scores
tag j behind tag i; row L is for the first token, row L + 1 for the last (Lafferty et al. 2001).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from guandian.tasks.decode import Arrays, Named, Range
from guandian.tasks.head_spec import HeadSpec

BARRED = -1e4
"""Score of what may not be."""
Scores = NDArray[np.float64]


def begins(kind: int) -> int:
    """The tag B of a type; its I is one more, and O is 0."""
    return 1 + 2 * kind


def legal(types: int) -> NDArray[np.bool_]:
    """The moves [L + 2, L] that BIO allows: I stands only behind B or I of its type."""
    size = 2 * types + 1
    allowed = np.ones((size + 2, size), dtype=bool)
    for kind in range(types):
        inside = begins(kind) + 1
        allowed[: size + 1, inside] = False
        allowed[[inside - 1, inside], inside] = True
    return allowed


def allowed_tags(
    length: int, spans: Sequence[tuple[int, int, int]], annotated: Sequence[bool]
) -> NDArray[np.bool_]:
    """The tags that a text's annotations leave open for each of N tokens, [N, L].

    Inside an annotated entity it is that entity's tag alone. Elsewhere it is O, and every tag of
    the types that the text was not annotated for: of those it says nothing.

    Args:
        length: N.
        spans: (type, first token, last token); they do not overlap.
        annotated: for each type whether the text was annotated for it.
    """
    open_tags = [True, *(not flag for flag in annotated for _ in range(2))]
    allowed = np.tile(np.array(open_tags), (length, 1))
    for kind, first, last in spans:
        allowed[first : last + 1] = False
        allowed[first, begins(kind)] = True
        allowed[first + 1 : last + 1, begins(kind) + 1] = True
    return allowed


def apart(spans: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """The spans (type, first, last) that tags can hold: of those that overlap, the longest."""
    separate: list[tuple[int, int, int]] = []
    for span in sorted(spans, key=lambda span: (span[1] - span[2], span[1], span[0])):
        if all(span[2] < other[1] or other[2] < span[1] for other in separate):
            separate.append(span)
    return sorted(separate, key=lambda span: span[1])


def best_path(emissions: Scores, moves: Scores) -> list[int]:
    """The likeliest tags of N tokens (Viterbi), of legal ones.

    Args:
        emissions: [N, L].
        moves: [L + 2, L], as learned; what is illegal is barred here.
    """
    size = emissions.shape[1]
    moves = _barred(moves)
    score = emissions[0] + moves[size]
    back = []
    for row in emissions[1:]:
        routes = score[:, None] + moves[:size]  # [tag before, tag]
        back.append(routes.argmax(0))
        score = routes.max(0) + row
    path = [int((score + moves[size + 1]).argmax())]
    for pointers in reversed(back):
        path.append(int(pointers[path[-1]]))
    return path[::-1]


def tagged(arrays: Arrays, row: int, spec: HeadSpec) -> list[Named]:
    """The entities of one text, each with the probability that just it stands there."""
    emissions = arrays["tags"][row, 1:-1].astype(np.float64)  # without [CLS] and [SEP]
    if not len(emissions):
        return []
    moves = arrays["moves"][row].astype(np.float64)
    segments = list(_segments(best_path(emissions, moves)))
    if not segments:
        return []
    lattice = _Lattice(emissions, _barred(moves))
    return [
        Named(spec.tag_types[kind], (first + 1, last + 1), lattice.probability(kind, (first, last)))
        for kind, (first, last) in segments
    ]


def _segments(path: Sequence[int]) -> Iterator[tuple[int, Range]]:
    """Types and tokens of a legal path's entities."""
    first = 0
    for token, tag in enumerate(path):
        if tag % 2:
            first = token
        ends = token + 1 == len(path) or path[token + 1] != tag + tag % 2
        if tag and ends:
            yield (tag - 1) // 2, (first, token)


class _Lattice:
    """Sums over all paths, to ask how likely a piece of one is."""

    def __init__(self, emissions: Scores, moves: Scores) -> None:
        size = emissions.shape[1]
        self._emissions, self._moves = emissions, moves
        forward = [emissions[0] + moves[size]]
        for row in emissions[1:]:
            forward.append(_log_sum(forward[-1][:, None] + moves[:size]) + row)
        backward = [moves[size + 1]]
        for row in emissions[:0:-1]:
            backward.append(_log_sum((moves[:size] + row + backward[-1]).T))
        self._forward, self._backward = forward, backward[::-1]
        self._total = float(_log_sum((forward[-1] + moves[size + 1])[:, None])[0])

    def probability(self, kind: int, at: Range) -> float:
        """The probability that an entity of the type begins and ends just there."""
        first, last = at
        tag, inside = begins(kind), begins(kind) + 1
        score = self._forward[first][tag]
        for token in range(first + 1, last + 1):
            score += self._moves[tag, inside] + self._emissions[token, inside]
            tag = inside
        if last + 1 == len(self._emissions):
            score += self._moves[-1, tag]
        else:
            ahead = self._moves[tag] + self._emissions[last + 1] + self._backward[last + 1]
            ahead[inside] = BARRED
            score += float(_log_sum(ahead[:, None])[0])
        return float(np.exp(min(score - self._total, 0.0)))


def _barred(moves: Scores) -> Scores:
    return np.where(legal((moves.shape[1] - 1) // 2), moves, BARRED)


def _log_sum(scores: Scores) -> Scores:
    """The logarithm of the sum of exponentials over the first axis."""
    most = scores.max(0)
    return np.asarray(most + np.log(np.exp(scores - most).sum(0)))
