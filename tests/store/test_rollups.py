"""Roll-ups say what the opinions and reviews themselves say, whatever is chosen."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from guandian.store import Selection, Store, StoreReader
from guandian.store.duck import Duck
from guandian.store.parts import covering
from guandian.store.review_counts import ReviewCounts
from guandian.store.selection import ALL

from .mined_pairs import Pair, generated

BY = ([], ["category"], ["aspect"], ["product"], ["source"], ["day"], ["day", "brand"])
DAYS = {"since": date(2025, 2, 10), "until": date(2025, 6, 3)}


def chosen(reader: StoreReader) -> Iterator[Selection]:
    """All pairs of what may be chosen."""
    ways: list[dict[str, object]] = [{}, DAYS, {"until": date(2025, 4, 30)}]
    for name, by in (
        ("products", "product"),
        ("brands", "brand"),
        ("categories", "category"),
        ("aspects", "aspect"),
        ("sources", "source"),
        ("languages", "language"),
    ):
        rows = reader.breakdown(ALL, by)  # type: ignore[arg-type]
        ways.append({name: (rows[0].key,)})
    for first, second in itertools.combinations(ways, 2):
        yield Selection(**{**first, **second})  # type: ignore[arg-type]


def same_as_raw(reader: StoreReader, step: int) -> None:
    """Compare one choice in so many."""
    view = reader._view
    assert view.generation.totals
    for number, selection in enumerate(chosen(reader)):
        if number % step:
            continue
        goods = selection.of_products
        for by in BY if step == 1 else BY[number % 3 :: 3]:
            rolled = view.tallies(selection, by, of_product=goods)
            raw = view.tallies(selection, by, of_product=goods, raw=True)
            assert rolled == raw, (selection, by)
        rolled_up = ReviewCounts(view.reviews(selection, of_product=goods))
        view._totals = False
        counts = ReviewCounts(view.reviews(selection, of_product=goods))
        view._totals = True
        assert vars(rolled_up).keys() == vars(counts).keys()
        for name in ("reviews", "copies", "silent", "aside", "models", "labels", "languages"):
            assert getattr(rolled_up, name) == getattr(counts, name), (selection, name)
        assert (rolled_up.first, rolled_up.last) == (counts.first, counts.last)
        assert rolled_up.star_answer() == counts.star_answer()


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return [*generated(300, seed=4)]


EVERY = pytest.param(1, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    ("segments", "step"),
    [
        (3, 10),
        pytest.param(1, 10, marks=pytest.mark.slow),
        pytest.param(3, 1, marks=pytest.mark.slow),
    ],
)
def test_all_that_may_be_chosen_and_after_a_deletion(
    segments: int,
    step: int,
    pairs: list[Pair],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(covering, "FRESH", 60)
    monkeypatch.setattr(covering, "_RANGE", 50)
    with Store.open(tmp_path, write=True, threads=1) as store:
        size = -(-len(pairs) // segments)
        for start in range(0, len(pairs), size):
            store.load(pairs[start : start + size])
        same_as_raw(store.reader(), step)
        before = store.reader().generation.totals
        names = {review.id for review, _ in pairs[20:290:30]}
        assert store.delete_reviews(names) == len(names)
        after = store.reader().generation.totals
        assert len(after) == len(before), "roll-ups were adjusted, none made anew of fewer"
        same_as_raw(store.reader(), step)


@pytest.mark.parametrize("step", [11, EVERY])
def test_joined_roll_ups(
    step: int, pairs: list[Pair], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(covering, "FRESH", 20)
    monkeypatch.setattr(covering, "_MOST", 3)
    monkeypatch.setattr(covering, "_RANGE", 50)
    with Store.open(tmp_path, write=True, threads=1) as store:
        for start in range(0, len(pairs), 60):
            store.load(pairs[start : start + 60])
        assert len(store.reader().generation.totals) < 3
        same_as_raw(store.reader(), step)


def test_every_statement_remembers_the_footers() -> None:
    duck = Duck(threads=1)
    with duck._running("latest", {"reviews": []}, {"where": "true"}, None) as (cursor, *_):
        setting = "select current_setting('parquet_metadata_cache')"
        assert cursor.execute(setting).fetchone() == (True,), "a cursor has settings of its own"
    duck.close()
