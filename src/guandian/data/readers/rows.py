"""Parts that the readers share: rows with their place, names, levels, reports of bad rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from guandian.domain import Labelled, Polarity, Quad, Span
from guandian.errors import BadRow, GuandianError, likely
from guandian.io.bounded import lines_of
from guandian.io.delimited_records import Broken, NumberedLines, Record, read_records
from guandian.io.strict_json import RepeatedKey, read_json

TWO_LEVELS = (Polarity.NEGATIVE, Polarity.POSITIVE)
THREE_LEVELS = (Polarity.NEGATIVE, Polarity.NEUTRAL, Polarity.POSITIVE)

_BESIDE = 6
"""Names of other files that an error lists."""

Report = Callable[[BadRow], None]
OnError = Report | Literal["stop", "skip"]
Item = TypeVar("Item")

# What corpora, label tools and shops call the polarities, the commonest first.
_WORDS = {
    Polarity.POSITIVE: (
        "正面 正向 积极 好评 褒义 满意 肯定 正 褒 正评 積極 好評 褒義 滿意 正評 "
        "positive pos favourable favorable"
    ),
    Polarity.NEGATIVE: (
        "负面 负向 消极 差评 贬义 不满意 不满 否定 负 贬 负评 負面 負向 消極 差評 貶義 不滿意 不滿 "
        "負 負評 negative neg unfavourable unfavorable"
    ),
    Polarity.NEUTRAL: "中性 中立 中评 中評 neutral neu",
}
_POLARITIES = {word: polarity for polarity, words in _WORDS.items() for word in words.split()}
# 正面评价, 积极情感: what is judged adds nothing to how.
_JUDGED = re.compile(
    r"(?<=.)(?:评价|評價|情感倾向|情感|情绪|情緒|倾向|态度|极性|观点|sentiment|polarity)$"
)
# 正面/positive, 负面 (negative): one name in two languages.
_BETWEEN = re.compile(r"[\s/|()（）\[\]【】,，、_-]+")
_MARKS = " \t\r\n\u3000\ufeff\u200b'\"“”‘’,，.。;；:：、!！?？"


@dataclass(frozen=True, slots=True)
class ReaderSource:
    """The input of a reader.

    Attributes:
        files: the files that the format needs, one for most.
        dataset: the name that the records carry.
        report: told each bad row; when it returns, the row is left out and reading goes on.
        group: the product category or domain of the whole file, where the set has one.
        entity_types: the types that the set annotates; empty: what the file itself shows.
    """

    files: tuple[Path, ...]
    dataset: str
    report: Report
    group: str = ""
    entity_types: tuple[str, ...] = ()

    def id(self, line: int) -> str:
        """The id of the record that begins on `line`, for a format without ids of its own."""
        path = self.files[0]
        return f"{self.group}/{path.stem}-{line}" if self.group else f"{path.stem}-{line}"

    def keep(self, line: int, record: Labelled) -> Iterator[Labelled]:
        """Yield the record that begins on `line`, or report it when its text is empty."""
        if record.text.strip():
            yield record
        else:
            self.bad(line, "text", "empty text")

    def bad(self, line: int, column: str, reason: str) -> None:
        """Report a bad row of the first file."""
        self.report(BadRow(str(self.files[0]), line, column, reason))


class WrongField(ValueError):
    """A field of a row that does not fit; `column` names it."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


def json_row(raw: str) -> Any:
    """The value of a line of JSON.

    Raises:
        WrongField: it is none, or an object has a key twice.
    """
    try:
        return read_json(raw)
    except RepeatedKey as error:
        raise WrongField(error.key, str(error)) from None
    except (ValueError, RecursionError) as error:
        raise WrongField("", f"not JSON: {error}") from None


def reporter(on_error: OnError) -> Report:
    """Turn `on_error` into a function that is told each bad row.

    "stop" raises the first `BadRow`; "skip" leaves bad rows out; a function is called with each.
    """
    if callable(on_error):
        return on_error
    if on_error == "stop":
        return _stop
    if on_error == "skip":
        return _skip
    raise GuandianError(
        f"on_error is {on_error!r}", "give 'stop', 'skip' or a function that takes a BadRow"
    )


def _stop(bad: BadRow) -> None:
    raise bad


def _skip(bad: BadRow) -> None:
    del bad


def clean_name(name: str) -> str:
    """A category or polarity name without blanks and marks around it, blanks inside made one."""
    return " ".join(unicodedata.normalize("NFC", name).strip(_MARKS).split())


def read_polarity(name: str) -> Polarity:
    """The polarity that a word names, in Chinese or English, any case, marks around it ignored.

    Raises:
        ValueError: for an unknown word.
    """
    whole = clean_name(name).casefold()
    named = [whole, *filter(None, _BETWEEN.split(whole))]
    polarities = [_POLARITIES.get(_JUDGED.sub("", word).rstrip(" _-")) for word in named]
    polarity = polarities[0] or (polarities[1] if len({*polarities[1:]}) == 1 else None)
    if polarity is None:
        raise ValueError(f"unknown polarity {name!r}; known: {known_polarities()}")
    return polarity


def known_polarities() -> str:
    """The polarities, as a message shows them; what says the same is read too."""
    return ", ".join(_WORDS)


def read_level(level: str, levels: Sequence[Polarity]) -> Polarity:
    """The polarity that a number stands for: `levels[0]` for "0" and so on.

    Raises:
        ValueError: for another number or a word.
    """
    name = clean_name(level)
    if name.isascii() and name.isdigit() and int(name) < len(levels):
        return levels[int(name)]
    names = ", ".join(f"{number} {polarity}" for number, polarity in enumerate(levels))
    raise ValueError(f"unknown polarity {level!r}: one of {names}")


def well_formed(text: str) -> bool:
    """Tell whether `text` holds no lone surrogate (bytes that were not UTF-8 become such)."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def read_lines(path: Path, report: Report) -> Iterator[tuple[int, str]]:
    """Yield `(line number, line)` of a UTF-8 file, with or without mark, line ends removed."""
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="\n") as file:
            for number, raw in enumerate(lines_of(file, path), start=1):
                line = raw.rstrip("\r\n")
                if well_formed(line):
                    yield number, line
                else:
                    report(BadRow(str(path), number, "", "bytes that are not UTF-8"))
    except FileNotFoundError:
        raise missing(path) from None


def read_table(
    path: Path, columns: Sequence[str], report: Report, delimiter: str = ","
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield `(line number, row)` of a CSV or TSV file whose header holds `columns`.

    The line is the one that the row begins on. A row with another number of fields than the
    header, a broken quote or bytes that are not UTF-8 is reported and left out.

    Raises:
        GuandianError: when the file is missing or its header lacks a column.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            source = NumberedLines(lines_of(file, path))
            records = read_records(source, delimiter, quoted=delimiter == ",")
            first = next(records, Record(1, [], ""))
            if isinstance(first, Broken):
                raise GuandianError(f"the header of {path} cannot be read: {first.reason}")
            header = [name.strip() for name in first.cells]
            lacking = [name for name in columns if name not in header]
            if lacking:
                raise GuandianError(
                    f"{path} has no column {', '.join(lacking)}; its header is {header}",
                    f"give a file with the columns {', '.join(columns)}",
                )
            for record in records:
                line = record.line
                if isinstance(record, Broken):
                    reason = f"cannot be read as a table row: {record.reason}"
                    report(BadRow(str(path), line, "", reason))
                    continue
                fields = record.cells
                if not fields:
                    continue
                if len(fields) != len(header):
                    reason = f"{len(fields)} fields where the header has {len(header)}"
                    report(BadRow(str(path), line, "", reason))
                elif not all(map(well_formed, fields)):
                    report(BadRow(str(path), line, "", "bytes that are not UTF-8"))
                else:
                    yield line, dict(zip(header, fields, strict=True))
    except FileNotFoundError:
        raise missing(path) from None


def missing(path: Path) -> GuandianError:
    """The error for a data file that is not there, naming what of its kind stands beside it."""
    names = [item.name for item in path.parent.glob("*")] if path.parent.is_dir() else []
    beside = sorted(name for name in names if path.suffix and name.endswith(path.suffix))[:_BESIDE]
    problem = (
        f"no file {path}: beside it are {', '.join(beside)}"
        if beside
        else f"no file {path}"
        if names
        else f"no file {path}: its folder is empty or not there"
    )
    return GuandianError(problem, f"{likely(path.name, names)}check the name and the folder")


def gather_quads(
    items: Iterable[Item], parse: Callable[[Item], Quad], tell: Callable[[Item, ValueError], None]
) -> tuple[Quad, ...] | None:
    """Parse the opinions of one text: a wrong one is told and left out, the others stay.

    Returns:
        The opinions, exact repeats taken once, or None when there were some and not one could be
        read: the text then says nothing and must be left out too.
    """
    quads: list[Quad] = []
    wrong = False
    for item in items:
        try:
            quads.append(parse(item))
        except ValueError as error:
            wrong = True
            tell(item, error)
    return tuple(dict.fromkeys(quads)) if quads or not wrong else None


def trim(span: Span, text: str) -> Span:
    """`span` without blanks at its ends.

    Raises:
        ValueError: when the span runs past the text's end or covers blanks alone.
    """
    if span.end > len(text):
        raise ValueError(f"{span.start}-{span.end} runs past the text's {len(text)} characters")
    words = span.of(text)
    start = span.start + len(words) - len(words.lstrip())
    end = span.end - (len(words) - len(words.rstrip()))
    if start >= end:
        raise ValueError(f"{span.start}-{span.end} covers blanks alone")
    return Span(start, end)
