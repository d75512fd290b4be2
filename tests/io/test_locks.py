"""A lock has one holder and dies with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from guandian.io.locks import is_locked, try_lock

HOLDS = (
    "import sys; from pathlib import Path; from guandian.io.locks import try_lock\n"
    "lock = try_lock(Path(sys.argv[1])); print(lock is not None, flush=True); sys.stdin.read()"
)


def test_a_lock_has_one_holder(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_locked(path) and not path.exists()
    lock = try_lock(path)
    assert lock is not None
    lock.release()
    assert not is_locked(path)


def test_a_lock_dies_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        assert is_locked(path)
        assert try_lock(path) is None
        process.kill()
        process.wait()
        assert not is_locked(path)


@pytest.mark.skipif(os.name != "posix", reason="of rights of POSIX")
def test_a_lock_that_may_only_be_read_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lock"
    lock = try_lock(path)
    assert lock is not None
    monkeypatch.setattr(os, "access", lambda *_: False)  # whoever tests may be root
    assert is_locked(path)
    lock.release()
    assert not is_locked(path)
