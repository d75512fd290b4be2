"""What stands beside the opinions: set aside, silent, copied, stars, one name, filters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from guandian.domain import Mined, Polarity, Review
from guandian.errors import GuandianError
from guandian.mining.boilerplate import SET_ASIDE
from guandian.report import Filter, aggregate, synonyms
from guandian.report.copies import Copies
from guandian.report.stars import Stars

from .mined import reviews

Pair = tuple[Review, Mined]


def aside(number: int) -> Iterator[Pair]:
    for review, mined in reviews(number, seed=9):
        yield (
            replace(review, id=f"a{review.id}", text="系统默认好评", rating=5.0),
            replace(mined, review_id=f"a{review.id}", opinions=(), warnings=(SET_ASIDE,)),
        )


def test_what_is_set_aside_counts_in_no_share() -> None:
    plain = aggregate(reviews(50))
    total = aggregate([*reviews(50), *aside(30)])
    assert (total.reviews, total.read, total.aside) == (80, 50, {SET_ASIDE: 30})
    assert total.sentiment == plain.sentiment
    assert total.of_reviews() == plain.of_reviews()
    assert total.stars.number == 0 == total.copies.repeated == total.silent
    assert [(key, cell.seen) for key, cell in total.products.ranked()] == [
        (key, cell.seen) for key, cell in plain.products.ranked()
    ]


def test_reviews_without_an_opinion_are_told_with_an_interval() -> None:
    given = [(r, replace(m, opinions=()) if i < 15 else m) for i, (r, m) in enumerate(reviews(60))]
    total = aggregate(given)
    share = total.without_opinion()
    assert total.silent == 15 and share
    assert (share.value, round(share.low, 3), round(share.high, 3)) == (0.25, 0.158, 0.372)
    none = aggregate(reviews(20)).without_opinion()
    assert none and none.value == none.low == 0 < none.high


def test_pasted_texts_are_counted_and_shown() -> None:
    copies = Copies()
    pasted, short = "质量非常好，与描述一致，很满意", "很好"
    fresh = [
        copies.add(text)
        for text in [pasted, short, short, f" {pasted} ", "别的评论写得长一点", pasted]
    ]
    assert fresh == [True, True, True, False, True, False]
    assert (copies.repeated, copies.pasted()) == (2, [(pasted, 3)])


def test_copies_are_counted_in_bounded_memory() -> None:
    copies = Copies(limit=50)
    for number in range(1000):
        copies.add(f"第{number}条评论，各不相同，写得很长")
        copies.add("每条之后都有这一句，一模一样的广告")
    assert len(copies._counts) < 100
    assert copies.pasted() == [("每条之后都有这一句，一模一样的广告", 1000)]


def test_the_net_without_copies_stands_beside_it() -> None:
    [(review, mined)] = [pair for pair in reviews(40) if len(pair[1].opinions) == 3][:1]
    total = aggregate(
        [(replace(review, id=str(n)), replace(mined, review_id=str(n))) for n in range(9)]
    )
    assert (total.whole.tally.opinions, total.distinct.opinions) == (27, 3)


@pytest.mark.parametrize(
    ("ratings", "scale", "kinds"),
    [
        ([5, 4, 3, 2, 1], 5, (2, 2, 1)),
        ([10, 8, 6, 4], 10, (2, 1, 1)),
        ([100, 50, 10], 100, (1, 1, 1)),
        ([0, 1, 1], 1, (2, 1, 0)),
        ([1, 1, 1], 5, (0, 3, 0)),
        ([4.5, 2.5], 5, (1, 0, 1)),
    ],
)
def test_stars_of_any_scale(
    ratings: list[float], scale: float, kinds: tuple[int, int, int]
) -> None:
    stars = Stars()
    for rating in [*ratings, None, -3, 1e9, float("nan")]:
        stars.add(rating)
    assert (stars.number, stars.scale, stars.by_kind(), stars.unread) == (
        len(ratings),
        scale,
        kinds,
        3,
    )


def test_a_mean_of_stars_is_never_sure() -> None:
    stars = Stars()
    for _ in range(8):
        stars.add(5.0)
    mean, net = stars.mean(), stars.net()
    assert mean and net
    assert mean.value == mean.high == 5 and 3 < mean.low < 4.9
    assert net.value == net.high == 1 and 0 < net.low < 0.9
    assert Stars().mean() is None and Stars().net() is None


def test_names_of_one_thing_meet_in_both_languages() -> None:
    known = synonyms()
    for one, other in [
        ("物流", "快递"),
        ("battery", "电池"),
        ("屏幕", "screen"),
        ("delivery", "物流"),
        ("價格", "price"),
    ]:
        first, second = (known.get(each, each) for each in (one.replace("價", "价"), other))
        assert first == second, (one, other)
    assert known["屏幕"] != known["电池"] and "手机壳" not in known


def test_aspects_under_one_name_are_one_row() -> None:
    given = []
    for index, (word, (review, mined)) in enumerate(
        zip(["物流", "快递", "快递", "shipping", "屏幕"], reviews(90), strict=False)
    ):
        opinion = replace(mined.opinions[0], aspect=mined.opinions[0].evidence)
        end = opinion.evidence.start + len(word)
        text = review.text[: opinion.evidence.start] + word + review.text[opinion.evidence.start :]
        opinion = replace(opinion, aspect=replace(opinion.evidence, end=end), expression=None)
        given.append(
            (replace(review, id=str(index), text=text), replace(mined, opinions=(opinion,)))
        )
    total = aggregate(given)
    (key, cell), (other, _) = total.aspects.ranked()
    assert cell.tally.opinions == 4
    assert (total.spelling(key), total.spellings(key)) == ("快递", ["物流", "shipping"])
    assert total.spelling(other) == "屏幕"


def test_a_person_joins_and_parts_names(tmp_path: Path) -> None:
    own = tmp_path / "own.txt"
    own.write_text("// ours\n物流，派件\n快递\n奶嘴, teat\n", encoding="utf-8")
    known = synonyms(own)
    assert known["派件"] == known["物流"] == known["delivery"] != known["快递"]
    assert known["奶嘴"] == known["teat"]
    with pytest.raises(GuandianError, match="cannot read the list of synonyms"):
        synonyms(tmp_path / "none.txt")


def test_a_filter_keeps_what_was_asked_for() -> None:
    given = list(reviews(200))
    product = given[0][0].product or ""
    kept = list(Filter(0.8, (product,), date(2024, 5, 1), date(2024, 9, 30), "屏幕").keep(given))
    assert kept
    for review, mined in kept:
        assert review.product == product and "屏幕" in review.text
        assert "2024-05-01" <= (review.time or "") <= "2024-09-30"
        assert all(one.confidence >= 0.8 for one in mined.opinions)
    assert list(Filter().keep(given)) == given
    undated = [(replace(given[0][0], time="昨天"), given[0][1])]
    assert list(Filter(since=date(2020, 1, 1)).keep(undated)) == []
    assert Filter(0.8, containing="ＡＰＰ").told() == (
        ("confidence", "0.8"),
        ("containing", "ＡＰＰ"),
    )


def test_the_neutral_whole_has_its_interval_too() -> None:
    neutral = [
        (r, replace(m, sentiment=replace(m.sentiment, label=Polarity.NEUTRAL)))
        for r, m in reviews(12)
    ]
    net = aggregate(neutral).of_reviews()
    assert net and net.value == 0 and net.low < -0.3 and net.high > 0.3
