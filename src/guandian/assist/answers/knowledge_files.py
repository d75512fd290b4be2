"""What a shop knows, read from its files: FAQs, manuals, past replies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

from guandian.assist.answers.passages import Kind, Passage
from guandian.errors import BadRow, GuandianError
from guandian.files import RejectFile
from guandian.files.columns.values import as_text
from guandian.files.formats.encoding import text_lines
from guandian.files.formats.plain_rows import table_rows
from guandian.files.formats.source import open_source, refuse_missing
from guandian.files.table import Rejected, TableRow
from guandian.privacy import Masking
from guandian.text.sentences import sentences

PART = 320
"""Characters that a part of a manual has at most, one long sentence aside."""
MOST_ANSWER = 1 << 15
"""The longest answer of a table, in characters."""
_PROSE = (".md", ".markdown", ".txt")
_QUESTION = ("question", "q", "ask", "title", "问题", "标准问题", "标准问", "问", "提问")
_ANSWER = ("answer", "a", "best_answer", "答案", "回答", "答", "标准答案")
_REPLY = ("reply", "response", "回复", "客服回复")
_TEXT = ("text", "passage", "content", "内容", "正文")
_ALIKE = ("similar", "alike", "相似问", "相似问题", "相似问法")
_BETWEEN_ALIKE = re.compile(r"\s*(?:[|\n]|##|[;；])\s*")
_HEADING = re.compile(r"(?P<level>#{1,6})\s+(?P<name>\S.*?)\s*#*")
_NOISE = re.compile(r"\s*(?:[-=*_]{3,}|```.*|\|[-:| ]+\|)\s*")


def read_passages(
    path: Path, rejects: RejectFile | None = None, masking: Masking | None = None
) -> list[Passage]:
    """The passages of a file.

    A table (CSV, TSV, JSON Lines) has the columns `question` and `answer` (an FAQ; `similar` may
    hold other forms of the question, divided by `;` or `|`), `question` and `reply` (past replies,
    in which personal data is masked), or `text`, with `title` where there is one. Markdown and
    plain text (UTF-8 or GB18030) are manuals: cut at headings and blank lines, in parts of whole
    sentences.

    Args:
        path: the file, of any of these endings; tables may be packed with gzip.
        rejects: takes rows that cannot be read; without it the first one is raised.
        masking: of past replies.

    Raises:
        BadRow: a row without an answer, or one that is no row.
        GuandianError: the file is missing, empty, or lacks a column.
    """
    refuse_missing(str(path))
    if path.suffix.lower() in _PROSE:
        passages = [*_manual(path)]
    else:
        passages = [*_table(path, rejects, masking or Masking())]
    if not passages:
        raise GuandianError(f"{path} holds nothing to answer from", "give a file with answers")
    return passages


def _table(path: Path, rejects: RejectFile | None, masking: Masking) -> Iterator[Passage]:
    columns: _Columns | None = None
    with ExitStack() as closing:
        for row in table_rows(path, closing):
            try:
                if isinstance(row, Rejected):
                    raise row.error
                columns = columns or _Columns(tuple(row.values), path)
                yield columns.passage(row, masking)
            except BadRow as error:
                if rejects is None:
                    raise
                rejects.add(error, row.raw)


class _Columns:
    """Which columns of a table hold what."""

    def __init__(self, header: Sequence[str], path: Path) -> None:
        plain = {name.strip().casefold(): name for name in reversed(header)}

        def named(names: Iterable[str]) -> str | None:
            return next((plain[name] for name in names if name in plain), None)

        self.path = path
        self.question, self.alike = named(_QUESTION), named(_ALIKE)
        columns: list[tuple[Kind, str | None]] = [
            ("faq", named(_ANSWER)),
            ("reply", named(_REPLY)),
            ("manual", named(_TEXT)),
        ]
        chosen = next(((kind, name) for kind, name in columns if name is not None), None)
        if chosen is None or (chosen[0] != "manual" and self.question is None):
            raise GuandianError(
                f"{path} has no columns question and answer: {', '.join(header)}",
                "name them question and answer (an FAQ), question and reply, or text",
            )
        self.kind: Kind = chosen[0]
        self.text = str(chosen[1])

    def passage(self, row: TableRow, masking: Masking) -> Passage:
        """The passage of a row."""
        where = str(self.path), row.line
        question, text = self._cell(row, self.question), self._cell(row, self.text)
        if not text:
            raise BadRow(*where, self.text, "it is empty")
        if len(text) > MOST_ANSWER:
            raise BadRow(*where, self.text, f"it has more than {MOST_ANSWER:,} characters")
        if self.kind != "manual" and not question:
            raise BadRow(*where, str(self.question), "it is empty")
        if alike := self._cell(row, self.alike):
            question = "\n".join([question, *filter(None, _BETWEEN_ALIKE.split(alike))])
        if self.kind == "reply":
            question, text = masking.text(question)[0], masking.text(text)[0]
        name = self.path.name
        return Passage(f"{name}:{row.line}", name, row.line, self.kind, question, text)

    @staticmethod
    def _cell(row: TableRow, column: str | None) -> str:
        return (as_text(row.values.get(column)) or "").strip() if column else ""


def _manual(path: Path) -> Iterator[Passage]:
    with ExitStack() as closing:
        lines = text_lines(open_source(str(path), closing), str(path), None)
        yield from _cut(path, (line.rstrip("\r\n") for line in lines))


def _cut(path: Path, lines: Iterable[str]) -> Iterator[Passage]:
    marked = path.suffix.lower() != ".txt"
    trail: list[str] = []
    block: list[str] = []
    start = 1
    for number, line in enumerate(chain(lines, [""]), start=1):
        heading = _HEADING.fullmatch(line.strip()) if marked else None
        if heading or not line.strip() or _NOISE.fullmatch(line):
            yield from _parts(path, start, " / ".join(filter(None, trail)), block)
            block, start = [], number + 1
        else:
            block.append(line)
        if heading:
            level = len(heading["level"])
            trail = [*trail[: level - 1], *[""] * (level - 1 - len(trail)), heading["name"]]


def _parts(path: Path, line: int, headings: str, block: Sequence[str]) -> Iterator[Passage]:
    """A paragraph as one passage, or as several of whole sentences."""
    text = "\n".join(block).strip()
    if not text:
        return
    spans = sentences(text) if len(text) > PART else []
    starts = [0]
    for span in spans[1:]:
        if span.end - starts[-1] > PART:
            starts.append(span.start)
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(text)], strict=True)):
        at = line + text[:start].count("\n")
        name = f"{path.name}:{at}" + (f".{number + 1}" if number else "")
        yield Passage(name, path.name, at, "manual", headings, text[start:end].strip())
