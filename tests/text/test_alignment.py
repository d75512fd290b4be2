from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guandian.domain import Span
from guandian.text.alignment import Alignment, Edit, apply_edits

TEXT = st.text(st.sampled_from("屏幕好<b>&，1a"), max_size=20).map(lambda text: text + "😀")


@st.composite
def edits_of(draw: st.DrawFn, text: str) -> list[Edit]:
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    replacement = st.sampled_from(["", "x", "😀", "很好", " 长一点的"])
    return [(start, end, draw(replacement)) for start, end in pairwise(cuts) if draw(st.booleans())]


@st.composite
def chains(draw: st.DrawFn) -> tuple[str, list[tuple[str, Alignment]]]:
    """A raw text and one to three cleanings, each on the result of the one before."""
    raw = text = draw(TEXT)
    steps = []
    for _ in range(draw(st.integers(1, 3))):
        text, alignment = apply_edits(text, draw(edits_of(text)))
        steps.append((text, alignment))
    return raw, steps


def spans(length: int) -> list[Span]:
    return [Span(start, end) for start in range(length) for end in range(start + 1, length + 1)]


@given(chains())
def test_composed_is_one_after_the_other(chain: tuple[str, list[tuple[str, Alignment]]]) -> None:
    raw, steps = chain
    whole = Alignment.identity(len(raw))
    for _, alignment in steps:
        whole = whole.then(alignment)
    text = steps[-1][0]
    assert (whole.length, whole.raw_length) == (len(text), len(raw))
    for span in spans(len(text)):
        back = span
        for _, alignment in reversed(steps):
            back = alignment.to_raw(back)
        assert whole.to_raw(span) == back


@given(chains())
def test_order_is_kept_and_nothing_leaves_the_text(
    chain: tuple[str, list[tuple[str, Alignment]]],
) -> None:
    raw, steps = chain
    whole = Alignment.identity(len(raw))
    for _, alignment in steps:
        whole = whole.then(alignment)
    single = [whole.to_raw(Span(place, place + 1)) for place in range(whole.length)]
    for before, after in pairwise(single):
        assert before.start <= after.start
        assert before.end <= after.end
    for span in spans(whole.length):
        back = whole.to_raw(span)
        assert back == Span(single[span.start].start, single[span.end - 1].end)
        assert back.end <= len(raw)
        forth = whole.to_clean(back)
        assert forth is not None
        assert forth.start <= span.start
        assert span.end <= forth.end


@given(TEXT.flatmap(lambda text: st.tuples(st.just(text), edits_of(text))))
def test_what_is_not_edited_says_the_same(case: tuple[str, list[Edit]]) -> None:
    raw, edits = case
    text, alignment = apply_edits(raw, edits)
    touched = {place for start, end, _ in edits for place in range(start, end)}
    for place in range(len(raw)):
        forth = alignment.to_clean(Span(place, place + 1))
        if place not in touched:
            assert forth is not None
            assert forth.of(text) == raw[place]
            assert alignment.to_raw(forth) == Span(place, place + 1)


def test_what_was_removed_inside_belongs_to_the_span() -> None:
    raw = "<p>屏<b>幕</b>😀</p>"
    text, alignment = apply_edits(raw, [(0, 3, ""), (4, 7, ""), (8, 12, ""), (13, 17, "")])
    assert text == "屏幕😀"
    assert alignment.to_raw(Span(0, 2)).of(raw) == "屏<b>幕"
    assert alignment.to_raw(Span(1, 3)).of(raw) == "幕</b>😀"
    assert alignment.to_clean(Span(0, 3)) is None
    assert alignment.to_clean(Span(5, 13)) == Span(1, 3)


def test_an_unchanged_text_costs_one_run() -> None:
    _, alignment = apply_edits("很好😀" * 1000, [])
    assert alignment.is_identity
    assert len(alignment.starts) == 1
    assert alignment.to_raw(Span(2, 3)) == Span(2, 3)
    assert apply_edits("", []) == ("", Alignment.identity(0))


@pytest.mark.parametrize("edits", [[(1, 1, "")], [(0, 9, "")], [(1, 2, ""), (0, 1, "")]])
def test_wrong_edits_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match="the edit of"):
        apply_edits("很好😀", edits)


def test_spans_outside_are_refused() -> None:
    alignment = Alignment.identity(3)
    with pytest.raises(ValueError, match="ends after"):
        alignment.to_raw(Span(0, 4))
    with pytest.raises(ValueError, match="ends after"):
        alignment.to_clean(Span(0, 4))
    with pytest.raises(ValueError, match="cannot follow"):
        alignment.then(Alignment.identity(4))
