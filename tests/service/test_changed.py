"""What changed, and why: the numbers of the overviews, causes with quotes that show them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from tests.service.callers import Caller, new_caller
from tests.store.mined_pairs import generated

from guandian.domain import Language, Mined, Opinion, Polarity, Review, Sentiment, Span
from guandian.evaluation import PolarityRates
from guandian.evaluation.changes import DayWindow, OpinionCell, WindowPair
from guandian.evaluation.correction import Correction
from guandian.service.parts import Service
from guandian.store import Selection, Snapshot, Store
from guandian.store.changed import compare_windows

MONDAY = date(2026, 11, 2)
ASPECTS = (("屏幕", "performance"), ("电池", "performance"), ("包装", "packaging"))
WEEKS = WindowPair(
    DayWindow(MONDAY, MONDAY + timedelta(days=6)),
    DayWindow(MONDAY + timedelta(days=7), MONDAY + timedelta(days=13)),
)
Pair = tuple[Review, Mined]


def about_all(
    number: int, day: date, product: str, praise: dict[str, float], rng: random.Random
) -> Pair:
    """A review of all three aspects; each is praised with its own probability."""
    text, opinions = "", []
    for aspect, category in ASPECTS:
        good = rng.random() < praise[aspect]
        start = len(text)
        text += f"{aspect}{'很好' if good else '不行'}，"
        opinions.append(
            Opinion(
                Span(start, start + 2), Span(start + 2, start + 4), Span(start, start + 4),
                category, Polarity.POSITIVE if good else Polarity.NEGATIVE, 0.9,
                text[start : start + 4],
            )
        )  # fmt: skip
    review = Review(
        f"{day}-{number}", f"{text}第{number}条", product=product, source="app",
        time=day.isoformat(),
    )  # fmt: skip
    label = Sentiment(Polarity.NEUTRAL, 0.2, 0.6, 0.2)
    return review, Mined(review.id, Language.CHINESE, label, tuple(opinions), (), (), "m@1")


def story() -> Iterator[Pair]:
    """Two weeks and a day; in the second week the battery of X fails."""
    rng = random.Random(1)
    for number in range(15 * 40):
        day = MONDAY + timedelta(days=number // 40)
        product = rng.choice(["星河 X", "星河 Y"])
        praise = {"屏幕": 0.8, "电池": 0.75, "包装": 0.7}
        if product == "星河 X" and day >= WEEKS.after.since:
            praise["电池"] = 0.15
        yield about_all(number, day, product, praise, rng)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    with Store.open(tmp_path_factory.mktemp("store"), write=True, threads=1) as store:
        store.load(list(story()))
        yield store.reader()


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """Copies, boilerplate, rows without a day, product or aspect."""
    with Store.open(tmp_path_factory.mktemp("odd"), write=True, threads=1) as store:
        store.load(list(generated(900)))
        yield store.reader()


def test_the_failed_battery_stands_first_with_its_complaints(reader: Snapshot) -> None:
    shown = compare_windows(reader, Selection(), WEEKS, None)
    assert shown.change is not None and shown.change.high < 0
    first = shown.explanation.causes[0]
    assert (first.kind, first.aspect, first.product, first.source) == (
        "rate", "电池", "星河 X", None,
    )  # fmt: skip
    assert len(shown.quotes[0]) == 3
    for quote in shown.quotes[0]:
        assert quote.opinion.polarity == Polarity.NEGATIVE
        assert quote.review.text[quote.opinion.evidence.start :].startswith("电池不行")
        assert quote.review.product == "星河 X" and str(quote.review.time) >= "2026-11-09"
    assert (shown.volume.before, shown.volume.after) == (280, 280)
    assert not shown.volume.significant


def test_a_selection_asks_the_same_of_its_own(reader: Snapshot) -> None:
    other = compare_windows(reader, Selection(products=("星河 Y",)), WEEKS, None)
    assert other.explanation.causes == ()
    chosen = compare_windows(reader, Selection(products=("星河 X",)), WEEKS, None)
    battery = chosen.explanation.causes[0]
    assert (battery.aspect, battery.product) == ("电池", None), "the product is the whole of it"


@pytest.mark.parametrize(
    "selection", [Selection(), Selection(products=("星河 X2",)), Selection(containing="屏幕")]
)
@pytest.mark.parametrize("corrected", [False, True])
def test_parts_add_up_to_the_difference_of_the_overviews(
    odd: Snapshot, selection: Selection, corrected: bool
) -> None:
    correction = None
    if corrected:
        counts = np.array([[80, 20, 80, 10], [10, 10, 10, 10], [60, 40, 60, 10]])
        correction = Correction(PolarityRates(100, 1, counts, np.eye(3) * 0.01))
    windows = WindowPair(
        DayWindow(date(2025, 1, 6), date(2025, 4, 6)), DayWindow(date(2025, 4, 7), date(2025, 7, 6))
    )
    shown = compare_windows(odd, selection, windows, correction)
    assert shown.before.net and shown.after.net and shown.change
    effects = sum(cause.effect.value for cause in shown.explanation.causes)
    change = shown.after.net.value - shown.before.net.value
    assert abs(effects + shown.explanation.remainder - change) < 1e-9
    assert shown.change.value == pytest.approx(change)
    assert shown.change.low <= shown.change.value <= shown.change.high


def test_blocks_hold_all_that_the_overview_counts(odd: Snapshot) -> None:
    overview = odd.overview(Selection())
    cells, window = odd.blocks(Selection(), overview.tally.reviews)
    assert len(set(window.block.tolist())) == overview.tally.reviews, "a review a block"
    assert window.totals.tolist() == list(overview.tally.totals())
    sums: dict[OpinionCell, np.ndarray[Any, Any]] = {}
    for cell, counts in zip(window.cell.tolist(), window.counts, strict=True):
        sums[cells[cell]] = sums.get(cells[cell], np.zeros(3)) + counts
    tallies = odd.cells(Selection())
    assert {OpinionCell(*(word or "" for word in key)) for key in tallies} == set(cells)
    for key, tally in tallies.items():
        cell = OpinionCell(*(word or "" for word in key))
        assert tuple(sums[cell]) == tally.totals()
    _, few = odd.blocks(Selection(), 7)
    assert set(few.block.tolist()) == set(range(7))
    none, nothing = odd.blocks(Selection(products=("none",)), 7)
    assert not none and not len(nothing.cell)


def test_a_day_against_that_of_last_year_and_a_year_against_the_one_before(
    service: Service,
) -> None:
    rng, tenant = random.Random(2), "years"
    caller = new_caller(service, "admin", tenant=tenant)
    begin, end = date(2023, 11, 1), date(2025, 11, 11)
    good = dict.fromkeys((aspect for aspect, _ in ASPECTS), 0.5)
    days = [begin + timedelta(days=k) for k in range(0, (end - begin).days + 1, 5)]
    days = sorted({*days, date(2024, 11, 11), end})
    dated = [day for day in days for _ in range(3)]  # no text twice: copies count once
    service.store.load([about_all(n, day, "X", good, rng) for n, day in enumerate(dated)], tenant)
    answer = caller.get("/v1/changes", params={"unit": "day", "offset": "1y"})
    assert answer["unit"] == "day"
    for side, day in (("before", "2024-11-11"), ("after", "2025-11-11")):
        window = answer[side]
        assert (window["since"], window["until"]) == (day, day)
        assert (window["reviews"], window["opinions"]) == (3, 9)
    week = caller.get("/v1/changes", params={"unit": "day"})
    assert week["before"]["since"] == "2025-11-04"
    year = caller.get("/v1/changes", params={"unit": "year"})
    assert year["before"] is None, "the reviews hold one whole year"
    service.store.load([about_all(9_999, date(2022, 12, 1), "X", good, rng)], tenant)
    year = caller.get("/v1/changes", params={"unit": "year"})
    assert (year["after"]["since"], year["after"]["until"]) == ("2024-01-01", "2024-12-31")
    assert year["after"]["opinions"] == 9 * sum(day.year == 2024 for day in days)
    for unit, periods in (("day", len(days) + 1), ("year", 4)):
        trend = caller.get("/v1/trends", params={"unit": unit})
        assert (trend["unit"], len(trend["periods"])) == (unit, periods)


def test_the_answer_over_http(service: Service, admin: Caller) -> None:
    service.store.load(list(story()))
    days = {
        "before_since": "2026-11-02", "before_until": "2026-11-08",
        "after_since": "2026-11-09", "after_until": "2026-11-15", "corrected": "false",
    }  # fmt: skip
    answer: dict[str, Any] = admin.get("/v1/changes", params=days)
    first = answer["causes"][0]
    assert (first["kind"], first["aspect"], first["product"]) == ("rate", "电池", "星河 X")
    effects = sum(cause["effect"]["value"] for cause in answer["causes"])
    assert abs(effects + answer["remainder"] - answer["change"]["value"]) < 1e-9
    assert answer["significant"] and not answer["volume"]["significant"]
    assert first["quotes"][0]["polarity"] == "negative"
