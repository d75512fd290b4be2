"""The Zhijiang Cup 2019 format: a table of reviews and a table of labels beside it.

`*_reviews.csv` holds `id,Reviews`; `*_labels.csv` holds `id,AspectTerms,A_start,A_end,
OpinionTerms,O_start,O_end,Categories,Polarities`, with `_` for an absent part. The offsets are
half-open and count UTF-16 units, so they differ from code points after an emoji.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from guandian.data.readers.rows import (
    ReaderSource,
    WrongField,
    clean_name,
    gather_quads,
    read_polarity,
    read_table,
)
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


def read_zhijiang(source: ReaderSource) -> Iterator[Labelled]:
    """Yield the reviews of a pair of tables, or of a table of reviews without labels.

    A label row that does not fit is reported and left out; its review keeps the others, and is
    left out too only when none is left. The labels are held in memory, the reviews stream.
    """
    reviews, *labels = source.files
    rows: defaultdict[str, list[_Row]] = defaultdict(list)
    for path in labels:
        for line, row in read_table(path, _LABEL_COLUMNS, source.report):
            rows[row["id"].strip()].append((line, row))
    seen: set[str] = set()
    for line, row in read_table(reviews, ("id", "Reviews"), source.report):
        id, text = row["id"].strip(), row["Reviews"]
        if id in seen:
            source.bad(line, "id", f"a second review with the id {id!r}")
            continue
        seen.add(id)
        quads = _quads(text, rows.pop(id, []), source) if labels else None
        if labels and quads is None:
            continue
        yield from source.keep(
            line, Labelled(id, text, source.dataset, quads=quads, group=source.group)
        )
    for id, orphans in rows.items():
        for line, _ in orphans:
            source.report(BadRow(str(labels[0]), line, "id", f"no review has the id {id!r}"))


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


def _quads(text: str, rows: list[_Row], source: ReaderSource) -> tuple[Quad, ...] | None:
    def tell(item: _Row, error: ValueError) -> None:
        column = error.column if isinstance(error, WrongField) else ""
        source.report(BadRow(str(source.files[1]), item[0], column, str(error)))

    return gather_quads(rows, lambda item: _quad(text, item[1]), tell)


def _quad(text: str, row: dict[str, str]) -> Quad:
    aspect = _part(text, row, "AspectTerms", "A_start", "A_end")
    expression = _part(text, row, "OpinionTerms", "O_start", "O_end")
    category = clean_name(row["Categories"])
    if not category:
        raise WrongField("Categories", "no category")
    try:
        polarity = read_polarity(row["Polarities"])
    except ValueError as error:
        raise WrongField("Polarities", str(error)) from None
    return Quad(aspect, expression, category, polarity)


def _part(text: str, row: dict[str, str], term: str, start: str, end: str) -> Span | None:
    words = row[term]
    if words.strip() == "_":
        return None
    try:
        span = utf16_span(text, int(row[start]), int(row[end]))
    except ValueError as error:
        raise WrongField(start, str(error)) from None
    if span.of(text) != words:
        raise WrongField(term, f"{words!r} is not at its offsets, {span.of(text)!r} is")
    return span
