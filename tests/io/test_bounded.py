"""Input without an end is refused at a stated bound."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import IO

import pytest

from guandian.data import read
from guandian.data.augmentation import load_lexicon
from guandian.errors import GuandianError
from guandian.evaluation.behaviour import read_suite
from guandian.files import read_mined
from guandian.io import bounded
from guandian.io.bounded import lines_of, read_text, read_whole
from guandian.mining.boilerplate import boilerplate
from guandian.pipelines.polarity_rates import read_rates
from guandian.recipes.recipe import load_recipe
from guandian.recipes.search_space import load_space
from guandian.report import synonyms
from guandian.text.segmentation import read_user_words
from guandian.text.vector_files import read_word_vectors

ENDLESS = pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a device without end")


def test_a_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_bytes("\ufeff屏幕😀\r\n好\r".encode())
    size = file.stat().st_size
    assert read_whole(file, size) == file.read_bytes()
    assert read_text(file) == "屏幕😀\n好\n"
    with pytest.raises(GuandianError, match=rf"words\.txt is longer than {size - 1} bytes"):
        read_whole(file, size - 1)


@ENDLESS
@pytest.mark.parametrize(
    "reading",
    [
        load_recipe,
        load_space,
        load_lexicon,
        lambda path: list(read_user_words(path)),
        lambda path: list(read("guandian", path)),
        lambda path: list(read("polarity_csv", path)),
        lambda path: list(read_mined(path)),
        lambda path: read_word_vectors(path, ["好"]),
        boilerplate,
        synonyms,
        read_suite,
        read_rates,
    ],
    ids=[
        "recipe",
        "space",
        "lexicon",
        "words",
        "labels",
        "table",
        "mined",
        "vectors",
        "boilerplate",
        "synonyms",
        "suite",
        "rates",
    ],
)
def test_a_device_without_end_is_refused(reading: object, tmp_path: Path) -> None:
    (tmp_path / "endless.jsonl").symlink_to("/dev/zero")
    assert callable(reading)
    with pytest.raises(GuandianError, match=r"longer than [\d,]+ (bytes|characters)|is no file"):
        reading(tmp_path / "endless.jsonl")


@pytest.fixture
def endless(tmp_path: Path) -> Iterator[Path]:
    """A pipe into which lines come as long as somebody reads."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("needs a system with named pipes")
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)

    def feed() -> None:
        writing = os.open(pipe, os.O_WRONLY)
        with suppress(BrokenPipeError):
            while True:
                os.write(writing, "屏幕很清晰😀\n".encode() * 100)
        os.close(writing)

    feeding = Thread(target=feed)
    feeding.start()
    yield pipe
    feeding.join()


def test_a_pipe_without_end_is_refused(endless: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "MOST_PIPED", 10_000)
    taken = 0

    def count(file: IO[str]) -> None:
        nonlocal taken
        for line in lines_of(file, endless):
            assert line == "屏幕很清晰😀\n"
            taken += 1

    with (
        endless.open(encoding="utf-8") as file,
        pytest.raises(GuandianError, match="no file on a disk and gave more than 10,000 char"),
    ):
        count(file)
    assert taken == 10_000 // 7


def test_a_line_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "MOST_LINE", 7)
    file = tmp_path / "lines.txt"
    file.write_text("屏幕很清晰😀\n屏幕不清晰😀😀\n", "utf-8")
    with file.open(encoding="utf-8") as lines:
        found = lines_of(lines, file)
        assert next(found) == "屏幕很清晰😀\n"
        with pytest.raises(GuandianError, match=r"lines\.txt, line 2: longer than 7 characters"):
            next(found)
