"""What is known of items: a text, and columns to choose by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from guandian.errors import BadRow, GuandianError
from guandian.files.columns.guess import role_named
from guandian.files.columns.values import as_text
from guandian.files.formats.plain_rows import table_rows
from guandian.files.formats.source import refuse_missing
from guandian.files.table import Rejected

_IDS = ("item", "item_id", "id", "asin", "product", "sku")
_TEXTS = ("title", "name", "text", "description", "summary", "标题", "名称", "描述", "商品标题")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Items with their texts and columns.

    Attributes:
        texts: by item, a title and what describes it.
        columns: by item, other columns by their name.
    """

    texts: Mapping[str, str]
    columns: Mapping[str, Mapping[str, str]]

    @classmethod
    def none(cls) -> Self:
        """Nothing is known."""
        return cls({}, {})

    @classmethod
    def read(cls, path: Path) -> Self:
        """The items in a CSV, TSV or JSON Lines file.

        Raises:
            BadRow: a row that cannot be read, or an item that stands there twice.
            GuandianError: the file is missing, or names no items.
        """
        refuse_missing(str(path))
        texts: dict[str, str] = {}
        columns: dict[str, dict[str, str]] = {}
        key = ""
        with ExitStack() as closing:
            for row in table_rows(path, closing):
                if isinstance(row, Rejected):
                    raise row.error
                key = key or _key(tuple(row.values), path)
                item = (as_text(row.values.get(key)) or "").strip()
                if not item or item in columns:
                    why = "this item stands there twice" if item else "it is empty"
                    raise BadRow(str(path), row.line, key, why)
                cells = {
                    name: cell.strip()
                    for name, value in row.values.items()
                    if name != key and (cell := as_text(value) or "").strip()
                }
                shown = [cells[name] for name in cells if name.casefold() in _TEXTS]
                texts[item] = " ".join(shown)
                columns[item] = {
                    name: cell for name, cell in cells.items() if name.casefold() not in _TEXTS[2:]
                }
        return cls(texts, columns)

    def text(self, item: str) -> str:
        """The text of an item, empty where there is none."""
        return self.texts.get(item, "")

    def matching(self, items: Sequence[str], wanted: Mapping[str, Sequence[str]]) -> list[bool]:
        """Which items have one of the wanted values in each column.

        Raises:
            GuandianError: no item has such a column.
        """
        known = {name for cells in self.columns.values() for name in cells}
        for name in wanted:
            if name not in known:
                repair = f"known: {', '.join(sorted(known))}"
                raise GuandianError(
                    f"no item has a column {name!r}",
                    repair if known else "give a file of items with --items",
                )
        return [
            all(self.columns.get(item, {}).get(name) in values for name, values in wanted.items())
            for item in items
        ]


def _key(header: tuple[str, ...], path: Path) -> str:
    plain = {name.strip().casefold(): name for name in reversed(header)}
    key = next((plain[name] for name in _IDS if name in plain), None)
    key = key or next((name for name in header if role_named(name) == "product"), None)
    if key is None:
        raise GuandianError(
            f"{path} has no column of items: {', '.join(header)}",
            "name the column item, and the others title, text, brand, ...",
        )
    return key
