"""A sheet of a workbook, row by row, with what a reader of its cells alone does not see.

This module is imported only where openpyxl is there (`workbook.needs`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from openpyxl.utils.datetime import WINDOWS_EPOCH
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet._reader import COL_TAG, DATA_TAG, ROW_TAG, WorkSheetParser
from openpyxl.xml.functions import iterparse

from guandian.errors import GuandianError
from guandian.files.formats.workbook import EXCEL_ROWS
from guandian.files.table import MOST_COLUMNS

if TYPE_CHECKING:
    from guandian.files.formats.excel import Metered

_MERGED = re.compile(
    rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"'
)
_MOST_MERGED = 100_000
_SHEET_BYTES = 1 << 32
_BLOCK = 1 << 18
_DIGITS = 15
_MOST_EXACT = 10**_DIGITS
"""From here on Excel loses digits of a number."""
_YES = ("1", "true")


class SheetRow(NamedTuple):
    """A row with something in it.

    Attributes:
        number: its row in the sheet.
        cells: its values, without the blank ones at its end.
        hidden: whether the sheet hides it, as a filter does.
        merged: what stands in the cells that are merged with one above, by position from 0.
        rounded: whether it has a number of more digits than Excel keeps.
    """

    number: int
    cells: Sequence[object]
    hidden: bool = False
    merged: Mapping[int, object] = MappingProxyType({})
    rounded: bool = False


class Sheet(ReadOnlyWorksheet):
    """A sheet that is read row by row, whatever it says about its own size.

    Attributes:
        hidden_columns: ranges of positions from 0, half-open; known when the first row is.
    """

    hidden_columns: Sequence[range] = ()
    _source: Metered

    def _get_size(self) -> None:
        """Its size is not asked for."""

    def _get_source(self) -> Metered:
        me: Any = self  # the stubs leave out what is private
        self._source = me.parent._archive.metered(me._worksheet_path)
        return self._source

    def hides(self, position: int) -> bool:
        """Tell whether the sheet hides the column at a position from 0."""
        return any(position in run for run in self.hidden_columns)

    @property
    def days_later(self) -> int:
        """The days by which its numbers of days begin behind those of most workbooks."""
        me: Any = self
        return int((me.parent.epoch - WINDOWS_EPOCH).days)

    def lines(self) -> Iterator[SheetRow]:
        """The rows with something in them.

        Raises:
            GuandianError: for a row that is longer than is read, or beyond Excel's last, and for a
                cell beyond Excel's last column.
        """
        merges = _Merges(self._merged())
        with self._get_source() as source:
            parser = _Parser(source, self)
            for number, parsed, hidden in parser.rows():
                source.begin_anew()
                if number > EXCEL_ROWS or any(cell["column"] > MOST_COLUMNS for cell in parsed):
                    raise GuandianError(
                        f"{source.path}: the sheet {self.title!r} has more than {EXCEL_ROWS:,} rows"
                        f" or {MOST_COLUMNS:,} columns, which Excel does not allow",
                        "save it as CSV UTF-8",
                    )
                self.hidden_columns = parser.hidden
                cells = _row(parsed)
                merged = merges.at(number, cells)
                if cells:
                    rounded = any(_is_rounded(cell["value"]) for cell in parsed)
                    yield SheetRow(number, cells, hidden, merged, rounded)

    def _merged(self) -> Iterator[tuple[int, int, int]]:
        """Column from 0, first and last row of each column of cells that are one cell."""
        tail, count, size = b"", 0, 0
        with self._get_source() as source:
            while block := source.read(_BLOCK):
                size += len(block)
                if size > _SHEET_BYTES:
                    raise GuandianError(
                        f"{source.path}: the sheet {self.title!r} is longer than"
                        f" {_SHEET_BYTES:,} bytes",
                        "save it as CSV UTF-8",
                    )
                if b"<row" in block or b":row" in block or count:
                    source.begin_anew()
                for match in _MERGED.finditer(tail + block):
                    first, last = int(match[2]), int(match[4])
                    count += 1
                    if first < last and count <= _MOST_MERGED:
                        for column in range(_position(match[1]), _position(match[3]) + 1):
                            yield column, first, last
                tail = (tail + block)[-_LONGEST_TAG:].rpartition(b">")[2]


_LONGEST_TAG = 200


class _Merges:
    """Values that are written in the first row of several and hold in all of them."""

    def __init__(self, areas: Iterator[tuple[int, int, int]]) -> None:
        self._begin: dict[int, list[tuple[int, int]]] = {}
        self._open: dict[int, tuple[int, object]] = {}
        for column, first, last in areas:
            self._begin.setdefault(first, []).append((column, last))

    def at(self, number: int, cells: Sequence[object]) -> dict[int, object]:
        """The values from above in a row, by position; rows come in their order."""
        if not self._begin and not self._open:
            return {}
        self._open = {column: merge for column, merge in self._open.items() if merge[0] >= number}
        values = {column: value for column, (_, value) in self._open.items()}
        for column, last in self._begin.pop(number, ()):
            if column < len(cells) and cells[column] is not None:
                self._open[column] = last, cells[column]
        return values


class _Parser(WorkSheetParser):
    """Reads columns and rows, keeps neither, and stops behind the last row."""

    def __init__(self, source: Metered, sheet: Sheet) -> None:
        book: Any = sheet.parent
        super().__init__(
            source,
            sheet._shared_strings,  # type: ignore[attr-defined]
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        self.hidden: list[range] = []
        self._percent = _percent_styles(book)

    def rows(self) -> Iterator[tuple[int, list[dict[str, Any]], bool]]:
        """Number, cells and whether it is hidden, of each row."""
        me: Any = self
        data: Any = None
        for event, node in iterparse(me.source, events=("start", "end")):
            if event == "start":
                data = node if node.tag == DATA_TAG else data
            elif node.tag == COL_TAG and node.get("hidden") in _YES:
                first, last = int(node.get("min", 1)), int(node.get("max", 1))
                self.hidden.append(range(first - 1, min(last, MOST_COLUMNS)))
            elif node.tag == ROW_TAG:
                number, cells = me.parse_row(node)
                me.row_dimensions.clear()
                hidden = node.get("hidden") in _YES
                data.clear()
                yield number, cells, hidden
            elif node.tag == DATA_TAG:
                return

    def parse_cell(self, element: Any) -> dict[str, Any]:
        """A cell; a share that is shown in percent is one, for 0.9 would be another rating.

        Of a long number the digits that Excel keeps, and zeros, as Excel shows them.
        """
        me: Any = super()
        cell: dict[str, Any] = me.parse_cell(element)
        value = cell["value"]
        if cell["style_id"] in self._percent and isinstance(value, int | float):
            cell["value"] = f"{round(100 * value, 6):g}%"
        elif isinstance(value, float) and abs(value) >= _MOST_EXACT and value.is_integer():
            cell["value"] = int(Decimal(f"{value:.{_DIGITS}g}"))
        return cell


def _percent_styles(book: Any) -> frozenset[int]:
    """The numbers of the styles that show a number in percent."""
    return frozenset(
        number
        for number, style in enumerate(book._cell_styles)
        if style.numFmtId in (9, 10)
        or (0 <= style.numFmtId - 164 < len(book._number_formats)
            and "%" in book._number_formats[style.numFmtId - 164])
    )  # fmt: skip


def _row(parsed: Sequence[dict[str, Any]]) -> list[object]:
    filled = {cell["column"]: cell["value"] for cell in parsed if cell["value"] is not None}
    return [filled.get(column) for column in range(1, max(filled, default=0) + 1)]


def _is_rounded(value: object) -> bool:
    """Tell whether a number has more digits than Excel keeps, and zeros for those it lost."""
    if not isinstance(value, int) or abs(value) < _MOST_EXACT:
        return False
    return bool(value % 10 ** (len(str(abs(value))) - _DIGITS) == 0)


def _position(letters: bytes) -> int:
    """The position from 0 of a column that is named by letters."""
    position = 0
    for letter in letters:
        position = 26 * position + letter - 64  # digits of base 26 from A, which is byte 65
    return min(position, MOST_COLUMNS) - 1
