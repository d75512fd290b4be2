"""Texts are cut at the borders of spans."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guandian.display.spans import cut_at_spans
from guandian.domain import Span

BORDERS = st.lists(st.integers(0, 12), min_size=2, max_size=2, unique=True).map(sorted)


@given(st.lists(BORDERS.map(lambda pair: Span(*pair)), max_size=5), BORDERS)
def test_every_character_keeps_its_marks(spans: list[Span], whole: list[int]) -> None:
    start, end = whole
    pieces = list(cut_at_spans(spans, start, end))
    covered = [k for left, right, _ in pieces for k in range(left, right)]
    assert covered == list(range(start, end))
    for left, right, over in pieces:
        for at in range(left, right):
            assert over == [k for k, span in enumerate(spans) if span.start <= at < span.end]


def test_marks_overlap() -> None:
    assert list(cut_at_spans([Span(1, 3), Span(2, 4)], 0, 5)) == [
        (0, 1, []),
        (1, 2, [0]),
        (2, 3, [0, 1]),
        (3, 4, [1]),
        (4, 5, []),
    ]
