from __future__ import annotations

import pytest
from tests.tiny_base import pieces

from guandian.domain import Entity, Labelled, Polarity, Quad, Span
from guandian.tasks.head_spec import NOWHERE, SPAN_TYPES, HeadSpec
from guandian.tasks.targets import Annotated, annotate, join, token_range

SPEC = HeadSpec(("performance", "price"))
NEGATIVE, POSITIVE = Polarity.NEGATIVE, Polarity.POSITIVE


def quad(text: str, aspect: str | None, expression: str | None, polarity: Polarity) -> Quad:
    spans = [
        None if part is None else Span(text.index(part), text.index(part) + len(part))
        for part in (aspect, expression)
    ]
    return Quad(spans[0], spans[1], "performance", polarity)


@pytest.mark.parametrize(
    ("text", "part", "tokens"),
    [
        ("😀电池很耐用", "电池", (1, 2)),
        ("电池😀😀很耐用", "很耐用", (4, 6)),
        ("电池  很耐用", "很耐用", (2, 4)),  # white space is no token
        ("the screen 😀 is great", "screen", (1, 1)),
        ("价格ok", "ok", (2, 2)),
    ],
)
def test_a_span_becomes_the_tokens_that_overlap_it(
    text: str, part: str, tokens: tuple[int, int]
) -> None:
    encoded = pieces().encode(text)
    span = Span(text.index(part), text.index(part) + len(part))
    assert token_range(encoded, span) == tokens
    first, last = tokens
    assert text[encoded.starts[first] : encoded.ends[last]] == part


def test_a_span_inside_a_word_takes_the_word_and_a_blank_takes_nothing() -> None:
    encoded = pieces().encode("a screenshot  here")
    assert token_range(encoded, Span(4, 6)) == (1, 1)
    assert token_range(encoded, Span(12, 14)) is None


def test_absent_parts_stand_at_cls() -> None:
    text = "😂用了一天就没电，很耐用"
    example = Labelled(
        "1",
        text,
        "own",
        quads=(
            quad(text, None, "很耐用", POSITIVE),
            quad(text, "电", None, NEGATIVE),
            Quad(None, None, "price", NEGATIVE),
        ),
        sentiment=NEGATIVE,
    )
    (found,) = annotate(example, pieces(), SPEC)
    nowhere = (NOWHERE, NOWHERE)
    readings = {(r.aspect, r.expression, r.polarity): r.categories for r in found.readings or ()}
    assert readings == {
        (nowhere, (10, 12), 2): (0,),
        ((8, 8), nowhere, 0): (0,),
        (nowhere, nowhere, 0): (1,),
    }
    assert found.implicit
    assert found.lost == 0
    assert found.sentiment == 0
    assert set(found.spans) == {(0, 8, 8), (1, 10, 12)}
    assert found.known == (True, True, False, False, False)


def test_one_pair_in_two_categories_is_one_reading() -> None:
    text = "屏幕😀很清晰"
    one = quad(text, "屏幕", "很清晰", POSITIVE)
    two = Quad(one.aspect, one.expression, "price", POSITIVE)
    (found,) = annotate(Labelled("1", text, "own", quads=(one, two)), pieces(), SPEC)
    assert [reading.categories for reading in found.readings or ()] == [(0, 1)]
    assert not found.implicit


def test_what_was_not_annotated_is_not_known() -> None:
    entity = Entity(Span(1, 3), "brand", 1.0)
    example = Labelled("1", "😀华为手机", "own", entities=(entity,), entity_types=("brand",))
    (found,) = annotate(example, pieces(), SPEC)
    assert found.readings is None
    assert found.sentiment == -1
    assert found.known == (False, False, False, True, False)
    assert found.spans == ((SPAN_TYPES.index("brand"), 2, 3),)


def test_a_long_text_is_cut_between_tokens_and_each_quad_goes_to_its_window() -> None:
    text = "".join(f"第{k}条，电池不耐用😀。" for k in range(60))
    starts = [at for at in range(len(text)) if text.startswith("电池不耐用", at)]
    quads = tuple(
        Quad(Span(at, at + 2), Span(at + 2, at + 5), "performance", NEGATIVE) for at in starts
    )
    far = Quad(quads[0].aspect, quads[-1].expression, "price", NEGATIVE)
    example = Labelled("1", text, "own", quads=(*quads, far), sentiment=NEGATIVE)
    split = pieces()
    windows = annotate(example, split, SPEC, max_tokens=50)
    assert len(windows) > 10
    assert all(len(window.ids) <= 50 for window in windows)
    ids = [int(i) for window in windows for i in window.ids[1:-1]]
    assert ids == split.encode(text).ids.tolist()
    assert sum(len(window.readings or ()) for window in windows) == len(quads)
    assert sum(window.lost for window in windows) == 1  # only the far one, counted once
    assert sorted(window.sentiment for window in windows) == [-1] * (len(windows) - 1) + [0]
    aspect = split.encode("电池").ids.tolist()
    for window in windows:
        for reading in window.readings or ():
            first, last = reading.aspect
            assert window.ids[first : last + 1].tolist() == aspect


def test_a_category_without_a_head_is_an_error() -> None:
    example = Labelled("1", "好😀", "own", quads=(Quad(None, Span(0, 1), "taste", POSITIVE),))
    with pytest.raises(ValueError, match="not in tuple"):
        annotate(example, pieces(), SPEC)


def test_what_stands_nowhere_is_learned_from_the_longest_window() -> None:
    text = "😀买了\n" + "电池很耐用，" * 6
    unsaid = Quad(None, None, "price", NEGATIVE)
    example = Labelled("1", text, "own", quads=(unsaid,), sentiment=NEGATIVE)
    windows = annotate(example, pieces(), SPEC, max_tokens=30)
    longest = max(range(len(windows)), key=lambda k: len(windows[k].ids))
    assert longest > 0
    for place, window in enumerate(windows):
        assert window.implicit == (place == longest)
        assert len(window.readings or ()) == (place == longest)
        assert window.sentiment == (0 if place == longest else -1)


def test_joined_texts_keep_their_annotations_at_their_tokens() -> None:
    texts = ("屏幕清晰😀", "太贵", "😂很重，但是手感好")
    quads = (
        quad(texts[0], "屏幕", "清晰", POSITIVE),
        quad(texts[1], None, "太贵", NEGATIVE),
        quad(texts[2], "手感", "好", POSITIVE),
    )

    def one(text: str, said: Quad) -> Annotated:
        found = annotate(Labelled("1", text, "own", quads=(said,)), pieces(), SPEC)
        return found[0]

    parts = [one(text, said) for text, said in zip(texts, quads, strict=True)]
    joined = join(parts)
    tokens = pieces().encode("".join(texts))
    assert joined.ids[1:-1].tolist() == tokens.ids.tolist()
    assert (joined.ids[0], joined.ids[-1]) == (pieces().cls_id, pieces().sep_id)
    words = [
        "".join(texts)[tokens.starts[first - 1] : tokens.ends[last - 1]]
        for _, first, last in joined.spans
    ]
    assert sorted(words) == sorted(["屏幕", "清晰", "太贵", "手感", "好"])
    readings = joined.readings or ()
    assert [reading.polarity for reading in readings] == [2, 0, 2]
    assert readings[1].aspect == (NOWHERE, NOWHERE)
    assert readings[1].expression == (6, 7)
    assert joined.sentiment == -1
    assert joined.known == parts[0].known
