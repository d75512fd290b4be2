"""Rows that stand in a table of reviews and are none: totals, headers again, tables below."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from guandian.files.columns.guess import ColumnGuess, known_names
from guandian.files.columns.review import OpenTable
from guandian.files.columns.values import as_text
from guandian.files.table import Aside, Rejected, TableRow
from guandian.wording import say, term

KINDS = {
    "app": term("entries of the app itself, no reviews, not read"),
    "total": term("rows of totals or notes, no reviews, not read"),
    "header": term("rows that repeat the header, not read"),
    "table": term(
        "rows of another table below a blank row, not read (give it a sheet or file of its own)"
    ),
    "hidden": term("hidden rows, left out as asked"),
    "rounded": term(
        "rows with numbers of more than 15 digits, whose last digits Excel did not keep; store "
        "such numbers as text"
    ),
    "shown": term(
        "hidden rows, as by a filter, read like the others; --hidden skip leaves them out"
    ),
}
"""Kinds of rows that are counted, and how that is told."""

_SHORT = 20
_SUM = r"(?:合计|总计|小计|共计|总共|总和|总数|汇总|共|(?:grand )?totals?|sub-?totals?)"
_COUNTED = (
    r"(?:[条个行笔份](?:有效)?(?:评价|评论|记录|数据)?|(?:rows?|reviews?|ratings?)(?: in total)?)"
)
# Possessive: numbers that could be cut in many ways cost time that grows with their product.
_FIGURE = (
    rf"(?:(?:{_SUM}|平均[分值]?|均[分值]|[好中差]评[率数]?|满意[率度]|averages?|avg\.?|mean|n|count"
    rf"|positive(?: rate)?)[ :=]*)?\d++(?:[.,]\d++)*+(?: *+(?:{_COUNTED}|[分星%]|stars?))?"
)
_FIGURES = re.compile(rf"{_FIGURE}(?:[,;、。 ]+{_FIGURE})*[。.]?")
"""Nothing but numbers with what they count: `60条评价`, `平均4.2分, 好评率85%`, `n=20`."""
_TOTAL = re.compile(
    rf"{_SUM}(?<!共)(?<!总共)[ :]*"
    rf"|(?={_SUM}){_FIGURES.pattern}"
    r"|[\d,]+ *(?:[条份](?:有效)?(?:评价|评论|记录|数据)|"
    r"(?:reviews|ratings)(?: in total)?)"
    r"|(?:导出|制表|制单|填表|统计|打印|操作|审核|经办|负责)(?:时间|日期|人)?:.*|数据来源:.*"
    r"|[-—=*~#.… ]*(?:以[上下](?:为|是|均为)?(?:全部|所有)?(?:评价|评论|数据|内容|记录|空白)?"
    r"|(?:the )?end of (?:reviews|data|report|list))[-—=*~#.… ]*"
    r"|(?:备注|注|说明|声明|note)s?:.*"
    r"(?:internal use|confidential|仅供|内部|外传|保密|本表|口径|导出|统计).*"
)
_MEAN = re.compile(
    r"(?:平均|平均值|平均分|均值|[好中差]评[数率]|averages?|avg\.?|mean|sum|max|min|count)[ :]*"
)
_NUMBER = re.compile(r"[\d.,%\s]*(?:条|个|行|rows?|reviews?)?")
_ABOUT = ("id", "product", "brand", "time", "user", "source")


class Counted(NamedTuple):
    """The number of rows of one kind in a table, and the line of the first."""

    number: int
    first: int


def reviews_of(source: OpenTable, *, skip_hidden: bool) -> Iterator[TableRow | Rejected | Aside]:
    """The rows of a table, those that are no reviews as `Aside`.

    Args:
        source: the table.
        skip_hidden: whether rows that a sheet hides are left out.
    """
    header = source.table.header
    below = False
    for row in source.table.rows:
        if not isinstance(row, TableRow):
            if below and isinstance(row, Rejected):
                yield Aside(row.error.element or row.error.line, "table")
            else:
                yield row
            continue
        cells = _short_cells(row)
        if cells and _repeats(cells, header):
            below = False
            yield Aside(row.number, "header")
            continue
        below = below or (row.gap and _names_columns(cells))
        if below:
            yield Aside(row.number, "table")
        elif cells and _is_total(row, source.guess, cells):
            yield Aside(row.number, "total")
        elif skip_hidden and row.hidden:
            yield Aside(row.number, "hidden")
        else:
            yield row


def count_notes(path: str, counted: Mapping[str, Counted]) -> list[str]:
    """A note for each kind of row that was counted."""
    notes = []
    for kind, (number, first) in counted.items():
        line = say("the first is row {first:,}", first=first)
        notes.append(f"{path}: {KINDS[kind]}: {number:,}; {line}")
    return notes


def _short_cells(row: TableRow) -> dict[str, str]:
    """The cells that hold something, by column; empty where one of them is long, as a text is."""
    cells: dict[str, str] = {}
    for name, value in row.values.items():
        text = value if isinstance(value, str) else as_text(value) or ""
        if len(text) > 2 * _SHORT:
            return {}
        if text.strip():
            cells[name] = text.strip()
    return cells


def _repeats(cells: Mapping[str, str], header: tuple[str, ...]) -> bool:
    """Tell whether a row names the columns once more, as in files that were put together."""
    return (
        len(cells) > 1
        and all(name == cell for name, cell in cells.items())
        and (2 * len(cells) > len(header))
    )


def _names_columns(cells: Mapping[str, str]) -> bool:
    """Tell whether the cells of a row, half of them at least, are names that columns have."""
    words = [*cells.values()]
    if len(words) < 2 or any(len(word) > _SHORT or _NUMBER.fullmatch(word) for word in words):
        return False
    return 2 * known_names(words) >= len(words)


def _is_total(row: TableRow, guess: ColumnGuess, cells: Mapping[str, str]) -> bool:
    """Tell whether a row sums up: its first cell says so, no other is a text or tells of a review.

    A mean and the like may be what somebody wrote: they count where nothing else is said.
    """
    first = _plain(next(iter(cells.values())))
    texts = [cells[name] for name in guess.texts if name in cells]
    total = bool(_TOTAL.fullmatch(first))
    if not total and not _MEAN.fullmatch(first):
        return False
    plain = [_plain(text) for text in texts]
    if any(not _is_figure(text) and text != first for text in plain):
        return bool(total and _TOTAL.fullmatch(plain[0]))
    about = [guess.columns[role] for role in _ABOUT if role in guess.columns]
    details = [name for name in about if name in cells and _plain(cells[name]) != first]
    if first in plain:
        return not details and len(row.values) > 1 and (total or bool(about))
    return total or not details


def _is_figure(plain: str) -> bool:
    return bool(_NUMBER.fullmatch(plain) or _FIGURES.fullmatch(plain))


def _plain(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell).casefold().strip()
