"""What is wrong with a store is told, and nothing is changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from guandian.errors import GuandianError
from guandian.store import Store
from guandian.store.parts.generation import refuse_unread

from .mined_pairs import generated


def loaded(folder: Path, loads: int = 1) -> Path:
    with Store.open(folder, write=True, threads=1) as store:
        for k in range(loads):
            store.load(generated(30, seed=k))
    return folder


def test_no_store(tmp_path: Path) -> None:
    with pytest.raises(GuandianError, match="holds no store"):
        Store.open(tmp_path)


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    folder = loaded(tmp_path / "s")
    (folder / "store.json").write_text('{"format": 2}')
    with pytest.raises(GuandianError, match="of format 2"):
        Store.open(folder)
    with pytest.raises(GuandianError, match="of format 2"):
        Store.open(folder, write=True)
    (folder / "store.json").write_text('{"format": 1}')
    manifest = folder / "opinions" / "main" / "MANIFEST.json"
    content = manifest.read_text()
    manifest.write_text(json.dumps(json.loads(content) | {"format": 9}))
    with Store.open(folder, write=True) as store:
        for change in (store.reader, lambda: store.load(generated(1)), store.status):
            with pytest.raises(GuandianError, match="of format 9"):
                change()
    assert json.loads(manifest.read_text())["format"] == 9
    manifest.write_text("{")
    with Store.open(folder) as store, pytest.raises(GuandianError, match="cannot read"):
        store.reader()


def test_a_second_writer_is_refused_and_readers_are_not(tmp_path: Path) -> None:
    folder = loaded(tmp_path / "s")
    with Store.open(folder, write=True) as store:
        code = (
            "import sys\nfrom guandian.store import Store\n"
            "print(Store.open(sys.argv[1]).reader().overview().reviews)\n"
            "Store.open(sys.argv[1], write=True)"
        )
        other = subprocess.run(
            [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=False
        )
        assert other.stdout.strip() == "30"
        assert "another process writes" in other.stderr
        assert store.load(generated(5, seed=9)).reviews == 5
    Store.open(folder, write=True).close()


def test_a_reader_does_not_write(tmp_path: Path) -> None:
    with Store.open(loaded(tmp_path / "s")) as store:
        with pytest.raises(GuandianError, match="opened for reading"):
            store.load(generated(1))
        with pytest.raises(GuandianError, match="opened for reading"):
            store.delete_review("g0-1")


def test_a_missing_part_is_named_and_the_rest_served(tmp_path: Path) -> None:
    folder = loaded(tmp_path / "s", loads=2)
    with Store.open(folder) as store:
        reader = store.reader()
        assert reader.overview().reviews == 60
        part = folder / "opinions" / "main" / reader.generation.segments[0].parts["opinions"]
        part.unlink()
        assert reader.opinions(limit=1).total == reader.overview().opinions  # who had begun to read
        assert (reader.overview().reviews, reader.incomplete) == (30, (part.name,))
        shown = store.reader().overview()
        assert (shown.reviews, shown.incomplete) == (30, (part.name,))
        assert store.status().tenants["main"].missing == (part.name,)


@contextmanager
def unread(path: Path) -> Iterator[None]:
    """A file that this user may not read; root, who may, is nobody meanwhile."""
    mode = path.stat().st_mode
    path.chmod(0)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        path.chmod(mode)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no users to tell apart")
def test_what_another_user_may_read_is_not_called_damaged(tmp_path: Path) -> None:
    folder = loaded(tmp_path / "s")
    with Store.open(folder) as store:
        manifest = folder / "opinions" / "main" / "MANIFEST.json"
        with unread(manifest), pytest.raises(GuandianError) as refusal:
            store.reader()
        assert refusal.value.problem == f"cannot read {manifest}: Permission denied"
        assert refusal.value.repair == "let this user read there"
    with unread(folder / "store.json"), pytest.raises(GuandianError) as refusal:
        Store.open(folder)
    assert refusal.value.repair == "let this user read there"
    part = min((folder / "opinions" / "main").glob("*.parquet"))
    with Store.open(folder) as store:
        with unread(part), pytest.raises(GuandianError) as refusal:
            refuse_unread(part.parent, [part.name])  # `reader` asks for the manifest before
        assert refusal.value.problem == f"cannot read {part}: Permission denied"
        assert refusal.value.repair == "let this user read there"
        assert store.reader().overview().reviews == 30
    (folder / "store.json").write_text("{")
    with pytest.raises(GuandianError, match="put back a copy"):
        Store.open(folder)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
def test_a_read_only_folder(tmp_path: Path) -> None:
    folder = loaded(tmp_path / "s")
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        with Store.open(folder) as store:
            assert store.reader().overview().reviews == 30
        with pytest.raises(GuandianError, match="cannot write"):
            Store.open(folder, write=True)
    finally:
        for path in [*folder.rglob("*"), folder]:
            path.chmod(0o755 if path.is_dir() else 0o644)
