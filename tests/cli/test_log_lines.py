from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from guandian.cli.console import log_lines
from guandian.cli.console.log_lines import LogLines


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(log_lines, "monotonic", lambda: now[0])
    return now


def lines_of(console: Console) -> list[str]:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_a_log_file_gets_a_line_now_and_then(clock: list[float]) -> None:
    console = Console(file=io.StringIO(), width=30)
    lines = LogLines(console)
    lines.total = 4_000
    lines.advance(1_000, earlier=True)
    for _ in range(8):
        clock[0] += 5
        lines.advance(250)
    assert lines_of(console) == [
        "1,750/4,000 条评论 reviews · 50 条/秒 reviews/s · 剩余 left 0:00:45",
        "2,500/4,000 条评论 reviews · 50 条/秒 reviews/s · 剩余 left 0:00:30",
    ]


def test_a_terminal_and_who_wants_quiet_get_none(clock: list[float]) -> None:
    for lines in (
        LogLines(terminal := Console(file=io.StringIO(), force_terminal=True)),
        LogLines(quiet := Console(file=io.StringIO()), quiet=True),
    ):
        clock[0] += 60
        lines.advance(10)
    assert lines_of(terminal) == lines_of(quiet) == []


def test_without_a_total_there_is_no_time_left(clock: list[float]) -> None:
    console = Console(file=io.StringIO())
    lines = LogLines(console)
    lines.advance(1)
    clock[0] += 20
    lines.advance(99)
    assert re.fullmatch(r"100 条评论 reviews · 5 条/秒 reviews/s", lines_of(console)[0])
