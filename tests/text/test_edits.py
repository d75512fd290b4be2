from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guandian.domain import Entity, Labelled, Polarity, Quad, Span
from guandian.text.edits import Edit, edited, spans

CHARACTERS = st.sampled_from("屏幕很亮ab <b>&;，😀👩\u200d💻\ud800\ufe0f")


@st.composite
def records(draw: st.DrawFn) -> Labelled:
    text = "😀" + draw(st.text(CHARACTERS, min_size=1, max_size=14))
    place = st.integers(0, len(text))

    def span() -> Span:
        start, end = sorted(draw(st.lists(place, min_size=2, max_size=2, unique=True)))
        return Span(start, end)

    quads = tuple(Quad(span(), span(), None, Polarity.POSITIVE) for _ in range(2))
    return Labelled("1", text, "own", quads, None, (Entity(span(), "brand", 1.0),))


@st.composite
def edits(draw: st.DrawFn, length: int) -> list[Edit]:
    places = sorted(draw(st.lists(st.integers(0, length), max_size=8)))
    pairs = zip(places[::2], places[1::2], strict=False)
    return [Edit(start, end, draw(st.text(CHARACTERS, max_size=3))) for start, end in pairs]


def expected(span: Span, text: str, changes: list[Edit]) -> str | None:
    """What a span must say, by its own characters and the edits within; None where it breaks."""
    said, place = "", span.start
    for edit in sorted(changes, key=lambda edit: (edit.start, edit.end)):
        if edit.end <= span.start or edit.start >= span.end:
            continue
        if edit.start < span.start or edit.end > span.end:
            return None
        said += text[place : edit.start] + edit.text
        place = edit.end
    return said + text[place : span.end] or None


@settings(max_examples=60)
@given(st.data(), records())
def test_every_span_says_what_stands_in_its_place(data: st.DataObject, record: Labelled) -> None:
    changes = data.draw(edits(len(record.text)))
    said = [expected(span, record.text, changes) for span in spans(record)]
    changed = edited(record, changes)
    if None in said:
        assert changed == record
        return
    everything = Span(0, len(record.text))
    if all(edit.start < len(record.text) for edit in changes) and changes[:1] != []:
        at_first = "".join(edit.text for edit in changes if edit.end == 0)
        assert changed.text == at_first + (expected(everything, record.text, changes) or "")
    assert [span.of(changed.text) for span in spans(changed)] == said
    before, after = spans(record), spans(changed)
    for one, moved in zip(before, after, strict=True):
        for other, there in zip(before, after, strict=True):
            assert one.end > other.start or moved.end <= there.start


def test_insertions_at_a_border_stay_outside_in_their_order() -> None:
    quad = Quad(Span(1, 3), Span(3, 5), None, Polarity.POSITIVE)
    record = Labelled("1", "😀屏幕很亮", "own", (quad,))
    inserted = [Edit(place, place, mark) for place in (5, 3, 1) for mark in "ab"]
    changed = edited(record, inserted)
    assert changed.text == "😀ab屏幕ab很亮ab"
    assert [span.of(changed.text) for span in spans(changed)] == ["屏幕", "很亮"]


@pytest.mark.parametrize("wrong", [[Edit(0, 2, ""), Edit(1, 3, "")], [Edit(2, 9, "")]])
def test_edits_that_cannot_be_applied_are_refused(wrong: list[Edit]) -> None:
    with pytest.raises(ValueError, match="overlaps another or leaves the text"):
        edited(Labelled("1", "屏幕😀", "own"), wrong)


def test_what_is_not_annotated_stays_so() -> None:
    changed = edited(Labelled("1", "屏幕😀", "own", quads=()), [Edit(0, 2, "键盘")])
    assert (changed.text, changed.quads, changed.entities) == ("键盘😀", (), None)
