from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from guandian.domain import Language, Mined, Opinion, Polarity, Review, Span
from guandian.report import Aggregate, aggregate
from guandian.text.aspect_names import aspect_key, synonyms

from .mined import MODEL, NEG, POS, reviews

Pairs = Iterable[tuple[Review, Mined]]


def counted(total: Aggregate) -> dict[str, tuple[int, int, int]]:
    return {
        key: (cell.tally.positive, cell.tally.negative, cell.tally.neutral)
        for key, cell in total.categories.ranked()
    }


def test_categories_are_what_the_input_holds() -> None:
    given = list(reviews(300))
    want: dict[str, Counter[Polarity]] = {}
    for _, mined in given:
        for opinion in mined.opinions:
            want.setdefault(opinion.category, Counter())[opinion.polarity] += 1
    assert counted(aggregate(given)) == {
        key: (each[POS], each[NEG], each[Polarity.NEUTRAL]) for key, each in want.items()
    }


def test_products_months_and_reviews_are_what_the_input_holds() -> None:
    given, total = list(reviews(300)), Aggregate()
    for review, mined in given:
        total.add(review, mined)
    pairs = [(review, one) for review, mined in given for one in mined.opinions]
    grid = Counter((review.product, one.category) for review, one in pairs)
    assert {key: cell.tally.opinions for key, cell in total.grid.ranked()} == grid
    unit, series = total.timeline.series()
    months = Counter((review.time or "")[:7] for review, _ in pairs)
    assert unit == "month"
    assert {f"{day:%Y-%m}": row[None].tally.opinions for day, row in series.items()} == months
    speaking = {(review.id, one.category) for review, one in pairs}
    for key, cell in total.categories.ranked():
        assert cell.tally.reviews == sum(category == key for _, category in speaking)
    assert total.reviews == 300
    assert total.whole.tally.opinions == len(pairs)
    assert total.models == {MODEL: 300}
    assert sum(cell.seen for _, cell in total.products.ranked()) == 300


def with_aspects(*aspects: str) -> Pairs:
    for index, aspect in enumerate(aspects):
        text = f"😀 {aspect} 不好 {index}"
        opinion = Opinion(Span(2, 2 + len(aspect)), None, Span(0, len(text)), "x", NEG, 0.9, "")
        review, mined = next(iter(reviews(1)))
        yield (
            replace(review, id=str(index), text=text),
            replace(mined, review_id=str(index), opinions=(opinion,)),
        )


def test_aspects_meet_whatever_their_case_and_width() -> None:
    total = aggregate(
        with_aspects("Battery Life", "battery  life", "battery life", "ＢＡＴＴＥＲＹ life")
    )
    [(key, cell)] = total.aspects.ranked()
    assert (key, cell.tally.opinions) == (synonyms()["battery life"], 4)
    assert total.spelling(key) == "battery life"
    assert aspect_key("ＡＢ c") == "ab c"


def test_aspects_meet_as_they_are_cleaned_and_keep_their_commonest_spelling() -> None:
    given = list(with_aspects("电池", "電池", "電池", "電\u200b池", "<b>電</b>池", "螢幕"))
    total = aggregate(given)
    assert [(key, cell.tally.opinions) for key, cell in total.aspects.ranked()] == [
        ("电池", 5),
        ("萤幕", 1),
    ]
    assert [total.spelling(key) for key, _ in total.aspects.ranked()] == ["電池", "螢幕"]
    quotes = next(total.aspects.ranked())[1].sample.quotes(NEG)
    said = {"".join(piece.text for piece in quote.pieces) for quote in quotes}
    assert len(said) == 4 and said < {review.text for review, _ in given[:5]}
    assert aspect_key("www.a.com") == "www.a.com"


def test_memory_does_not_grow_with_what_reviews_talk_of() -> None:
    total = Aggregate(aspects=40, products=20)
    words = [word for index in range(1500) for word in (f"方面{index}", "电池")]
    for index, (review, mined) in enumerate(with_aspects(*words)):
        total.add(replace(review, product=f"产品{index}"), mined)
    assert len(total.aspects) <= 80
    assert len(total._spellings) <= 80
    assert len(total.products) <= 40
    assert len(total.grid) <= 800
    assert next(total.aspects.ranked())[0] == "电池"
    assert next(total.aspects.ranked())[1].tally.opinions == 1500


def test_dates_that_cannot_be_read_are_counted() -> None:
    times = ("昨天", "", "2024-03-05", None)
    given = [(replace(r, time=time), m) for (r, m), time in zip(reviews(4), times, strict=True)]
    review, mined = given[3]
    given[3] = replace(review, unread={"time": "日期"}, extra={"日期": "上周"}), mined
    total = aggregate(given)
    assert (total.dated, total.unread_dates) == (1, 2)


def test_an_empty_stream() -> None:
    total = aggregate([])
    assert total.reviews == 0
    assert total.whole.tally.net() is None
    assert not total.languages[Language.CHINESE]
