import pytest

from guandian.domain import Entity, Labelled, Polarity, Quad, Span
from guandian.text.cleaning import clean
from guandian.text.perturbations import roughen, with_emoji

TEXTS = [
    "屏幕很清晰😀，但是电池不耐用！物流快，3.5天就到了。",
    "华为P30的拍照效果真不错啊，<3 充电也快，就是机身容易发热。",
    "Great screen & nice keys, but the fan is loud! 😀",
    "听说后面会降价？客服态度好，头发干了也不毛躁，里面还有赠品。😀",
]


def example(text: str, number: int) -> Labelled:
    """All letters in a row are gold."""
    places = [place for place in range(len(text) - 2) if text[place : place + 3].isalnum()]
    quads = tuple(
        Quad(Span(place, place + 2), Span(place + 1, place + 3), None, Polarity.POSITIVE)
        for place in places
    )
    entities = tuple(Entity(Span(place, place + 1), "brand", 1.0) for place in places)
    return Labelled(f"r{number}", text, "own", quads, None, entities)


def parts(labelled: Labelled) -> list[Span]:
    spans = [span for quad in labelled.quads or () for span in (quad.aspect, quad.expression)]
    return [span for span in spans if span] + [entity.span for entity in labelled.entities or ()]


@pytest.mark.parametrize("seed", range(25))
def test_gold_says_the_same_after_cleaning(seed: int) -> None:
    for number, text in enumerate(TEXTS):
        smooth = example(text, number)
        rough = roughen(smooth, seed)
        assert rough.text != text
        cleaned, alignment = clean(rough.text)
        for before, after in zip(parts(smooth), parts(rough), strict=True):
            back = alignment.to_clean(after)
            assert back is not None
            said, wanted = back.of(cleaned), before.of(text)
            assert said == wanted


def test_equal_arguments_give_equal_texts() -> None:
    smooth = example(TEXTS[0], 0)
    assert roughen(smooth, 7) == roughen(smooth, 7)
    assert len({roughen(smooth, seed).text for seed in range(10)}) == 10


def test_every_kind_of_noise_is_there() -> None:
    rough = "".join(roughen(example(text, 0), seed).text for text in TEXTS for seed in range(20))
    for sign in (
        "<p>",
        "<b>",
        "<br/>",
        "&nbsp;",
        "\u200b",
        "Ｐ３０",
        "電池",
        "！" * 4,
        "📦",
        "&lt;",
    ):
        assert sign in rough


def test_nothing_annotated_stays_nothing() -> None:
    rough = roughen(Labelled("1", "😀", "own"), 1)
    assert rough.quads is None
    assert rough.entities is None
    assert roughen(Labelled("1", "", "own", ()), 1).text == ""
    assert with_emoji(Labelled("1", "", "own", ()), 1).text == ""


@pytest.mark.parametrize("seed", range(5))
def test_emoji_of_things_leave_the_gold_where_it_is(seed: int) -> None:
    behind_clauses = False
    for number, text in enumerate(TEXTS):
        plain = example(text, number)
        shown = with_emoji(plain, seed)
        added = len(shown.text) - len(text)
        assert added > 0
        behind_clauses |= added > 2
        for before, after in zip(parts(plain), parts(shown), strict=True):
            assert after.of(shown.text) == before.of(text)
        measured = {*"📦🛍🚚👩💻📅🧾👋"}
        assert not measured & ({*shown.text} - {*text})
    assert behind_clauses
