"""The Zhijiang Cup 2019 format: a table of reviews and a table of labels beside it.

`*_reviews.csv` holds `id,Reviews`; `*_labels.csv` holds `id,AspectTerms,A_start,A_end,
OpinionTerms,O_start,O_end,Categories,Polarities`, with `_` for an absent part. The offsets are
half-open and count UTF-16 units, so they differ from code points after an emoji.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from guandian.data.reading import Report, clean_name, labelled, read_polarity, read_table
from guandian.domain import Labelled, Quad, Span
from guandian.errors import BadRow

_LABEL_COLUMNS = (
    "id",
    "AspectTerms",
    "A_start",
    "A_end",
    "OpinionTerms",
    "O_start",
    "O_end",
    "Categories",
    "Polarities",
)
_Row = tuple[int, dict[str, str]]


class _WrongField(ValueError):
    """A label row's field that does not fit its review."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


def read_zhijiang(reviews: Path, labels: Path, dataset: str, report: Report) -> Iterator[Labelled]:
    """Yield the reviews of the pair of files, in their order.

    A label row that does not fit is reported and left out; its review keeps the others, and is
    left out too only when no label is left. The labels are held in memory, the reviews stream.

    Args:
        reviews: the `id,Reviews` table.
        labels: the table of quadruples.
        dataset: the name that the records carry.
        report: told each bad row.
    """
    rows: defaultdict[str, list[_Row]] = defaultdict(list)
    for line, row in read_table(labels, _LABEL_COLUMNS, report):
        rows[row["id"].strip()].append((line, row))
    seen: set[str] = set()
    for line, row in read_table(reviews, ("id", "Reviews"), report):
        id, text = row["id"].strip(), row["Reviews"]
        if id in seen:
            report(BadRow(str(reviews), line, "id", f"a second review with the id {id!r}"))
            continue
        seen.add(id)
        own = rows.pop(id, [])
        quads = list(_quads(text, own, labels, report))
        if own and not quads:
            continue
        try:
            yield labelled(id, text, dataset, quads=quads)
        except ValueError as error:
            report(BadRow(str(reviews), line, "Reviews", str(error)))
    for id, orphans in rows.items():
        for line, _ in orphans:
            report(BadRow(str(labels), line, "id", f"no review has the id {id!r}"))


def utf16_span(text: str, start: int, end: int) -> Span:
    """The code-point span of the UTF-16 units `start` to `end` (half-open) of `text`.

    Raises:
        ValueError: when the units are not inside the text or cut a character in two.
    """
    units = text.encode("utf-16-le")
    if not 0 <= start < end <= len(units) // 2:
        raise ValueError(f"units {start}-{end} are not inside the text's {len(units) // 2}")
    try:
        before = len(units[: 2 * start].decode("utf-16-le"))
        inside = len(units[2 * start : 2 * end].decode("utf-16-le"))
    except UnicodeDecodeError:
        raise ValueError(f"units {start}-{end} cut a character in two") from None
    return Span(before, before + inside)


def _quads(text: str, rows: list[_Row], labels: Path, report: Report) -> Iterator[Quad]:
    for line, row in rows:
        try:
            yield _quad(text, row)
        except _WrongField as error:
            report(BadRow(str(labels), line, error.column, str(error)))


def _quad(text: str, row: dict[str, str]) -> Quad:
    aspect = _part(text, row, "AspectTerms", "A_start", "A_end")
    expression = _part(text, row, "OpinionTerms", "O_start", "O_end")
    category = clean_name(row["Categories"])
    if not category:
        raise _WrongField("Categories", "no category")
    try:
        polarity = read_polarity(row["Polarities"])
    except ValueError as error:
        raise _WrongField("Polarities", str(error)) from None
    return Quad(aspect, expression, category, polarity)


def _part(text: str, row: dict[str, str], term: str, start: str, end: str) -> Span | None:
    words = row[term]
    if words.strip() == "_":
        return None
    try:
        span = utf16_span(text, int(row[start]), int(row[end]))
    except ValueError as error:
        raise _WrongField(start, str(error)) from None
    if span.of(text) != words:
        raise _WrongField(term, f"{words!r} is not at its offsets, {span.of(text)!r} is")
    return span
