"""What the page names is not chance, and what contradicts itself is said."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from guandian.domain import Mined, Review, Sentiment
from guandian.report import Correction, aggregate, disagreements
from guandian.report.mined.standing_out import standouts

from .mined import CHINESE, FAIR, NEG, POS, one, reviews


def shuffled(given: list[tuple[Review, Mined]], seed: int) -> list[tuple[Review, Mined]]:
    times = [review.time for review, _ in given]
    random.Random(seed).shuffle(times)
    return [(replace(r, time=t), m) for (r, m), t in zip(given, times, strict=True)]


@pytest.mark.slow
@pytest.mark.parametrize("copies", [0, 90])
def test_nothing_moves_when_dates_are_shuffled(copies: int) -> None:
    """Nor where one praise is pasted, a short one is common, and all of that on a few days."""
    given = list(reviews(200, seed=2, days=360))
    praise, short = given[0], one(5, [CHINESE[0]], random.Random(1), time="2024-12-01")
    given += [again(praise, n, "2025-01-03") for n in range(copies)]
    given += [again(short, -n, "2024-12-02", text="屏幕很清晰") for n in range(1, copies // 2)]
    loud = sum(
        standouts(aggregate(shuffled(given, seed)), 10)["moved"] is not None for seed in range(100)
    )
    assert loud <= 5


def again(pair: tuple[Review, Mined], number: int, day: str, **fields: str) -> tuple[Review, Mined]:
    """The same review with another id, on a day."""
    review, mined = pair
    name = f"again {number}"
    return replace(review, id=name, time=day, **fields), replace(mined, review_id=name)


def test_nothing_moves_by_what_is_pasted() -> None:
    given = list(reviews(300, seed=2, days=360))
    quiet = next(
        one
        for one in (shuffled(given, seed) for seed in range(20))
        if standouts(aggregate(one), 10)["moved"] is None
    )
    praise = [again(quiet[3], number, "2025-02-20") for number in range(300)]
    assert standouts(aggregate([*quiet, *praise]), 10)["moved"] is None
    short = one(5, [CHINESE[0]], random.Random(1))
    brief = [again(short, -n, "2025-02-20", text="屏幕很清晰") for n in range(1, 500)]
    assert standouts(aggregate([*quiet, *brief]), 10)["moved"] is None


@pytest.mark.slow
def test_nothing_is_praised_or_criticised_when_polarity_is_by_lot() -> None:
    """Of ten categories with praise and complaints by the toss of a coin, in 95 of 100 none."""
    loud = 0
    for seed in range(100):
        toss = random.Random(seed)
        given = [
            (r, replace(m, opinions=tuple(replace(o, polarity=mood) for o in m.opinions)))
            for r, m in reviews(100, seed=seed)
            for mood in [toss.choice([POS, NEG])]
        ]
        found = standouts(aggregate(given), 10)
        loud += found["praised"] is not None or found["criticised"] is not None
    assert loud <= 5


def test_one_wording_is_not_named_however_often_it_is_said() -> None:
    """Forty praises in the same few words stand behind no card; in different words they do."""
    clause = next(clause for clause in CHINESE if clause[3] == "packaging")
    same = [one(7 * number, [clause], random.Random(1)) for number in range(40)]
    varied = [one(number, [clause], random.Random(1)) for number in range(40)]
    assert standouts(aggregate(same), 10)["praised"] is None
    assert standouts(aggregate(varied), 10)["praised"] == "packaging"


def test_a_slump_is_told_with_what_it_rests_on() -> None:
    early = [pair for pair in reviews(300, days=300) if pair[0].time and pair[0].time < "2024-10"]
    late = [
        (
            replace(review, id=f"late {review.id}", time="2024-12-05"),
            replace(mined, opinions=tuple(replace(o, polarity=NEG) for o in mined.opinions)),
        )
        for review, mined in reviews(60, seed=4)
    ]
    moved = standouts(aggregate([*early, *late]), 10)["moved"]
    assert moved["since"] == "2024-09-01"  # the last two of the eight months that have reviews
    assert moved["change"].low <= moved["change"].value < -0.3
    assert moved["change"].high < 0
    assert moved["looked"] > 5 and min(moved["reviews"]) >= 10


def praising(category: str, fair: int, grim: int) -> Iterator[tuple[Review, Mined]]:
    """Reviews with one opinion of a category each, so many of them praise, so many complaints."""
    dice, begin = random.Random(1), zlib.crc32(category.encode())
    clause = next(clause for clause in CHINESE if clause[4] is POS)
    for number in range(fair + grim):
        review, mined = one(begin + number, [clause], dice)
        [opinion] = mined.opinions
        polarity = POS if number < fair else NEG
        yield (
            review,
            replace(mined, opinions=(replace(opinion, category=category, polarity=polarity),)),
        )


def test_looking_at_many_categories_asks_for_more() -> None:
    """Eleven praises of twelve are clear of chance alone, not among thirty categories."""
    alone = list(praising("a", 11, 1))
    others = [pair for n in range(30) for pair in praising(f"other {n}", 6, 6)]
    assert standouts(aggregate(alone), 12)["praised"] == "a"
    assert standouts(aggregate([*alone, *others]), 12)["praised"] is None


def test_stars_and_words_that_disagree_are_named() -> None:
    given = list(reviews(300))
    scathing = Sentiment(NEG, 0.9, 0.05, 0.05)
    turned = [(replace(r, rating=5.0), replace(m, sentiment=scathing)) for r, m in given]
    found = disagreements(aggregate(turned), None)
    assert ("reviews", "stars") in found and ("opinions", "reviews") in found
    stars = {"positive": 5.0, "negative": 1.0, "neutral": 3.0}
    agreeing = [(replace(r, rating=stars[m.sentiment.label]), m) for r, m in given]
    assert disagreements(aggregate(agreeing), None) == []


def test_a_correction_moves_the_net_towards_what_is_missed() -> None:
    total = aggregate(reviews(300))
    found, fixed = total.whole.tally.net(), Correction(FAIR).net(total.whole.tally)
    assert found and fixed
    tally = total.whole.tally
    amounts = np.array([tally.positive, tally.neutral, tally.negative]) * FAIR.factors
    assert fixed.value == pytest.approx((amounts[0] - amounts[2]) / amounts.sum())
    assert fixed.value < found.value - 0.15
    assert fixed.high - fixed.low > found.high - found.low
