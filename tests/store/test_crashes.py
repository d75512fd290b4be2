"""Writers that are killed, disks that are full: readers never see half of anything."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from errno import ENOSPC, EROFS
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from guandian.errors import GuandianError
from guandian.report import aggregate
from guandian.store import Store
from guandian.store.parts import covering

from .mined_pairs import generated

ROOT = Path(__file__).resolve().parents[2]
SIZE = 8
KILLS = int(os.environ.get("GUANDIAN_STORE_KILLS", "8"))
"""Of writers beside four readers; set the variable for more, `bench/store.py --kills` makes 100."""


def watch(folder: Path, stop: Event, wrong: list[str]) -> None:
    """Read as others write: no batch is ever half there, and no review comes twice."""
    last = 0
    with Store.open(folder, threads=1) as store:
        while not stop.is_set():
            reader = store.reader()
            shown = reader.overview()
            number = reader.generation.number
            if shown.incomplete or number < last:
                wrong.append(f"generation {number} after {last}, {shown.incomplete}")
            whole = sum(row.tally.opinions for row in reader.breakdown())
            if reader.generation.number == number and whole != shown.opinions:
                wrong.append(f"{whole} opinions by category, {shown.opinions} in all")
            last = number


def kill_and_go_on(folder: Path, kills: int, readers: int) -> None:
    """Kill a writer again and again; what it told as stored is there, all of it, once."""
    with Store.open(folder, write=True) as store:
        store.load([])
    stop, wrong = Event(), list[str]()
    threads = [Thread(target=watch, args=(folder, stop, wrong)) for _ in range(readers)]
    for thread in threads:
        thread.start()
    pairs = list(generated(SIZE * 400, seed=3))
    stored, deleted, rng = 0, set[str](), random.Random(1)
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    try:
        for _ in range(kills):
            command = [sys.executable, "-m", "tests.store.killed_writer", str(folder)]
            writer = subprocess.Popen(
                [*command, str(stored), str(SIZE)],
                stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment,
            )  # fmt: skip
            assert writer.stdout
            for _ in range(rng.randint(1, 3)):
                line = writer.stdout.readline().split()
                assert line, "the writer failed by itself"
                if line[0] == "stored":
                    stored = int(line[1]) + 1
                else:
                    deleted.add(line[1])
            time.sleep(rng.random() * 0.3)
            writer.send_signal(signal.SIGKILL)
            rest = writer.stdout.read().splitlines()
            writer.stdout.close()
            writer.wait()
            for line in (left.split() for left in rest if left):
                if line[0] == "stored":
                    stored = int(line[1]) + 1
                else:
                    deleted.add(line[1])
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not wrong, wrong[:5]
    with Store.open(folder, write=True) as store:
        names = [review.id for review, _ in store.reader().reviews()]
        assert len(names) == len(set(names)), "nothing is doubled"
        told = {pair[0].id for pair in pairs[: stored * SIZE]} - deleted
        unsaid = {pair[0].id for pair in pairs[stored * SIZE : (stored + 2) * SIZE]}
        assert told <= set(names), "nothing is lost that was told as stored"
        assert set(names) <= told | unsaid, "nothing comes back that was told as deleted"
        store.load(pairs[: (stored + 2) * SIZE])
        store.delete_reviews(deleted)
        whole = [pair for pair in pairs[: (stored + 2) * SIZE] if pair[0].id not in deleted]
        total = aggregate(whole)
        assert store.reader().overview().reviews == total.reviews
        parts = {path.name for path in (folder / "opinions" / "main").iterdir()}
        assert parts == store.reader().generation.files() | {"MANIFEST.json"}, "nothing is left"


def test_a_killed_writer_leaves_a_whole_store(tmp_path: Path) -> None:
    kill_and_go_on(tmp_path / "store", kills=1, readers=1)


@pytest.mark.slow
def test_a_writer_killed_often_beside_four_readers(tmp_path: Path) -> None:
    kill_and_go_on(tmp_path / "store", kills=KILLS, readers=4)


def full_at(step: int, code: int) -> tuple[Callable[..., Any], Callable[..., Any], list[int]]:
    """Stand-ins of `open` and `fsync` that fail at one call, as a full disk does."""
    real_sync, real_open, calls = os.fsync, Path.open, [0]

    def count() -> None:
        calls[0] += 1
        if calls[0] == step:
            raise OSError(code, os.strerror(code))

    def sync(handle: int) -> None:
        count()
        real_sync(handle)

    def opened(path: Path, mode: str = "r", *more: Any, **named: Any) -> Any:
        if set(mode) & set("wxa+"):
            count()
        return real_open(path, mode, *more, **named)

    return sync, opened, calls


@pytest.mark.parametrize(
    ("code", "stride"),
    [(ENOSPC, 8), pytest.param(ENOSPC, 1, marks=pytest.mark.slow), (EROFS, 9)],
)
def test_a_full_disk_at_every_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, stride: int
) -> None:
    monkeypatch.setattr(covering, "FRESH", 10)
    pairs = list(generated(40))
    folder = tmp_path / "store"
    with Store.open(folder, write=True, threads=1) as store:
        store.load(pairs[:30])
        before = store.reader().overview()
        step, told = 1, 0
        while True:
            with monkeypatch.context() as patch:
                sync, opened, calls = full_at(step, code)
                patch.setattr(os, "fsync", sync)
                patch.setattr(Path, "open", opened)
                try:
                    store.load(pairs[30:])
                except GuandianError as error:
                    message = str(error)
                else:
                    assert calls[0] < step
                    break
            told += 1
            assert "cannot write the store" in message
            assert "what was stored before is whole" in message
            seen = store.reader().overview()
            if seen != before:  # the manifest was renamed, the folder not yet synced
                assert seen.reviews == 40
                store.delete_reviews([pair[0].id for pair in pairs[30:]])
                assert store.reader().overview().reviews == 30
                store.load(pairs[:30])
            step += stride
        assert told * stride >= 15, "each part, its folder and the manifest"
        total = aggregate(pairs)
        assert store.reader().overview().tally == total.whole.tally
        assert store.reader().overview().reviews == 40
