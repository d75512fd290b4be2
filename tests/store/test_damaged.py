"""A store that lost files says so, with what to do about it, and nothing more is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from guandian.errors import GuandianError
from guandian.store import DamagedStore, Store
from guandian.store.parts.part_files import SEGMENT_KINDS

from .mined_pairs import generated


def test_a_lost_manifest_is_an_error_and_nothing_is_written_beside_its_parts(
    tmp_path: Path,
) -> None:
    with Store.open(tmp_path / "s", write=True, threads=1) as store:
        store.load(generated(30))
        parts = store.folder / "opinions" / "main"
        manifest = (parts / "MANIFEST.json").read_bytes()
        (parts / "MANIFEST.json").unlink()
        before = sorted(parts.iterdir())
        for use in (
            store.reader,
            lambda: store.load(generated(5, seed=2)),
            lambda: store.delete_review("g0-1"),
        ):
            with pytest.raises(DamagedStore, match=r"(?s)MANIFEST\.json is missing.*copy"):
                use()
        assert sorted(parts.iterdir()) == before
        store.load(generated(5), "other")
        status = store.status()
        assert status.tenants.keys() == {"other"} and status.damaged.keys() == {"main"}
        assert "MANIFEST.json is missing" in status.damaged["main"].problem
        (parts / "MANIFEST.json").write_bytes(manifest)
        assert store.reader().overview().reviews == 30


def test_a_first_load_that_was_killed_is_no_lost_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with Store.open(tmp_path / "s", write=True, threads=1) as store:
        with monkeypatch.context() as patch:
            patch.setattr("guandian.store.store._Change.commit", killed)
            with pytest.raises(KeyboardInterrupt):
                store.load(generated(30))
        assert list((store.folder / "opinions" / "main").glob("*.parquet"))
        assert store.reader().overview().reviews == 0
        assert store.load(generated(30)).reviews == 30


@pytest.mark.parametrize("kind", SEGMENT_KINDS)
def test_what_a_missing_part_holds_cannot_be_deleted_and_that_is_said(
    tmp_path: Path, kind: str
) -> None:
    with Store.open(tmp_path / "s", write=True, threads=1) as store:
        store.load(generated(30))
        names = [review.id for review, _ in store.reader().reviews()]
        store.load(generated(10, seed=5))
        generation = store.reader().generation
        part = generation.segments[0].parts[kind]  # type: ignore[index]
        parts = store.folder / "opinions" / "main"
        content = (parts / part).read_bytes()
        (parts / part).unlink()
        with pytest.raises(GuandianError) as caught:
            store.delete_review(names[0])
        assert isinstance(caught.value, DamagedStore)
        assert part in caught.value.problem and "copy" in caught.value.repair
        assert store.reader().generation == generation
        (parts / part).write_bytes(content)
        assert store.delete_review(names[0])
