"""Lines written for these tests, each with all that must be found in it and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from guandian.privacy import find

FILE = Path(__file__).parent.parent / "data_files" / "personal_data.txt"
MARK = re.compile(r"\{(\w+):([^{}]*)\}")
LINES = [line for line in FILE.read_text("utf-8").splitlines() if not line.startswith("//")]


def plain(line: str) -> tuple[str, list[tuple[str, int, int]]]:
    """The text of a marked line, and type, start and end of each mark."""
    text, marks, reached = "", [], 0
    for match in MARK.finditer(line):
        text += line[reached : match.start()]
        marks.append((match[1], len(text), len(text) + len(match[2])))
        text += match[2]
        reached = match.end()
    return text + line[reached:], marks


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[:20])
def test_all_that_is_marked_is_found_and_nothing_else(line: str) -> None:
    text, marks = plain(line)
    found = [(data.type.value, data.span.start, data.span.end) for data in find(text)]
    assert found == marks


@pytest.mark.parametrize("line", LINES[::5], ids=lambda line: line[:20])
def test_emoji_and_full_width_move_nothing(line: str) -> None:
    text, marks = plain(line)
    wide = "".join(chr(ord(c) + 0xFEE0) if c.isdigit() and c.isascii() else c for c in text)
    found = [(data.type.value, data.span.start, data.span.end) for data in find(f"😀❤️，{wide}")]
    assert found == [(kind, start + 4, end + 4) for kind, start, end in marks]
