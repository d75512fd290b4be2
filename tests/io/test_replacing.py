"""Files and folders of our own are replaced whole, and stay as they were when writing fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from guandian.io import atomic
from guandian.io.atomic import replace_file, replacing_file, replacing_folder


class Stop(Exception):
    """Stands for whatever ends the writing."""


def write_half(file: Path) -> None:
    file.write_bytes(b"half")
    raise Stop


def test_a_file_is_replaced_or_stays(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    replace_file(path, b"first")
    with pytest.raises(Stop), replacing_file(path) as fresh:
        write_half(fresh)
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]
    replace_file(path, b"second")
    assert path.read_bytes() == b"second"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("reserved", [True, False])
def test_a_folder_is_replaced_or_stays(tmp_path: Path, reserved: bool) -> None:
    path = tmp_path / "checkpoint"
    for content in (b"first", b"second"):
        with replacing_folder(path, reserved=reserved) as fresh:
            (fresh / "inner").mkdir()
            (fresh / "inner" / "state").write_bytes(content)
    with pytest.raises(Stop), replacing_folder(path, reserved=reserved) as fresh:
        write_half(fresh / "state")
    assert [file.read_bytes() for file in path.rglob("*") if file.is_file()] == [b"second"]
    assert list(tmp_path.iterdir()) == [path]


def test_everything_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bundle"
    synced: list[bool] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        synced.append(path.exists())
        real(handle)

    monkeypatch.setattr(atomic.os, "fsync", fsync)
    with replacing_folder(path) as fresh:
        (fresh / "weights").write_bytes(b"w")
        (fresh / "manifest").write_bytes(b"m")
    assert synced == [False, False, True]  # both files, then the folder that names them


def test_what_a_kill_leaves_is_removed_by_the_next_call(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    code = (
        "import os, sys; from pathlib import Path\n"
        "from guandian.io.atomic import replacing_folder\n"
        "with replacing_folder(Path(sys.argv[1]), reserved=True) as fresh:\n"
        "    (fresh / 'half').write_bytes(b'half'); os._exit(9)"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert killed.returncode == 9
    assert not path.exists() and list(tmp_path.iterdir())
    with replacing_folder(path, reserved=True) as fresh:
        assert not list(fresh.iterdir())
        (fresh / "whole").write_bytes(b"whole")
    assert list(tmp_path.iterdir()) == [path]
