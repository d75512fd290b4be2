"""Texts in which spans are marked: cut where one begins or ends, so that they may overlap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from guandian.domain import Span


def cut_at_spans(
    spans: Sequence[Span], start: int, end: int
) -> Iterator[tuple[int, int, list[int]]]:
    """Cut `start` to `end` of a text wherever a span begins or ends.

    Yields:
        Start and end of each piece, which joined give the whole, and the places in `spans` of those
        that cover it.
    """
    borders = {start, end}
    for span in spans:
        borders |= {border for border in (span.start, span.end) if start < border < end}
    for left, right in pairwise(sorted(borders)):
        over = [k for k, span in enumerate(spans) if span.start <= left and right <= span.end]
        yield left, right, over
