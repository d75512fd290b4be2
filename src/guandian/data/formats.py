"""The table of formats, and `read`, the one door to all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from guandian.data.readers.acos import read_acos, read_memd
from guandian.data.readers.asqp_aste import read_asqp, read_aste
from guandian.data.readers.bio import read_bio
from guandian.data.readers.guandian_jsonl import read_own
from guandian.data.readers.rows import OnError, ReaderSource, reporter
from guandian.data.readers.sentiment_sets import (
    read_amazon_polarity,
    read_amazon_stars,
    read_apc,
    read_eprstmt,
    read_polarity_csv,
    read_polarity_tsv,
)
from guandian.data.readers.zhijiang import read_zhijiang
from guandian.domain import Labelled
from guandian.errors import GuandianError, likely


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: its reader, and the files of a part such as "train" inside a folder."""

    read: Callable[[ReaderSource], Iterator[Labelled]]
    files: tuple[str, ...]
    summary: str


FORMATS: dict[str, Format] = {
    "guandian": Format(read_own, ("{part}.jsonl",), "our own JSON Lines"),
    "zhijiang": Format(
        read_zhijiang, ("{part}_reviews.csv", "{part}_labels.csv"), "two CSV, UTF-16 offsets"
    ),
    "asqp": Format(read_asqp, ("{part}.txt",), "text####[[category, 'a,b', 'c,d', 0|1|2], ...]"),
    "aste": Format(read_aste, ("{part}.txt",), "words####[(indexes, indexes, polarity), ...]"),
    "dmaste": Format(read_aste, ("{part}.txt",), "aste with [first, last] and ####domain"),
    "acos": Format(read_acos, ("{part}.tsv",), "words, then 'a,b CATEGORY 0|1|2 c,d' by tabs"),
    "memd": Format(read_memd, ("{part}.json",), "JSON list of raw_words and quadruples"),
    "polarity_csv": Format(read_polarity_csv, ("{part}.csv",), "CSV label,review (and cat)"),
    "polarity_tsv": Format(read_polarity_tsv, ("{part}.tsv",), "TSV label, text_a"),
    "eprstmt": Format(read_eprstmt, ("{part}.json",), "JSON Lines sentence, label"),
    "amazon_polarity": Format(read_amazon_polarity, ("{part}.dat",), "text$LABEL$0|1"),
    "amazon_stars": Format(read_amazon_stars, ("{part}.csv",), "CSV reviewText, overall (1 to 5)"),
    "bio": Format(read_bio, ("{part}.txt",), "a character and its BIO or BIEOS tag a line"),
    "apc": Format(read_apc, ("{part}.txt",), "three lines: text with $T$, aspect, polarity"),
}


def part_files(format: str, path: Path, part: str = "train") -> tuple[Path, ...]:
    """The files that `read` opens, there or not: of a part of a folder, or the one that is named.

    Raises:
        GuandianError: for an unknown format.
    """
    names = _known(format).files
    return tuple(path / name.format(part=part) for name in names) if path.is_dir() else (path,)


def _known(format: str) -> Format:
    if format not in FORMATS:
        raise GuandianError(
            f"no format {format!r}",
            f"{likely(format, FORMATS)}the formats are: {', '.join(FORMATS)}",
        )
    return FORMATS[format]


def read(
    format: str,
    path: Path,
    *,
    part: str = "train",
    on_error: OnError = "stop",
    dataset: str | None = None,
) -> Iterator[Labelled]:
    """Read one part of a labelled set, or one file.

    Args:
        format: a name of `FORMATS`.
        path: the set's folder, or one file of a format that needs no second one.
        part: which part of the folder: "train", "dev" or whatever its files are called.
        on_error: "stop" at the first bad row, "skip" bad rows, or a function that is told each.
        dataset: the name that the records carry; the folder's name where none is given.

    Returns:
        The records, one at a time, in the file's order.

    Raises:
        GuandianError: for an unknown format or a missing file.
        BadRow: for the first bad row, when `on_error` is "stop".
    """
    known, files = _known(format), part_files(format, path, part)
    if len(files) < len(known.files):
        needed = ", ".join(name.format(part=part) for name in known.files)
        raise GuandianError(f"{path} is not a folder", f"{format} needs a folder with {needed}")
    name = dataset or (path.name if path.is_dir() else path.resolve().parent.name)
    return known.read(ReaderSource(files, name, reporter(on_error)))
