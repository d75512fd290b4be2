"""What is known of each span that may be an entity: the model's scores and the gazetteer's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from guandian.tasks.gazetteer.phrase_counts import LONGEST, PhraseCounts, lookup_form
from guandian.text.pieces import Encoded

FLOOR = -6.0
"""Logits of the model from which a span that no phrase covers is a candidate."""
MOST = 400
"""Candidates of one window; keeps hostile text from costing cubic time."""
_NONE = -12.0
_BELIEF, _PRIOR = 1.0, 0.2
Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


class WindowText(NamedTuple):
    """The part of a text that a window of the model holds.

    Attributes:
        text: the whole text.
        encoded: its tokens.
        start, end: the window's tokens, half-open.
    """

    text: str
    encoded: Encoded
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SpanRows:
    """Candidate spans of one window.

    Attributes:
        at: tokens [K, 2] of the window, inclusive, from 0.
        model: features [K, M] that the model's scores give.
        known: features [K, G] that the gazetteer gives.
    """

    at: Whole
    model: Floats
    known: Floats

    @property
    def features(self) -> Floats:
        """All of them, [K, M + G]."""
        return np.concatenate((self.model, self.known), axis=1)


def span_rows(grids: NDArray[np.float32], piece: WindowText, counts: PhraseCounts) -> SpanRows:
    """The candidates of a window with their features.

    Args:
        grids: logits [T, N, N] of the gazetteer's types, without [CLS] and [SEP].
        piece: the part of the text that they are about.
        counts: the gazetteer.
    """
    scores = grids.astype(np.float64)
    types, length = scores.shape[:2]
    starts = piece.encoded.starts[piece.start : piece.end].astype(np.int64)
    ends = piece.encoded.ends[piece.start : piece.end].astype(np.int64)
    if not length:
        return SpanRows(np.zeros((0, 2), np.int64), np.zeros((0, 2 * types)), np.zeros((0, 0)))
    origin = int(starts[0])
    text = lookup_form(piece.text[origin : int(ends[-1])])
    first = {int(start) - origin: token for token, start in enumerate(starts)}
    last = {int(end) - origin: token for token, end in enumerate(ends)}
    size = types + 2
    table = np.zeros((length, length, size))
    matched = np.zeros((length, length), bool)
    for match in counts.matches(text):
        if match.start in first and match.end in last:
            at_tokens = first[match.start], last[match.end]
            table[at_tokens], matched[at_tokens] = match.counts, match.counts[:types].any()
    listed = np.zeros((length, length, counts.kinds))
    for match in counts.listings(text):
        if match.start in first and match.end in last:
            listed[first[match.start], last[match.end]] = match.counts
    matched |= listed.any(2)
    best = scores.max(0)
    near = np.triu(np.ones((length, length), bool)) & ~np.triu(
        np.ones((length, length), bool), LONGEST + 1
    )
    i, j = np.nonzero(near & (matched | (best > FLOOR)))
    if len(i) > MOST:
        keep = np.sort(np.argsort(-best[i, j], kind="stable")[:MOST])
        i, j = i[keep], j[keep]
    at = np.stack((i, j), axis=1)
    model = _of_model(scores, at, (starts - origin, ends - origin))
    rows = table[i, j]
    total = rows[:, :types].sum(1)
    share = (total + _PRIOR * (total > 0)) / (rows[:, types] + _BELIEF)
    borders = counts.borders(text)
    opening, closing = borders[starts[i] - origin], borders[ends[j] - origin]
    known = np.column_stack(
        (
            np.log1p(rows),
            rows[:, :types] / (rows[:, types : types + 1] + _BELIEF),
            share,
            rows[:, types + 1] / (rows[:, types] + _BELIEF),
            *_shares_around(at, np.where(matched[i, j], share, 0.0)),
            opening[:, :, 0],
            closing[:, :, 1],
            opening[:, 1:3, 1],
            closing[:, 1:3, 0],
            listed[i, j],
        )
    )
    return SpanRows(at, model, known)


def feature_count(types: int, counts: PhraseCounts) -> int:
    """How many features each candidate has, with so many types."""
    token = np.arange(1, dtype=np.int32)
    piece = WindowText("x", Encoded(token, token, token + 1), 0, 1)
    return int(span_rows(np.ones((types, 1, 1), np.float32), piece, counts).features.shape[1])


def _of_model(scores: Floats, at: Whole, edges: tuple[Whole, Whole]) -> Floats:
    """What the model's logits [T, N, N] say of each candidate and of its rivals."""
    i, j = at[:, 0], at[:, 1]
    best = scores.max(0)[i, j]
    overlaps, around, _ = _relations(at)
    starts, ends = edges
    length = scores.shape[1]
    return np.column_stack(
        (
            scores[:, i, j].T,
            np.where(overlaps, best, _NONE).max(1, initial=_NONE),
            np.where(around, best, _NONE).max(1, initial=_NONE),
            (overlaps & (best > 0)).sum(1),
            scores.max(2)[:, i].T,
            scores.max(1)[:, j].T,
            ends[j] - starts[i],
            i / length,
            (length - 1 - j) / length,
            np.full(len(i), length),
        )
    )


def _relations(
    at: Whole,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Which other candidates overlap, hold and lie within each, [K, K] each."""
    first, last = at[:, 0], at[:, 1]
    others = ~np.eye(len(at), dtype=bool)
    overlaps = (first[None] <= last[:, None]) & (first[:, None] <= last[None]) & others
    around = (first[None] <= first[:, None]) & (last[:, None] <= last[None]) & others
    return overlaps, around, around.T


def _shares_around(at: Whole, share: Floats) -> list[Floats]:
    """The largest share of names among the candidates that overlap, hold and lie within each."""
    return [np.where(by, share, 0.0).max(1, initial=0.0) for by in _relations(at)]
