"""Categories that are told as one give the numbers of opinions that were mined as one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from guandian.data.own_categories import OwnCategories, OwnCategory
from guandian.store import Selection, Store
from guandian.store.parts.bucket_clock import BucketClock
from guandian.store.snapshot import StoreReader

from .mined_pairs import generated

SELECTIONS = (
    Selection(),
    Selection(categories=("group",)),
    Selection(categories=("group",), aspects=("屏幕",)),
    Selection(confidence=0.6),
    Selection(products=("Kite 14",)),
)
WEEKS = BucketClock("UTC", hours=False, first=19_000, width=7, number=400, years=(2022, 2029))


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[StoreReader, StoreReader]]:
    """One over two categories told as one, and one over opinions whose category is that."""
    pairs = list(generated(400))
    counts: dict[str, int] = {}
    for _, mined in pairs:
        for opinion in mined.opinions:
            counts[opinion.category] = counts.get(opinion.category, 0) + 1
    members = tuple(sorted(counts, key=lambda key: -counts[key])[:2])
    own = OwnCategories.of([OwnCategory("group", "组", "Group", members)], counts)
    folder = tmp_path_factory.mktemp("own")
    with (
        Store.open(folder / "a", write=True, threads=1) as stored,
        Store.open(folder / "b", write=True, threads=1) as mined_so,
    ):
        for part in (pairs[:250], pairs[250:]):
            stored.load(part)
            mined_so.load((review, _as_one(mined, members)) for review, mined in part)
        yield stored.reader(categories=own), mined_so.reader()


def _as_one(mined, members):  # type: ignore[no-untyped-def]
    opinions = tuple(
        replace(opinion, category="group") if opinion.category in members else opinion
        for opinion in mined.opinions
    )
    return replace(mined, opinions=opinions)


@pytest.mark.parametrize("selection", SELECTIONS)
def test_all_numbers_are_those_of_one_category(
    readers: tuple[StoreReader, StoreReader], selection: Selection
) -> None:
    told, mined_so = readers
    assert told.overview(selection) == mined_so.overview(selection)
    assert told.overview(selection).opinions > 0, "the control"
    rows, wanted = (reader.breakdown(selection, "category") for reader in readers)
    assert [(row.key, row.tally, row.net, row.share) for row in rows] == [
        (row.key, row.tally, row.net, row.share) for row in wanted
    ]
    assert any(row.key == "group" and row.name.zh == "组" for row in rows)
    assert told.cells(selection) == mined_so.cells(selection)
    assert told.trend(selection, "month", "category") == mined_so.trend(
        selection, "month", "category"
    )
    assert told.opinions(selection).total == mined_so.opinions(selection).total
    series = [
        sorted(map(repr, reader.counted(["category"], WEEKS).to_pylist())) for reader in readers
    ]
    assert series[0] == series[1] and any("'group'" in line for line in series[0])


def test_opinions_keep_the_category_of_the_model(
    readers: tuple[StoreReader, StoreReader],
) -> None:
    told, _ = readers
    page = told.opinions(Selection(categories=("group",)), limit=200)
    categories = {item.opinion.category for item in page.items}
    assert len(categories) == 2 and "group" not in categories
    (member, *_) = categories
    by_member = told.overview(Selection(categories=(member,)))
    assert by_member == told.overview(Selection(categories=("group",))), "old addresses go on"
