"""Examples of intents in people's files: a text and the intent that it stands for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from guandian.errors import BadRow, GuandianError
from guandian.files.columns.values import as_text
from guandian.files.formats.opening import Layout, open_tables
from guandian.files.table import Rejected, TableRow
from guandian.text.cleaning import clean
from guandian.wording import say

_TEXTS = (
    "text", "message", "utterance", "sentence", "query", "question", "example", "content", "seq.in",
    "文本", "内容", "句子", "问题", "来信", "消息", "例句", "用户问题", "问句",
)  # fmt: skip
_INTENTS = ("intent", "label", "category", "class", "intention", "意图", "标签", "类别", "分类")
_SPLIT = ("seq.in", "label")
"""The two files of a folder of the published few-shot splits, one line an example."""
LEAST_INTENTS = 2
MOST_INTENTS = 2000


@dataclass(frozen=True, slots=True)
class IntentExample:
    """One message with its intent, and where it stands."""

    text: str
    intent: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class IntentExamples:
    """Examples that can be learned from, and what was noticed in them.

    Attributes:
        rows: in the order of the files, texts cleaned; doubles of one intent left out.
        notes: such as intents that have one example.
    """

    rows: tuple[IntentExample, ...]
    notes: tuple[str, ...]

    @property
    def texts(self) -> list[str]:
        """The texts, by row."""
        return [row.text for row in self.rows]

    @property
    def intents(self) -> list[str]:
        """The intents, by row."""
        return [row.intent for row in self.rows]


def read_examples(
    paths: Sequence[Path], columns: Mapping[str, str] | None = None
) -> IntentExamples:
    """Read examples to learn from.

    Args:
        paths: CSV, TSV, Excel, JSON (Lines) or Parquet with a column of texts and one of intents;
            or folders with `seq.in` and `label`.
        columns: the names of the columns under `text` and `intent`, where they are not known ones.

    Raises:
        BadRow: a row without a text or an intent.
        GuandianError: a file that cannot be read, columns that are not there, one text under two
            intents, or fewer than two intents.
    """
    rows = [row for path in paths for row in _rows_of(path, columns or {})]
    first: dict[str, IntentExample] = {}
    doubles = 0
    for row in rows:
        earlier = first.setdefault(_key(row.text), row)
        if earlier.intent != row.intent:
            raise GuandianError(
                f"{row.file}, line {row.line}: {row.text[:80]!r} stands under the intent"
                f" {row.intent!r}, and under {earlier.intent!r} in {earlier.file}, line"
                f" {earlier.line}",
                "keep it under one of them, or make the two one intent",
            )
        doubles += earlier is not row
    chosen = tuple(first.values())
    counts = Counter(row.intent for row in chosen)
    _refuse_number(counts, paths)
    return IntentExamples(chosen, tuple(_notes(counts, doubles)))


def read_labelled(path: Path, columns: Mapping[str, str] | None = None) -> list[IntentExample]:
    """Read messages with the intents that people gave them, to score against; errors as above."""
    return list(_rows_of(path, columns or {}))


def read_messages(path: Path, columns: Mapping[str, str] | None = None) -> list[str]:
    """Read messages alone, one a row; of a folder its `seq.in`.

    Raises:
        GuandianError: a file that cannot be read, or that has no column of texts.
    """
    if path.is_dir():
        return [clean(line)[0] for line in _lines(path / _SPLIT[0])]
    if path.suffix.lower() == ".txt":
        return [clean(line)[0] for line in _lines(path)]
    texts = (cells[0] for _, cells in _cells(path, {"text": _TEXTS}, columns or {}))
    return [clean(text)[0] for text in texts if text.strip()]


def _key(text: str) -> str:
    return " ".join(text.casefold().split())


def _refuse_number(counts: Mapping[str, int], paths: Sequence[Path]) -> None:
    named = ", ".join(map(str, paths))
    if len(counts) < LEAST_INTENTS:
        raise GuandianError(
            f"{named} names {len(counts)} intents, and nothing can be told apart",
            "give examples of two intents at least",
        )
    if len(counts) > MOST_INTENTS:
        raise GuandianError(
            f"{named} names {len(counts):,} intents, more than {MOST_INTENTS:,}",
            "check which column holds the intents: --column intent=NAME",
        )


def _notes(counts: Mapping[str, int], doubles: int) -> Iterator[str]:
    if single := sorted(name for name, number in counts.items() if number == 1):
        yield say(
            "one example alone, so that nothing tells how well it is known: {names}",
            names=", ".join(single[:10]),
        )
    if doubles:
        yield say("{number} examples stand there twice and count once", number=doubles)


def _rows_of(path: Path, columns: Mapping[str, str]) -> Iterator[IntentExample]:
    if path.is_dir():
        pairs = _split_folder(path)
    else:
        wanted = {"text": _TEXTS, "intent": _INTENTS}
        pairs = ((line, cells) for line, cells in _cells(path, wanted, columns))
    for line, (raw, intent) in pairs:
        text = clean(raw)[0].strip()
        for name, cell in (("text", text), ("intent", intent.strip())):
            if not cell:
                raise BadRow(str(path), line, name, "it is empty")
        yield IntentExample(text, intent.strip(), str(path), line)


def _split_folder(folder: Path) -> Iterator[tuple[int, list[str]]]:
    texts, labels = (_lines(folder / name) for name in _SPLIT)
    if len(texts) != len(labels):
        raise GuandianError(
            f"{folder}: {_SPLIT[0]} has {len(texts)} lines, {_SPLIT[1]} {len(labels)}",
            "give two files whose lines belong together",
        )
    yield from enumerate(map(list, zip(texts, labels, strict=True)), start=1)


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        raise GuandianError(
            f"there is no {path}",
            f"give a file, or a folder with {' and '.join(_SPLIT)}, one example a line",
        )
    lines = path.read_text("utf-8").split("\n")
    return lines[:-1] if lines and not lines[-1] else lines


def _cells(
    path: Path, wanted: Mapping[str, Sequence[str]], columns: Mapping[str, str]
) -> Iterator[tuple[int, list[str]]]:
    """The wanted cells of each row, with its line."""
    with ExitStack() as closing:
        tables, _ = open_tables(str(path), Layout(), list(columns.values()), closing)
        for sheet in tables:
            table = sheet.open()
            keys = [_column(path, table.header, role, names, columns)
                    for role, names in wanted.items()]  # fmt: skip
            for row in table.rows:
                if isinstance(row, Rejected):
                    raise row.error
                if isinstance(row, TableRow):
                    yield row.line, [as_text(row.values.get(key)) or "" for key in keys]


def _column(
    path: Path,
    header: Sequence[str],
    role: str,
    names: Sequence[str],
    columns: Mapping[str, str],
) -> str:
    named = columns.get(role)
    fitting = (name for name in header if name.strip().casefold() in names)
    key = (named if named in header else None) if named else next(fitting, None)
    if key is None:
        missing = f"no column {named!r}" if named else f"no column of {role}s that is known by name"
        raise GuandianError(
            f"{path} has {missing}; it has {', '.join(header)}",
            f"name it: --column {role}=NAME",
        )
    return key
