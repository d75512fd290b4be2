"""What changed in a store: the numbers of its overviews, causes with quotes that show them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from guandian.domain import Language, Mined, Opinion, Polarity, Review, Sentiment, Span
from guandian.errors import GuandianError
from guandian.evaluation import PolarityRates
from guandian.evaluation.changes import DayWindow, WindowPair
from guandian.evaluation.correction import Correction
from guandian.store import Selection, Snapshot, Store
from guandian.store.changes.what_changed import compare_windows, what_changed

from .mined_pairs import generated

MONDAY = date(2026, 11, 2)
ASPECTS = (("屏幕", "performance"), ("电池", "performance"), ("包装", "packaging"))
Pair = tuple[Review, Mined]


def told(
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
        if product == "星河 X" and day >= MONDAY + timedelta(days=7):
            praise["电池"] = 0.15
        yield told(number, day, product, praise, rng)


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
    shown = what_changed(reader, today=MONDAY + timedelta(days=14))
    assert shown.before is not None and shown.after is not None and shown.change is not None
    assert shown.after.window == DayWindow(date(2026, 11, 9), date(2026, 11, 15))
    assert shown.before.window == DayWindow(date(2026, 11, 2), date(2026, 11, 8))
    assert shown.significant and shown.change.high < 0
    first = shown.causes[0]
    assert (first.cause.kind, first.cause.product, first.cause.source) == ("rate", "星河 X", None)
    assert first.aspect is not None and first.aspect.zh == "电池"
    assert len(first.quotes) == 3
    for quote in first.quotes:
        assert quote.opinion.polarity == Polarity.NEGATIVE
        assert quote.review.text[quote.opinion.evidence.start :].startswith("电池不行")
        assert quote.review.product == "星河 X" and str(quote.review.time) >= "2026-11-09"
    effects = sum(shown.cause.effect.value for shown in shown.causes)
    assert abs(effects + shown.remainder - shown.change.value) < 1e-9
    assert shown.volume is not None
    assert (shown.volume.before, shown.volume.after) == (280, 280)
    assert not shown.volume.significant


def test_a_selection_asks_the_same_of_its_own(reader: Snapshot) -> None:
    today = MONDAY + timedelta(days=14)
    other = what_changed(reader, Selection(products=("星河 Y",)), today=today)
    assert other.causes == () and not other.significant
    battery = what_changed(reader, Selection(products=("星河 X",)), today=today).causes[0].cause
    assert (battery.aspect, battery.product) == ("电池", None), "the product is the whole of it"


def test_reviews_that_reach_back_too_short_are_not_compared(reader: Snapshot) -> None:
    shown = what_changed(reader, unit="month", today=date(2026, 12, 1))
    assert shown.before is None and shown.after is None and shown.causes == ()
    later = what_changed(reader, today=MONDAY + timedelta(days=13))
    assert later.after is None, "the second week still runs"


def test_windows_of_ones_own(reader: Snapshot) -> None:
    before = DayWindow(MONDAY, MONDAY + timedelta(days=2))
    after = DayWindow(MONDAY + timedelta(days=9), MONDAY + timedelta(days=10))
    shown = compare_windows(reader, Selection(), WindowPair(before, after))
    assert shown.causes[0].cause.aspect == "电池"
    with pytest.raises(GuandianError, match="later window begins"):
        compare_windows(reader, Selection(), WindowPair(after, before))


@pytest.mark.parametrize(
    "selection", [Selection(), Selection(products=("星河 X2",)), Selection(containing="屏幕")]
)
@pytest.mark.parametrize("corrected", [False, True])
def test_the_nets_are_those_of_the_overviews(
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
    assert shown.before and shown.after and shown.before.net and shown.after.net and shown.change
    cells, earlier, later = odd.blocks(selection, windows)
    assert earlier.totals.tolist() == list(shown.before.tally.totals())
    assert later.totals.tolist() == list(shown.after.tally.totals())
    assert earlier.blocks == shown.before.tally.reviews
    assert len(set(earlier.block.tolist())) == earlier.blocks
    assert len(set(cells)) == len(cells)
    effects = sum(its.cause.effect.value for its in shown.causes)
    change = shown.after.net.value - shown.before.net.value
    assert abs(effects + shown.remainder - change) < 1e-9
    assert shown.change.low <= shown.change.value <= shown.change.high
    assert shown.change.value == pytest.approx(change)
    for its in shown.causes:
        assert "" not in (its.cause.aspect, its.cause.product, its.cause.source)


def test_an_empty_store_has_nothing_to_compare(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store", write=True, threads=1) as store:
        assert what_changed(store.reader()).after is None
