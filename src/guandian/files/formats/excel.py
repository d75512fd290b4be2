"""Workbooks through openpyxl, within bounds: what is longer than Excel allows is never held.

This module is imported only where openpyxl is there (`workbook.needs`).
"""

from __future__ import annotations

from array import array
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Self
from zipfile import ZipFile, ZipInfo

from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from guandian.errors import GuandianError
from guandian.files.formats.sheet import Sheet
from guandian.files.formats.workbook import EXCEL_CHARACTERS

_ROW_BYTES = 1 << 23  # of XML: a row, or a text that cells share
_PART_BYTES = 1 << 25  # of what is read whole: styles, names of sheets
_TEXT_BYTES = 1 << 30  # of all the texts that cells share
_IN_MEMORY = 1 << 25


class Workbook(ExcelReader):
    """A workbook that is open for reading.

    Args:
        stream: the file.
        path: for errors.

    Attributes:
        sheets: in their order, hidden ones too; charts are left out.

    Raises:
        GuandianError: for a part that is longer than is read; else what the parsers raise.
    """

    def __init__(self, stream: IO[bytes], path: str) -> None:
        super().__init__(stream, read_only=True, data_only=True, keep_links=False)
        self._parts = self.archive = _Archive(stream, path)
        self.sheets: list[Sheet] = []
        self._texts: SharedTexts | None = None
        try:
            self.read()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give back what the texts took; the stream stays open."""
        if self._texts is not None:
            self._texts.close()

    def read_strings(self) -> None:
        """Gather the texts that cells share."""
        me: Any = self
        part = me.package.find(SHARED_STRINGS)
        if part is not None:
            self._texts = me.shared_strings = SharedTexts()
            with self._parts.metered(part.PartName[1:]) as source:
                self._texts.gather(source)

    def read_worksheets(self) -> None:
        """Note which sheets there are."""
        me: Any = self
        for sheet, relation in me.parser.find_sheets():
            if relation.target in self.valid_files and "chartsheet" not in relation.Type:
                worksheet = Sheet(self.wb, sheet.name, relation.target, self.shared_strings)
                worksheet.sheet_state = sheet.state
                me.wb._sheets.append(worksheet)
                self.sheets.append(worksheet)


class SharedTexts:
    """The texts that cells share, on disk where they are many."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  # until `close`
        self._ends = array("Q", [0])

    def gather(self, source: Metered) -> None:
        """Take the texts of that part of a workbook.

        One that is longer than a cell can be is kept just long enough to be seen as such.
        """
        root: Any = None
        text_of: Any = Text.from_tree
        for event, node in iterparse(source, events=("start", "end")):
            if event == "start":
                root = node if root is None else root
            elif node.tag == f"{{{SHEET_MAIN_NS}}}si":
                text: str = text_of(node).content.replace("x005F_", "")
                self._add(text[: EXCEL_CHARACTERS + 1], source.path)
                root.clear()
                source.begin_anew()

    def close(self) -> None:
        """Give back memory and disk."""
        self._file.close()

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, index: int) -> str:
        start, end = self._ends[index], self._ends[index + 1]
        self._file.seek(start)
        return self._file.read(end - start).decode("utf-8", "surrogatepass")

    def _add(self, text: str, path: str) -> None:
        content = text.encode("utf-8", "surrogatepass")
        end = self._ends[-1] + len(content)
        if end > _TEXT_BYTES:
            raise GuandianError(
                f"{path}: the texts of the workbook are longer than {_TEXT_BYTES:,} bytes",
                "save it as CSV UTF-8",
            )
        self._file.seek(self._ends[-1])
        self._file.write(content)
        self._ends.append(end)


class Metered:
    """A part of a workbook, of which only so much is read before `begin_anew`."""

    def __init__(self, part: IO[bytes], name: str, path: str) -> None:
        self.path = path
        self._part, self._name, self._read = part, name, 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes, as of a file."""
        data = self._part.read(size if size > 0 else 1 << 16)
        self._read += len(data)
        if self._read > _ROW_BYTES:
            raise GuandianError(
                f"{self.path}: {self._name} has a row or a text of more than {_ROW_BYTES:,} bytes,"
                f" where Excel allows {EXCEL_CHARACTERS:,} characters a cell",
                "save it as CSV UTF-8, a review in a row of its own",
            )
        return data

    def begin_anew(self) -> None:
        """A row or a text has been read."""
        self._read = 0

    def close(self) -> None:
        """Close the part."""
        self._part.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()


class _Archive(ZipFile):
    """An archive that holds what is read whole to a size."""

    def __init__(self, stream: IO[bytes], path: str) -> None:
        super().__init__(stream)
        self.path = path

    def metered(self, name: str) -> Metered:
        """A part that is read bit by bit."""
        return Metered(super().open(name), name, self.path)

    def open(self, name: str | ZipInfo, *args: Any, **options: Any) -> IO[bytes]:
        """A part that is read whole."""
        info = name if isinstance(name, ZipInfo) else self.getinfo(name)
        if info.file_size > _PART_BYTES:
            raise GuandianError(
                f"{self.path}: {info.filename} is longer than {_PART_BYTES:,} bytes",
                "save the sheet with the reviews as CSV UTF-8",
            )
        return super().open(name, *args, **options)
