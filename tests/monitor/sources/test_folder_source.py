"""A folder of files: new ones are mined as they come, each review once, nothing lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.monitor.sources.miners import Finder, intake_of

from guandian.errors import GuandianError
from guandian.monitor.sources import Intake, TakenIn
from guandian.monitor.sources.folder_source import FolderSource
from guandian.monitor.sources.source_addresses import source_at
from guandian.monitor.sources.source_positions import SourcePositions
from guandian.monitor.sources.source_terms import SourceTerms


def source_of(folder: Path, store: Path) -> FolderSource:
    positions = SourcePositions(store / "sources" / "positions.json")
    return FolderSource(folder, positions, {"product": "X200", "shop": "柏林🏬"}, settled=0)


def all_of(intake: Intake, source: FolderSource) -> TakenIn:
    total = TakenIn()
    while taken := intake.take(source):
        total += taken
    return total


def put(path: Path, *rows: object) -> None:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def row(name: str, text: str = "电池不耐用🔋，才半天", **other: str) -> dict[str, str]:
    return {"id": name, "text": f"{text}{name}", "time": "2026-01-05"} | other


def test_new_files_are_taken_in_once_and_bad_rows_kept(tmp_path: Path) -> None:
    folder, store, finder = tmp_path / "in", tmp_path / "shop", Finder()
    put(folder / "a.jsonl", row("1"), "{broken", row("2", product="N7"))
    put(folder / "sub" / "b.jsonl", {"text": "电池很好用", "time": "2026-01-06"})
    put(folder / ".hidden.jsonl", row("9"))
    with intake_of(store, finder) as intake:
        assert all_of(intake, source_of(folder, store)) == TakenIn(3, 0, 1)
        assert all_of(intake, source_of(folder, store)) == TakenIn()  # by another process
        put(folder / "a.jsonl", row("1"), row("2", product="N7"), row("3"))
        assert all_of(intake, source_of(folder, store)) == TakenIn(1, 2, 0)
        assert finder.texts == 4
        reviews = {review.id: review for review, _ in intake.store.reader().reviews()}
    assert set(reviews) == {"1", "2", "3", "sub/b.jsonl:1"}
    assert (reviews["1"].product, reviews["2"].product) == ("X200", "N7")
    assert reviews["1"].extra["shop"] == "柏林🏬"
    (letter,) = (store / "sources" / "dead_letters.jsonl").read_text().splitlines()
    assert json.loads(letter)["content"] == "{broken"


def test_what_no_model_can_read_holds_nothing_up(tmp_path: Path) -> None:
    folder, store = tmp_path / "in", tmp_path / "shop"
    put(folder / "a.jsonl", row("1"), row("2", "毒"), row("3"), row("4"))
    put(folder / "b.bin", "\x00\x01")
    with intake_of(store, Finder()) as intake:
        assert all_of(intake, source_of(folder, store)) == TakenIn(3, 0, 2)


def test_stored_and_killed_before_it_was_marked_it_comes_again_and_changes_nothing(
    tmp_path: Path,
) -> None:
    folder, store, finder = tmp_path / "in", tmp_path / "shop", Finder()
    put(folder / "a.jsonl", row("1"), row("2"))
    with intake_of(store, finder) as intake:
        source = source_of(folder, store)
        intake.put(source.name, source.take(10, 0))  # and the process ends here
        generation = intake.store.reader().generation.number
        assert all_of(intake, source_of(folder, store)) == TakenIn(0, 2, 0)
        assert (finder.texts, intake.store.reader().generation.number) == (2, generation)


@pytest.mark.parametrize("address", ["nowhere", "ftp://user:s3cret@h/x", "https://h:port/"])
def test_what_is_no_source_is_refused_without_its_secret(tmp_path: Path, address: str) -> None:
    with pytest.raises(GuandianError) as failure:
        source_at(address, SourceTerms(SourcePositions(tmp_path / "p.json")))
    assert "s3cret" not in str(failure.value)
