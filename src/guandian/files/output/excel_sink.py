"""Mined reviews as an Excel workbook for people: names in their language, a frozen header."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any, BinaryIO, Literal
from zipfile import ZIP_DEFLATED, ZipFile

from guandian.display.names import ENTITY_NAMES, POLARITY_NAMES
from guandian.domain import LabelHead, Mined, Review
from guandian.files.formats.workbook import EXCEL_CHARACTERS, EXCEL_ROWS
from guandian.files.output import opinion_rows as flat
from guandian.files.output.formula_safety import safe
from guandian.files.reading import SHEET
from guandian.io.optional_libraries import needs
from guandian.wording import in_chinese

Reader = Literal["zh", "en"]
"""The language of whoever reads a workbook."""

CHINESE = {
    "id": "编号", "text": "评论内容", "product": "产品", "brand": "品牌", "rating": "评分",
    "scale": "评分满分", "time": "时间", "user": "用户", "source": "来源", "language": "语言",
    "sentiment": "整体情感",
    "negative": "负面概率", "neutral": "中性概率", "positive": "正面概率", "aspect": "评价对象",
    "aspect_start": "评价对象起", "aspect_end": "评价对象止", "expression": "评价词",
    "expression_start": "评价词起", "expression_end": "评价词止", "evidence": "依据",
    "evidence_start": "依据起", "evidence_end": "依据止", "category": "类别", "polarity": "极性",
    "confidence": "可信度", "tag": "标签", "part": "所在列", "entities": "实体", "warnings": "警告",
    "model": "模型", flat.REST: "其他列",
}  # fmt: skip
"""The Chinese names of columns; those of the input's own keep theirs."""

ENGLISH = {name: name.replace("_", " ").capitalize() for name in CHINESE} | {
    "id": "ID", "text": "Review text", "sentiment": "Whole review", "negative": "P(negative)",
    "neutral": "P(neutral)", "positive": "P(positive)", "part": "Column",
    flat.REST: "Other columns",
}  # fmt: skip
"""Their English names."""

_UNNAMED = re.compile(r"column (\d+)")
_VALUES = {
    "zh": {
        "polarity": {polarity: name.zh for polarity, name in POLARITY_NAMES.items()},
        "language": {"zh": "中文", "en": "英文", "mixed": "中英混合", "other": "其他"},
        "entity": {kind: name.zh for kind, name in ENTITY_NAMES.items()},
    },
    "en": {
        "polarity": {key: name.en.capitalize() for key, name in POLARITY_NAMES.items()},
        "language": {"zh": "Chinese", "en": "English", "mixed": "Mixed", "other": "Other"},
        "entity": {},
    },
}
_WIDE = {
    "text": 60, "evidence": 40, "tag": 20, "aspect": 14, "expression": 14, "category": 16,
    "entities": 24, "product": 20, "time": 18, "warnings": 24, "model": 22, flat.REST: 24,
}  # fmt: skip
_WIDTH = 11
_PLAIN_NUMBER = re.compile(r"-?(?=[\d.]{1,11}$)\d+(?:\.\d+)?")
"""Longer ones Excel shows as 1.38E+11."""
_FIRST_DAY = datetime(1900, 3, 1)
"""Before it Excel counts a day that never was."""
_Shown = flat.Cell | date
_FOLDED = frozenset(
    name
    for name, kind in flat.COLUMNS
    if kind is int or name in ("negative", "neutral", "positive")
)
"""Columns for programs: there, and folded away."""

# What XML has no room for, carriage returns that it would drop, and what looks like the notation.
_UNWRITABLE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ufffe\uffff]")


class ExcelSink:
    """An Excel workbook that goes on in a further sheet when one is full.

    Columns stand in the order of `flat.header`, those for programs folded away. A time is a date
    of Excel's, as the clock showed it: Excel knows no time zones.

    Args:
        file: the file.
        passed: passed-through columns with a column of their own.
        most_rows: rows of a sheet with its header.
        heads: declared labels with columns of their own.
        names: Chinese and English names of categories.
        reader: whose language the columns, categories and polarities are named in.
    """

    def __init__(
        self,
        file: BinaryIO,
        passed: Sequence[str],
        most_rows: int = EXCEL_ROWS,
        *,
        heads: Sequence[LabelHead] = (),
        names: Mapping[str, tuple[str, str]] | None = None,
        reader: Reader = "zh",
    ) -> None:
        openpyxl = needs("openpyxl", "excel", "writing an Excel file")
        self._excel = needs("openpyxl.writer.excel", "excel", "writing an Excel file")
        self._cells = needs("openpyxl.cell", "excel", "writing an Excel file")
        self._errors = frozenset(openpyxl.cell.cell.ERROR_CODES)
        self._bold = needs("openpyxl.styles", "excel", "writing an Excel file").Font(bold=True)
        self._letter = openpyxl.utils.get_column_letter
        self._saved: type[Exception] = openpyxl.utils.exceptions.WorkbookAlreadySaved
        self._file, self._passed, self._most = file, passed, most_rows
        self._heads, self._names, self._reader = heads, names or {}, reader
        self._header = flat.header(passed, heads)
        self._index = {name: index for index, name in enumerate(self._header)}
        first = len(flat.COLUMNS) + len(flat.label_columns(heads))
        self._own = range(first, first + len(passed))
        self._book = openpyxl.Workbook(write_only=True)
        self.notes: list[str] = []
        self._sheet: Any = None
        self._in_sheet = self._long = 0
        self._next_sheet()

    def write(self, review: Review, mined: Mined) -> None:
        """Add a row an opinion; a cell that Excel cannot hold whole is cut, and noted."""
        self._long += flat.is_long(review, mined)
        for row in flat.rows(review, mined, self._passed, self._heads):
            if self._in_sheet == self._most:
                self._next_sheet()
                self.notes.append(
                    f"a sheet holds {self._most:,} rows: review {review.id} goes on in the sheet"
                    f" {self._sheet.title!r}"
                )
            named = self._in_words(row, mined, review.text)
            for column in self._own:
                named[column] = _number(named[column])
            self._append([self._cell(cell, review.id) for cell in named])

    def finish(self) -> None:
        """Write the workbook into the file."""
        self._end_sheet()
        # Not `save` of the workbook: it leaves its archive open when the disk is full.
        with ZipFile(self._file, "w", ZIP_DEFLATED) as archive:
            self._excel.ExcelWriter(self._book, archive).save()
        self.notes += flat.note(self._long)

    def abandon(self) -> None:
        """End the sheets, which otherwise complain when they are collected."""
        for sheet in self._book.worksheets:
            with suppress(OSError, self._saved):
                sheet.close()

    def _in_words(self, row: Sequence[flat.Cell], mined: Mined, text: str) -> list[_Shown]:
        """The cells of a row as its reader calls them."""
        cells, chinese = list[_Shown](row), self._reader == "zh"
        words = _VALUES[self._reader]
        cells[self._index["time"]] = _when(cells[self._index["time"]])
        category = cells[self._index["category"]]
        if isinstance(category, str) and category in self._names:
            cells[self._index["category"]] = self._names[category][0 if chinese else 1]
        kinds = words["entity"]
        cells[self._index["entities"]] = "; ".join(
            f"{entity.span.of(text)} ({kinds.get(entity.type, entity.type)})"
            for entity in mined.entities
        ) or None  # fmt: skip
        for name, kind in (
            ("polarity", "polarity"), ("sentiment", "polarity"), ("language", "language")
        ):  # fmt: skip
            value = cells[self._index[name]]
            cells[self._index[name]] = words[kind].get(str(value), value)
        if chinese and cells[self._index["warnings"]] is not None:
            warnings = (in_chinese(warning) or warning for warning in mined.warnings)
            cells[self._index["warnings"]] = "；".join(warnings)
        return cells

    def _next_sheet(self) -> None:
        if self._sheet is not None:
            self._end_sheet()
        number = len(self._book.worksheets) + 1
        title = "观点" if self._reader == "zh" else "opinions"
        self._sheet = self._book.create_sheet(f"{title} {number}" if number > 1 else title)
        self._sheet.freeze_panes = "A2"
        for position, name in enumerate(self._header, start=1):
            column = self._sheet.column_dimensions[self._letter(position)]
            column.width = _WIDE.get(name, _WIDTH if name in CHINESE else 16)
            if name in _FOLDED:
                column.hidden, column.outlineLevel = True, 1
        self._in_sheet = 0
        named = [self._cell(self._name(name), "header") for name in self._header]
        self._append([self._titled(str(name)) for name in named])

    def _name(self, column: str) -> str:
        """The reader's name of a column; one of the input's keeps its own."""
        chinese = self._reader == "zh"
        titles, mark = (CHINESE, "（原列）") if chinese else (ENGLISH, " (own column)")
        for head in self._heads:
            if column in (head.output, f"{head.output}.probability"):
                sure = column != head.output
                if chinese:
                    return f"标注项 {head.name}{' 概率' if sure else ''}"
                return f"Label {head.name}{' (probability)' if sure else ''}"
        beside = column.removeprefix("extra.")
        if beside != column and beside in self._passed:
            return f"{beside}{mark}"
        if column in titles:
            return titles[column]
        if column == SHEET:
            return "工作表" if chinese else "Sheet"
        unnamed = _UNNAMED.fullmatch(column)
        if unnamed and chinese:
            return f"第 {unnamed[1]} 列"
        return f"{column}{mark}" if column in titles.values() else column

    def _titled(self, name: str) -> Any:
        cell = self._cells.WriteOnlyCell(self._sheet, value=name)
        cell.data_type = "s"
        cell.font = self._bold
        return cell

    def _end_sheet(self) -> None:
        last = self._letter(len(self._header))
        self._sheet.auto_filter.ref = f"A1:{last}{max(self._in_sheet, 1)}"

    def _append(self, cells: list[Any]) -> None:
        for index, cell in enumerate(cells):
            if isinstance(cell, str) and cell in self._errors:
                cells[index] = self._cells.WriteOnlyCell(self._sheet, value=cell)
                cells[index].data_type = "s"  # a text, and none of Excel's own errors
        self._sheet.append(cells)
        self._in_sheet += 1

    def _cell(self, cell: _Shown, review_id: str) -> _Shown:
        if not isinstance(cell, str):
            return cell
        text = _UNWRITABLE.sub(lambda match: f"_x{ord(match[0]):04X}_", safe(cell))
        if len(text) * 2 > EXCEL_CHARACTERS and _units(text) > EXCEL_CHARACTERS:
            text = text.encode("utf-16-le")[: EXCEL_CHARACTERS * 2].decode("utf-16-le", "ignore")
            note = f"review {review_id} has a cell of more than {EXCEL_CHARACTERS:,} characters"
            self.notes.append(f"{note}: Excel cannot hold it, it was cut; JSON Lines has it whole")
        return text


def _when(cell: _Shown) -> _Shown:
    """A time in ISO 8601 as a date of Excel's, which begin in March 1900; else the cell."""
    if not isinstance(cell, str):
        return cell
    try:
        time = datetime.fromisoformat(cell).replace(tzinfo=None)
    except ValueError:
        return cell
    if time < _FIRST_DAY:
        return cell
    return time.date() if len(cell) == len("2026-01-31") else time


def _number(cell: _Shown) -> _Shown:
    """A number, where the text is just as Excel would show it."""
    if not isinstance(cell, str) or not _PLAIN_NUMBER.fullmatch(cell):
        return cell
    number = float(cell) if "." in cell else int(cell)
    return number if str(number) == cell else cell


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
