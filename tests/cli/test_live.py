"""Reviews that are typed into `guandian mine -`: each line is answered before the next one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from queue import Queue
from threading import Thread

import pytest

OBJECTS = (
    '{"text": "屏幕很清晰😀", "shop": "a"}\n',
    '{"text": "电池不行", "rating": 1}\n',
    '{"text": "好看"}\n',
)
ARRAY = (OBJECTS[0], f",{OBJECTS[1]}", f",{OBJECTS[2]}")
TABBED = ("7\t屏幕很清晰😀\n", "8\t电池不行\n", "9\t好看\n")
SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("form", "before", "lines"),
    [
        pytest.param("lines", "", ("屏幕很清晰😀\n", "电池不行\n", "好看\n"), marks=SLOW),
        pytest.param("jsonl", "", OBJECTS, marks=SLOW),
        pytest.param("jsonl", "\n", OBJECTS, marks=SLOW),
        ("jsonl", "{broken\n", OBJECTS),
        pytest.param("json", "[\n", ARRAY, marks=SLOW),
        ("csv", "评论,评分\n", ("屏幕很清晰😀,5\n", "电池不行,1\n", "好看,5\n")),
        pytest.param(
            "tsv", "编号\t评论\n", ("7\t屏幕很清晰😀\n", "8\t电池不行\n", "9\t好看\n"), marks=SLOW
        ),
    ],
)
def test_a_line_is_answered_before_the_next_is_typed(
    form: str, before: str, lines: tuple[str, ...]
) -> None:
    command = f"{sys.executable} -m guandian mine - --quiet --on-error skip --format {form}"
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command.split(), stdin=pipe, stdout=pipe, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert process.stdin and process.stdout
    said, heard = process.stdout, Queue[str]()
    Thread(target=lambda: [*map(heard.put, said)], daemon=True).start()
    process.stdin.write(before)
    for line, text in zip(lines, ("屏幕很清晰😀", "电池不行", "好看"), strict=True):
        process.stdin.write(line)
        process.stdin.flush()
        assert json.loads(heard.get(timeout=60))["text"] == text
    process.stdin.close()
    assert process.wait(60) == 0
    said.close()


def test_keys_of_later_lines_that_have_come_are_columns_too() -> None:
    """Lines that a program pipes are looked at together, as those of a file are."""
    given = '{"text": "屏幕很清晰"}\n{"text": "电池不行", "评分": "1/5"}\n'
    done = subprocess.run(
        [sys.executable, "-m", "guandian", "mine", "-", "--format", "jsonl", "--quiet"],
        input=given.encode(), capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    first, second = map(json.loads, done.stdout.splitlines())
    assert "rating" not in first and (second["rating"], second["scale"]) == (1.0, 5.0)
