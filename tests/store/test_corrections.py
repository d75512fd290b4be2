"""Readers see what people said of opinions, and the tenant's own names of aspects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from guandian.domain import Opinion, Polarity, Span
from guandian.report import Aggregate, aggregate
from guandian.store import Selection, Store
from guandian.store.parts import covering
from guandian.text.aspect_names import synonyms

from .mined_pairs import Pair, generated


@dataclass
class Word:
    """What a person said; as `guandian.store.records` keeps it."""

    opinion: str | None
    review: str
    action: str
    fields: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(params=[100, 10**9])
def store(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterable[Store]:
    monkeypatch.setattr(covering, "FRESH", request.param)
    with Store.open(tmp_path / "store", write=True, threads=1) as store:
        yield store


def corrected(pairs: Sequence[Pair], said: Sequence[tuple[int, int, Word]]) -> list[Pair]:
    """The pairs as if the model had found what people say."""
    pairs = list(pairs)
    for place, ordinal, word in said:
        review, mined = pairs[place]
        opinions: list[Opinion | None] = list(mined.opinions)
        if word.action == "reject":
            opinions[ordinal] = None
        elif word.action == "fix":
            before = opinions[ordinal]
            assert before is not None
            opinions[ordinal] = replace(
                before,
                category=word.fields.get("category", before.category),
                polarity=Polarity(word.fields.get("polarity", before.polarity)),
            )
        elif word.action == "add":
            aspect = Span(**word.fields["aspect"])
            polarity = Polarity(word.fields["polarity"])
            opinions.append(Opinion(aspect, None, aspect, word.fields["category"], polarity, 1, ""))
        kept = tuple(opinion for opinion in opinions if opinion)
        pairs[place] = review, replace(mined, opinions=kept)
    return pairs


def test_numbers_and_quotes_follow_what_people_said(store: Store) -> None:
    pairs = [pair for pair in generated(400) if not pair[0].parts]
    store.load(pairs)
    ids: dict[str, list[str]] = {}
    for quote in store.reader().opinions(limit=10_000).items:
        ids.setdefault(quote.review.id, []).append(quote.id)
    speaking = [k for k, pair in enumerate(pairs) if len(pair[1].opinions) == 2][:12]
    said = []
    for number, place in enumerate(speaking):
        name = pairs[place][0].id
        stored = store.reader().review(name)
        assert stored
        opinion = stored.opinions[1].id
        word = [
            Word(opinion, name, "reject"),
            Word(opinion, name, "fix", {"category": "price", "polarity": "negative"}),
            Word(opinion, name, "accept"),
            Word(
                None,
                name,
                "add",
                {"aspect": {"start": 0, "end": 1}, "category": "size", "polarity": "neutral"},
            ),
        ][number % 4]
        said.append((place, 1, word))
    unknown = Word("o_" + "0" * 24, pairs[0][0].id, "reject")
    words = [*(word for _, _, word in said), unknown, Word("x", "no such review", "reject")]
    reader, total = store.reader(said=words), aggregate(corrected(pairs, said))
    check(reader, total)
    for by, cells in (("category", total.categories), ("aspect", total.aspects)):
        rows = {row.key: row.tally for row in reader.breakdown(Selection(confidence=0), by)}  # type: ignore[arg-type]
        assert rows == {key: cell.tally for key, cell in cells.ranked()}
    page = reader.opinions(limit=10_000)
    assert page.total == len(page.items) == total.whole.tally.opinions
    assert sum(quote.corrected for quote in page.items) >= 3
    sure = [quote for quote in page.items if quote.corrected]
    assert all(quote.opinion.confidence == 1 for quote in sure)
    check(store.reader(), aggregate(pairs))  # undone: as before


def check(reader: Any, total: Aggregate) -> None:
    assert reader.overview().tally == total.whole.tally
    assert {row.key: row.tally for row in reader.breakdown()} == {
        key: cell.tally for key, cell in total.categories.ranked()
    }
    assert {row.key: row.tally for row in reader.breakdown(by="product")} == {
        key: cell.tally for key, cell in total.products.ranked() if cell.tally.opinions
    }
    unit, series = total.timeline.series()
    assert {period.start: period.tally for period in reader.trend(unit=unit).periods} == {
        day: row[None].tally for day, row in series.items() if row[None].tally.opinions
    }


def test_names_of_the_tenant_part_and_join_aspects(store: Store) -> None:
    pairs = list(generated(400))
    store.load(pairs)
    own = {"显示屏": "面板", "客服": "服务", "性价比": "服务"}
    total = Aggregate(names=dict(synonyms()) | own)
    for pair in pairs:
        total.add(*pair)
    reader = store.reader(names=own)
    rows = {row.key: row.tally for row in reader.breakdown(by="aspect")}
    assert rows == {key: cell.tally for key, cell in total.aspects.ranked()}
    assert {"面板", "服务"} <= rows.keys()
    assert reader.opinions(Selection(aspects=("服务",)), limit=1).total == rows["服务"].opinions
    named = {row.key: row.name.zh for row in reader.breakdown(by="aspect")}
    assert named["面板"] == "显示屏"


def test_aspects_together_and_cells(store: Store) -> None:
    pairs = [pair for pair in generated(300) if not pair[0].parts]
    store.load(pairs)
    reader = store.reader()
    cells = reader.cells()
    assert sum(tally.opinions for tally in cells.values()) == reader.overview().opinions
    for (category, aspect, product, source), tally in list(cells.items())[:20]:
        if aspect and product and source:
            chosen = Selection(
                categories=(category,), aspects=(aspect,), products=(product,), sources=(source,)
            )
            assert reader.overview(chosen).opinions >= tally.opinions
    pairs_of = reader.together(limit=5)
    assert pairs_of[0].reviews >= pairs_of[-1].reviews > 0
    everyone = reader.together(limit=9999)
    assert min(pair.reviews for pair in everyone) >= 5, "one review makes no pair"
    for pair in everyone:
        assert pair.interval is not None
        assert pair.interval.low <= pair.lift <= pair.interval.high
    first = pairs_of[0]
    both = [
        {quote.review.id for quote in reader.opinions(Selection(aspects=(key,)), limit=9999).items}
        for key in (first.first, first.second)
    ]
    assert len(both[0] & both[1]) == first.reviews
    read = reader.overview().read
    assert first.lift == pytest.approx(first.reviews * read / (len(both[0]) * len(both[1])))
