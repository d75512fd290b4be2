"""Ctrl-C in a command that is no training, and SIGTERM: one line, 130, and nothing left behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import pytest

pytestmark = pytest.mark.slow

LINE = "屏幕很清晰😀\n"
# What pytest-xdist starts ignores Ctrl-C, and so would what a test starts. It has begun once it
# looks for its parts: a line earlier Ctrl-C would be Python's alone.
GUANDIAN = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from guandian.__main__ import main
class Begun:
    def find_spec(name, path, target=None):
        if name == 'guandian.cli.main':
            open('begun', 'w').close()
sys.meta_path.insert(0, Begun)
main()
"""

_VERSION = ["guandian", "--version"]
_HUNG_UP = (
    "from guandian.cli.console.signals import listen; listen()\n"
    "os.kill(os.getpid(), signal.SIGHUP)\n"
    "from guandian.__main__ import main; main()"
)


class Started:
    """A command that runs in a folder."""

    def __init__(self, folder: Path, command: str) -> None:
        self.folder = folder
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            [sys.executable, "-c", GUANDIAN, *command.split()],
            cwd=folder, stdin=pipe, stdout=pipe, stderr=pipe, text=True, encoding="utf-8",
        )  # fmt: skip
        given, said, told = self._process.stdin, self._process.stdout, self._process.stderr
        assert given and said and told
        self.given: IO[str] = given
        self.said: IO[str] = said
        self._told: IO[str] = told

    def interrupted(
        self, by: signal.Signals = signal.SIGINT, again: Sequence[float] = ()
    ) -> list[str]:
        """What it tells when Ctrl-C is pressed, or the system ends it.

        Args:
            by: the signal.
            again: after how many seconds each it is sent once more.
        """
        self._process.send_signal(by)
        for seconds in again:
            time.sleep(seconds)
            self._process.send_signal(by)
        told = self._told.read().splitlines()
        status = self._process.wait(60)
        for stream in (self.given, self.said, self._told):
            with suppress(BrokenPipeError):
                stream.close()
        assert status == 128 + by
        (self.folder / "begun").unlink()
        return told


def answers(command: Started) -> None:
    command.given.write(LINE)
    command.given.flush()
    assert command.said.readline()


def reads(command: Started) -> None:
    command.given.write(LINE * 20_000)  # more than a pipe holds


def loads(command: Started) -> None:
    while not (command.folder / "begun").exists():
        time.sleep(0.01)


def begins(command: Started) -> None:
    while not (command.folder / "o.jsonl.job").exists():
        time.sleep(0.05)


@pytest.mark.parametrize("command", ["mine - --quiet", "tokenize -"])
def test_what_was_printed_stands(tmp_path: Path, command: str) -> None:
    started = Started(tmp_path, command)
    answers(started)
    assert started.interrupted() == [
        "中断 interrupted; 已输出的仍有效 what was printed stands; "
        f"重新开始 begin again with: guandian {command}"
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="needs the signals of POSIX")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_being_ended_is_told_as_ctrl_c_is(tmp_path: Path, name: str) -> None:
    job = Started(tmp_path, "mine - -o o.jsonl")
    begins(job)
    assert job.interrupted(signal.Signals[name])[-1] == (
        "中断 interrupted; 什么也没有保留 nothing is kept; "
        "重新开始 begin again with: guandian mine - -o o.jsonl"
    )
    assert [*tmp_path.iterdir()] == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs the signals of POSIX")
def test_what_nohup_starts_outlives_its_terminal(tmp_path: Path) -> None:
    program = f"import os, signal, sys; sys.argv = {_VERSION}\n{_HUNG_UP}"
    done = subprocess.run(
        ["nohup", sys.executable, "-c", program],
        cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0 and b"guandian" in done.stdout


@pytest.mark.parametrize(
    ("command", "until"),
    [("vectorise - -o v.npz", reads), ("mine - -o o.jsonl", begins)],
)
def test_nothing_is_left_where_there_is_no_result_yet(
    tmp_path: Path, command: str, until: Callable[[Started], None]
) -> None:
    started = Started(tmp_path, command)
    until(started)
    assert started.interrupted()[-1] == (
        "中断 interrupted; 什么也没有保留 nothing is kept; "
        f"重新开始 begin again with: guandian {command}"
    )
    assert [*tmp_path.iterdir()] == []


def opens(command: Started) -> None:
    while not (command.folder / "data" / "writer.lock").exists():
        time.sleep(0.01)


@pytest.mark.skipif(sys.platform == "win32", reason="needs the signals of POSIX")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_service_that_starts_keeps_what_its_folder_holds(tmp_path: Path, name: str) -> None:
    serve = Started(tmp_path, "serve --port 0 --data data")
    opens(serve)
    assert serve.interrupted(signal.Signals[name])[-1] == (
        "中断 interrupted; 文件夹中的内容都在 the folder holds what it held; "
        "重新开始 begin again with: guandian serve --port 0 --data data"
    )


def stores(command: Started) -> None:
    while not (command.folder / "data" / "sources").exists():
        time.sleep(0.05)


def test_a_watch_keeps_what_it_took_in(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text(f"text\n{LINE}", "utf-8")
    watch = Started(tmp_path, "watch --data data --from in --every 1")
    stores(watch)
    assert watch.interrupted()[-1] == (
        "中断 interrupted; 已读入的评论和已发出的预警都保留 what was taken in and told is kept; "
        "重新开始 begin again with: guandian watch --data data --from in --every 1"
    )


@pytest.mark.parametrize("gap", [0.001, 0.03, 0.3])
@pytest.mark.parametrize("until", [loads, begins])
def test_pressed_again_it_ends_at_once_with_the_same_line_and_status(
    tmp_path: Path, gap: float, until: Callable[[Started], None]
) -> None:
    started = Started(tmp_path, "mine - -o o.jsonl")
    until(started)
    *before, told = started.interrupted(again=[gap] * 3)
    words = "nothing is kept", "nothing was changed"
    assert any(word in told for word in words)
    assert not any(word in line for line in before for word in words)
    assert [*tmp_path.iterdir()] == []


def test_what_ctrl_c_cut_short_is_not_cut_short_by_one_right_after_it() -> None:
    press = "signal.raise_signal(signal.SIGINT)"
    program = (
        "import signal, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from guandian.cli.console import signals\n"
        "signals.own_process()\n"
        "def pressed():\n"
        f"    try:\n        {press}\n"
        "    except KeyboardInterrupt:\n"
        f"        {press}\n        print('tidied')\n"
        "pressed(); time.sleep(0.6); pressed()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (done.returncode, done.stdout.split()) == (0, [b"tidied"] * 2)


@pytest.mark.parametrize("gap", [0.001, 0.03, 0.2])
def test_pressed_again_what_was_printed_stands(tmp_path: Path, gap: float) -> None:
    started = Started(tmp_path, "mine - --quiet")
    answers(started)
    assert started.interrupted(again=[gap] * 3) == [
        "中断 interrupted; 已输出的仍有效 what was printed stands; "
        "重新开始 begin again with: guandian mine - --quiet"
    ]


@pytest.mark.parametrize("own", [True, False])
def test_a_thread_that_still_works_is_not_waited_for_once_the_line_is_told(*, own: bool) -> None:
    program = (
        "import threading, time\n"
        "from guandian.cli.console import signals\n"
        f"{own} and signals.own_process()\n"
        "threading.Thread(target=lambda: [time.sleep(3), print('late')]).start()\n"
        "signals.settle(); signals.settled(); signals.leave(130)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (130, b"" if own else b"late")
