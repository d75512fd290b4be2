"""Loading twice, mining anew, deleting: readers see what a fresh store would show."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from guandian.errors import GuandianError
from guandian.report import Aggregate, aggregate
from guandian.store import Store, StoreReader
from guandian.store.parts import covering
from guandian.store.parts.segments import Rewriting

from .mined_pairs import CLAUSES, Pair, generated, pair_of_clauses


@pytest.fixture
def store(tmp_path: Path) -> Iterable[Store]:
    with Store.open(tmp_path / "store", write=True, threads=1) as store:
        yield store


def shows(reader: StoreReader, pairs: Sequence[Pair]) -> None:
    shown, total = reader.overview(), aggregate(pairs)
    assert (shown.reviews, shown.read) == (total.reviews, total.read)
    assert (shown.copies, shown.silent) == (total.copies.repeated, total.silent)
    assert shown.tally == total.whole.tally
    for by, cells in (
        ("category", total.categories),
        ("aspect", total.aspects),
        ("product", total.products),
    ):
        assert {row.key: row.tally for row in reader.breakdown(by=by)} == {  # type: ignore[arg-type]
            key: cell.tally for key, cell in cells.ranked() if cell.tally.opinions
        }


def anew(pair: Pair, other: Pair, model: str) -> Pair:
    name = pair[0].id
    return replace(other[0], id=name), replace(other[1], review_id=name, model=model)


def test_many_small_loads_become_few_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(covering, "FRESH", 20)
    pairs = list(generated(270))
    for start in range(0, 270, 15):
        store.load(pairs[start : start + 15])
    shows(store.reader(), pairs)
    generation = store.reader().generation
    assert len(generation.segments) < 8
    assert 0 < len(generation.totals) < 8
    assert store.status().tenants["main"].missing == ()


def test_loading_again_changes_nothing(store: Store) -> None:
    pairs = list(generated(300))
    first = store.load(pairs)
    assert (first.reviews, first.replaced, first.unchanged) == (300, 0, 0)
    before = store.reader().generation
    again = store.load([*pairs, *pairs[:10]])
    assert (again.reviews, again.opinions, again.replaced, again.unchanged) == (0, 0, 0, 300)
    assert store.reader().generation == before


def test_mined_anew_both_stay_and_readers_see_the_latest(store: Store) -> None:
    pairs, rng = list(generated(400)), random.Random(5)
    others = list(generated(400, seed=6))
    store.load(pairs)
    for model in ("other@2", "other@2", "third@1"):  # the second time another text
        rng.shuffle(others)
        places = rng.sample(range(len(pairs)), 90)
        fresh = {place: anew(pairs[place], others[place], model) for place in places}
        loaded = store.load(fresh[place] for place in places)
        assert loaded.replaced == len(places)
        for place, pair in fresh.items():
            pairs[place] = pair
        shows(store.reader(), pairs)
    earlier = anew(pairs[0], pairs[0], "old@0")
    store.load([earlier])
    assert store.load([pairs[0]]).unchanged == 1, "an answer that is there is no new one"


def test_the_view_switches_at_once(store: Store) -> None:
    pairs = list(generated(200))
    store.load(pairs)
    before = store.reader()
    shown = before.overview()
    store.load(anew(pair, pair, "next@1") for pair in pairs)
    assert before.overview() == shown, "a reader keeps the generation that it saw first"
    assert store.reader().overview().models == {"next@1": 200}


def bytes_of(folder: Path) -> list[bytes]:
    """All that the files hold: as it is, and the values of every column, unpacked."""
    held = []
    for path in folder.rglob("*"):
        if path.is_file():
            held.append(path.read_bytes())
            if path.suffix == ".parquet":
                held.append(repr(pq.read_table(path).to_pylist()).encode())
    return held


def holds(folder: Path, words: str) -> bool:
    escaped = words.encode("unicode_escape"), repr(words)[1:-1].encode(), words.encode()
    return any(form in held for held in bytes_of(folder) for form in escaped)


def test_deleting_leaves_no_byte(store: Store) -> None:
    secret = "紫檀木算盘珠"
    said = ("这个紫檀木算盘珠真滑", secret, "quality", CLAUSES[0][3])
    pairs = list(generated(120))
    review, mined = pair_of_clauses("victim-7731", [0, 3], random.Random(1), product="Kite 14")
    start = len(review.text)
    text = review.text + said[0]
    opinion = replace(
        mined.opinions[0],
        aspect=type(mined.opinions[0].evidence)(start + 2, start + 2 + len(secret)),
        evidence=type(mined.opinions[0].evidence)(start, len(text)),
        tag=said[0][:4],
    )
    victim = replace(review, text=text), replace(mined, opinions=(*mined.opinions, opinion))
    store.load([*pairs[:60], victim, *pairs[60:]])
    store.load([anew(victim, victim, "later@2")])
    for words in (secret, "victim-7731", said[0]):
        assert holds(store.folder, words), "the search can find it"
    assert store.delete_review("victim-7731")
    assert not store.delete_review("victim-7731")
    for words in (secret, "victim-7731", said[0]):
        assert not holds(store.folder, words)
    shows(store.reader(), pairs)


def test_the_copy_of_a_deleted_review_counts(store: Store) -> None:
    pairs, rng = list(generated(500)), random.Random(2)
    store.load(pairs)
    for _ in range(4):
        names = {pair[0].id for pair in rng.sample(pairs, 25)}
        assert store.delete_reviews(names) == 25
        pairs = [pair for pair in pairs if pair[0].id not in names]
        shows(store.reader(), pairs)
    everything = {pair[0].id for pair in pairs}
    store.delete_reviews(everything)
    shows(store.reader(), [])


def test_tenants_do_not_see_each_other(store: Store) -> None:
    store.load(generated(50), tenant="first")
    store.load(generated(20, seed=2), tenant="second")
    assert store.reader("first").overview().reviews == 50
    assert store.reader("second").overview().reviews == 20
    assert store.reader("third").overview().reviews == 0
    assert not store.delete_review("g1-0", tenant="second")
    for name in ("../main", "Main", "", "a/b", "."):
        with pytest.raises(GuandianError, match="no name of a tenant"):
            store.reader(name)


def test_a_failed_load_changes_nothing(store: Store) -> None:
    pairs = list(generated(80))
    store.load(pairs[:40])

    def broken() -> Iterable[Pair]:
        yield from pairs[40:60]
        raise GuandianError("the input ends here", "give another")

    with pytest.raises(GuandianError, match="ends here"):
        store.load(broken())
    shows(store.reader(), pairs[:40])
    store.load(pairs[40:])
    shows(store.reader(), pairs)


def test_flags_of_columns_are_counted_anew(store: Store, monkeypatch: Any) -> None:
    """Reviews of several columns of which one is a copy, whose first goes."""
    counted: list[int] = []
    real: Callable[..., Any] = Rewriting.recount

    def watched(self: Rewriting, segments: Any, changes: Any, **options: Any) -> Any:
        counting = real(self, segments, changes, **options)
        counted.append(len(changes.copied))
        return counting

    monkeypatch.setattr(Rewriting, "recount", watched)
    rng = random.Random(3)
    pairs = [pair_of_clauses(f"p{k}", [k % 3, 9 - k % 4], rng, parts=True) for k in range(30)]
    assert Aggregate and any(review.parts for review, _ in pairs)
    store.load(pairs)
    shows(store.reader(), pairs)
    store.delete_review("p0")
    shows(store.reader(), pairs[1:])
    assert counted and counted[-1] > 0
