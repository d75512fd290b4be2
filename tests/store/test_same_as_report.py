"""Every number of the store is that of `guandian report` on the same reviews."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from guandian.domain import Polarity
from guandian.report import Aggregate, Filter
from guandian.store import Selection, Store, StoreReader
from guandian.store.parts import covering

from .mined_pairs import Pair, examples, generated


def given_examples() -> list[Pair]:
    return list(examples())


def given_generated() -> list[Pair]:
    return [*generated(900), *generated(500, seed=2)]


def given_few() -> list[Pair]:
    return list(generated(150, seed=3))


@pytest.fixture(params=[given_examples, given_generated], scope="module")
def pairs(request: pytest.FixtureRequest) -> list[Pair]:
    make: Callable[[], list[Pair]] = request.param
    return make()


@pytest.fixture(scope="module", params=["roll-ups", "sums alone"])
def reader(
    request: pytest.FixtureRequest, pairs: list[Pair], tmp_path_factory: pytest.TempPathFactory
) -> Iterable[StoreReader]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(covering, "FRESH", 500 if request.param == "roll-ups" else 10**9)
        yield from opened(pairs, tmp_path_factory)


def opened(pairs: list[Pair], tmp_path_factory: pytest.TempPathFactory) -> Iterable[StoreReader]:
    with Store.open(tmp_path_factory.mktemp("store"), write=True, threads=1) as store:
        for start in range(0, len(pairs), 400):  # several parts
            store.load(pairs[start : start + 400])
        yield store.reader()


def counted(pairs: Iterable[Pair], **options: float) -> Aggregate:
    total = Aggregate(**options)  # type: ignore[arg-type]
    for pair in pairs:
        total.add(*pair)
    return total


def same(reader: StoreReader, total: Aggregate, selection: Selection) -> None:
    shown = reader.overview(selection)
    assert shown.reviews == total.reviews
    assert shown.aside == dict(total.aside)
    assert (shown.copies, shown.silent, shown.read) == (
        total.copies.repeated,
        total.silent,
        total.read,
    )
    assert shown.tally == total.whole.tally
    assert shown.net == total.whole.tally.net()
    assert {label: part.count for label, part in shown.sentiment.items()} == {
        label: total.sentiment[label] for label in Polarity
    }
    assert (shown.first, shown.last) == (total.first, total.last)
    assert shown.models == dict(total.models)
    assert shown.languages == dict(total.languages)
    if shown.stars:
        stars = total.stars
        assert (shown.stars.number, shown.stars.unread) == (stars.number, stars.unread)
        assert (shown.stars.mean, shown.stars.net) == (stars.mean(), stars.net())
    for by, cells in (("category", total.categories), ("aspect", total.aspects)):
        rows = {row.key: row.tally for row in reader.breakdown(selection, by)}  # type: ignore[arg-type]
        assert rows == {key: cell.tally for key, cell in cells.ranked()}
    assert {row.key: row.tally for row in reader.breakdown(selection, "product")} == {
        key: cell.tally for key, cell in total.products.ranked() if cell.tally.opinions
    }


def test_everything_is_the_same(reader: StoreReader, pairs: list[Pair]) -> None:
    total = counted(pairs)
    same(reader, total, Selection())
    unit, series = total.timeline.series()
    trend = reader.trend(by="category")
    assert trend.unit == unit
    assert {period.start: period.tally for period in trend.periods} == {
        day: row[None].tally for day, row in series.items()
    }
    for period in trend.periods:
        assert {key: tally for key, (tally, _) in period.by.items()} == {
            key: cell.tally for key, cell in series[period.start].items() if key is not None
        }


def test_confidence_leaves_the_same_opinions_out(reader: StoreReader, pairs: list[Pair]) -> None:
    same(reader, counted(pairs, least=0.6), Selection(confidence=0.6))


@pytest.mark.parametrize("make", [given_examples, given_few])
def test_a_product_is_the_page_of_that_product(
    make: Callable[[], list[Pair]], tmp_path: Path
) -> None:
    # A short text that stands in more than ten reviews is a copy from a share of all reviews on.
    pairs = make()
    with Store.open(tmp_path, write=True, threads=1) as store:
        store.load(pairs)
        for product in {review.product for review, _ in pairs if review.product}:
            kept = Filter(products=(product,)).keep(pairs)
            same(store.reader(), counted(kept), Selection(products=(product,)))


def test_grid_of_products_and_categories(reader: StoreReader, pairs: list[Pair]) -> None:
    total = counted(pairs)
    rows = {
        (product, row.key): row.tally
        for product in {review.product for review, _ in pairs if review.product}
        for row in reader.breakdown(Selection(products=(product,)), "category")
    }
    assert rows == {key: cell.tally for key, cell in total.grid.ranked()}


def test_quotes_are_as_many_as_the_number_says(reader: StoreReader) -> None:
    for by in ("category", "aspect", "product"):
        for row in reader.breakdown(Selection(), by):  # type: ignore[arg-type]
            chosen = Selection(
                **{"categories" if by == "category" else f"{by}s": (row.key,)}  # type: ignore[arg-type]
            )
            page = reader.opinions(chosen, "time", limit=10_000)
            assert page.total == len(page.items) == row.tally.opinions
            assert len({quote.id for quote in page.items}) == page.total
            positive = sum(quote.opinion.polarity is Polarity.POSITIVE for quote in page.items)
            assert positive == row.tally.positive


def test_products_over_time_open_as_many_opinions_as_they_say(reader: StoreReader) -> None:
    """A text that stands at two products is a copy on neither product's page."""
    for period in reader.trend(unit="month", by="product").periods:
        for key, (tally, _) in period.by.items():
            chosen = Selection(products=(key,), since=period.start, until=period.end)
            assert reader.opinions(chosen, limit=1).total == tally.opinions
