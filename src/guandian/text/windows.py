"""Overlapping windows for texts that are longer than the model reads at once."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guandian.text.pieces import Encoded, Pieces
from guandian.text.sentences import NEW_LINE, clauses, sentences

_LINE = re.compile(NEW_LINE)


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens `start` to `end` (half-open) are read; `own_start` to `own_end` are answered for.

    The owned ranges of a text's windows follow each other without gap or overlap. An owned
    token lies half an overlap or more from a border of its window that is not its line's own,
    so a merge keeps what begins in the owned range and drops the rest.
    """

    start: int
    end: int
    own_start: int
    own_end: int

    def owns(self, token: int) -> bool:
        """Tell whether this window answers for the token (its place in the whole text)."""
        return self.own_start <= token < self.own_end


def windows(encoded: Encoded, text: str, max_tokens: int, overlap: int) -> list[Window]:
    """Plan the windows of a text, handing over at ends of sentences, else of clauses.

    In a text that does not fit into one window every line stands alone, so that reviews joined
    line by line are read as they are one by one.

    Args:
        encoded: the tokens of `text`, without special tokens.
        text: what was encoded.
        max_tokens: the most tokens in a window.
        overlap: about how many tokens two neighbours share, at most half of `max_tokens`.

    Raises:
        ValueError: the overlap does not fit.
    """
    count = len(encoded)
    if count <= max_tokens:
        return plan_windows(count, max_tokens, overlap)
    borders = (
        _first_tokens(encoded.starts, [span.start for span in sentences(text)]),
        _first_tokens(encoded.starts, [span.start for span in clauses(text)]),
    )
    lines = _first_tokens(encoded.starts, [match.end() for match in _LINE.finditer(text)])
    ends = sorted({*lines, count} - {0})
    planned: list[Window] = []
    for begin, end in zip([0, *ends], ends, strict=False):
        inside = [
            [border - begin for border in kind[bisect_left(kind, begin) : bisect_left(kind, end)]]
            for kind in borders
        ]
        planned += [
            Window(*(begin + token for token in (w.start, w.end, w.own_start, w.own_end)))
            for w in plan_windows(end - begin, max_tokens, overlap, inside)
        ]
    return planned


def plan_windows(
    count: int, max_tokens: int, overlap: int, borders: Sequence[Sequence[int]] = ()
) -> list[Window]:
    """Plan windows over `count` tokens; an empty text has none.

    Args:
        count: tokens in the text.
        max_tokens: the most tokens in a window.
        overlap: about how many tokens two neighbours share, at most half of `max_tokens`.
        borders: kinds of good places to hand over (tokens that begin something), the best
            kind first, each in ascending order.

    Raises:
        ValueError: the overlap does not fit.
    """
    if max_tokens < 1 or not 0 <= 2 * overlap <= max_tokens:
        raise ValueError(f"windows of {max_tokens} tokens cannot overlap by {overlap}")
    margin = overlap // 2
    planned: list[Window] = []
    start = own_start = 0
    while count - start > max_tokens:
        end = start + max_tokens
        latest = end - margin
        earliest = max(own_start + 1, start + margin + 1, latest - max(overlap, max_tokens // 4))
        own_end = _last_border(borders, earliest, latest)
        planned.append(Window(start, end, own_start, own_end))
        start, own_start = own_end - margin, own_end
    if count:
        planned.append(Window(start, count, own_start, count))
    return planned


def equal_batches(
    planned: Sequence[tuple[int, Window]], budget: int
) -> Iterator[list[tuple[int, Window]]]:
    """Windows of one length together, so that no answer depends on padding.

    Args:
        planned: windows, each with the place of its text.
        budget: the most tokens of a batch, special tokens included; one window may have more.
    """
    batch: list[tuple[int, Window]] = []
    size = -1
    for index, window in sorted(planned, key=lambda item: item[1].end - item[1].start):
        length = window.end - window.start + 2
        if batch and (length != size or length * (len(batch) + 1) > budget):
            yield batch
            batch = []
        size = length
        batch.append((index, window))
    if batch:
        yield batch


def window_ids(
    pieces: Pieces, encoded: Encoded, window: Window, first: int | None = None
) -> NDArray[np.int64]:
    """The token ids [N] that a model reads for a window, special tokens included.

    `first` is the first one, [CLS] where none is given.
    """
    inner = np.asarray(encoded.ids[window.start : window.end], dtype=np.int64)
    return np.concatenate(([pieces.cls_id if first is None else first], inner, [pieces.sep_id]))


def _last_border(borders: Sequence[Sequence[int]], earliest: int, latest: int) -> int:
    """The last border of the best kind in `earliest`..`latest`, `latest` when there is none."""
    for kind in borders:
        index = bisect_right(kind, latest) - 1
        if index >= 0 and kind[index] >= earliest:
            return kind[index]
    return latest


def _first_tokens(starts: NDArray[np.int32], places: Sequence[int]) -> list[int]:
    """The first token at or after each place in the text, both ascending."""
    return [int(token) for token in np.searchsorted(starts, places, side="left")]
