"""Reviews found by their ids: only the parts that hold one are read, and one that is lost tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guandian.store import DamagedStore, Store, part_numbers
from guandian.store.duck import Duck
from guandian.store.parts.store_rows import hash_of

from .mined_pairs import generated


def test_only_parts_that_hold_an_id_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs, read = list(generated(60)), list[tuple[str, int]]()
    rows = Duck.rows

    def noted(duck: Duck, query: str, values: Any, *more: Any) -> Any:
        if query in {"known", "versions"}:
            read.append((query, len(values["reviews"])))
        return rows(duck, query, values, *more)

    monkeypatch.setattr(Duck, "rows", noted)
    with Store.open(tmp_path, write=True, threads=1) as store:
        for start in range(0, 60, 20):
            store.load(pairs[start : start + 20])
        names = [pair[0].id for pair in pairs]
        assert read == [], "nothing that is loaded was there"
        assert store.load(pairs[25:30]).unchanged == 5
        assert store.load([*pairs[5:10], *pairs[50:55]]).unchanged == 10
        assert store.reader().mined(names[30:40]).keys() == set(names[30:40])
        assert store.reader().mined(["never stored"]) == {}
        assert read == [("known", 1), ("known", 2), ("versions", 1)]
        assert store.delete_reviews([names[3], "never stored"]) == 1
        assert store.reader().mined(names).keys() == set(names) - {names[3]}


@pytest.mark.parametrize("kept", [1, 25, 1000])
def test_what_is_forgotten_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    monkeypatch.setattr(part_numbers, "_KEPT", kept)
    pairs = list(generated(60))
    with Store.open(tmp_path, write=True, threads=1) as store:
        for start in range(0, 60, 20):
            store.load(pairs[start : start + 20])
        for _ in range(2):
            assert store.load(pairs).unchanged == 60
        assert len(store.reader().mined([pair[0].id for pair in pairs])) == 60


def test_ids_whose_numbers_are_one_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("parts.loading", "parts.store_rows", "snapshot", "view"):
        monkeypatch.setattr(f"guandian.store.{module}.hash_of", lambda text: hash_of(text) % 3)
    pairs = list(generated(30))
    with Store.open(tmp_path, write=True, threads=1) as store:
        assert store.load(pairs[:15]).reviews == 15
        assert store.load(pairs[15:]).reviews == 15
        assert store.delete_review(pairs[0][0].id)
        assert len(store.reader().mined([pair[0].id for pair in pairs])) == 29


def test_a_part_that_is_lost_is_told_though_its_ids_are_remembered(tmp_path: Path) -> None:
    with Store.open(tmp_path, write=True, threads=1) as store:
        store.load(generated(30))
        store.load(generated(5, seed=2))
        before = store.reader().generation
        (tmp_path / "opinions" / "main" / before.segments[0].parts["reviews"]).unlink()
        with pytest.raises(DamagedStore):
            store.load(generated(5, seed=3))
        assert store.reader().generation == before
