"""The Parquet parts of a store: their columns, and files named by what they hold."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from guandian.files.formats.workbook import needs
from guandian.io.atomic import replacing_file

Kind = Literal["reviews", "texts", "opinions"]
KINDS: tuple[Kind, ...] = ("reviews", "texts", "opinions")

_DIMENSIONS = {
    "day": "date32",
    "product": "string",
    "brand": "string",
    "source": "string",
    "language": "string",
}
COLUMNS: dict[Kind, dict[str, str]] = {
    "reviews": {
        "row": "int64",
        "number": "int64",
        "id": "string",
        "id_hash": "uint64",
        "content": "uint64",
        "current": "bool",
        "model": "string",
        **_DIMENSIONS,
        "aside": "int8",
        "first": "int8",
        "again": "int8",
        "silent": "bool",
        "sentiment": "int8",
        "rating": "float64",
        "scale": "float64",
        "unread_rating": "string",
        "wording": "string",
    },
    "texts": {"row": "int64", "record": "string"},
    "opinions": {
        "row": "int64",
        "ordinal": "int32",
        **_DIMENSIONS,
        "category": "string",
        "aspect": "string",
        "name": "string",
        "written": "string",
        "part": "string",
        "polarity": "int8",
        "confidence": "float64",
        "first": "bool",
        "again": "bool",
    },
}
"""Columns by name with their types, of each kind of part.

`row` is a review as one model mined it; `number` its place in the order of loading. `first` and
`again` of reviews: 0 for a copy, 1 where a column is one, 2 else; -1 where it is set aside or, of
`again`, has no product. Those of opinions say whether they count, for all and for their product.
"""
_ROWS: dict[Kind, int] = {"reviews": 60_000, "texts": 1_000, "opinions": 60_000}
"""Rows that are read at once: few where a page needs some texts of many."""
_WITH_ENDS = ("row", "number", "id_hash", "day", "product", "brand")
"""Columns whose least and greatest stand in the footer; of no column with words of a review."""


def schema(kind: Kind) -> Any:
    """The Arrow schema of a kind of part."""
    arrow = needs("pyarrow", "serve", "a store")
    types = {"bool": "bool_", "string": "string"}
    return arrow.schema(
        [(name, getattr(arrow, types.get(of, of))()) for name, of in COLUMNS[kind].items()]
    )


def write_part(folder: Path, kind: Kind, table: Any) -> str:
    """Write a table as an immutable part; its name, which what it holds gives, is returned.

    Raises:
        OSError: as the system gives it; nothing appeared.
    """
    fresh = folder / f"{kind}.part"
    with replacing_file(fresh) as partial:
        write_table(partial, kind, table)
        with partial.open("rb") as file:
            digest = sha256()
            while block := file.read(1 << 20):
                digest.update(block)
    name = f"{kind}-{digest.hexdigest()[:32]}.parquet"
    fresh.replace(folder / name)
    return name


def write_table(path: Path, kind: Kind, table: Any) -> None:
    """Write a table of that kind as Parquet."""
    parquet = needs("pyarrow.parquet", "serve", "a store")
    columns = COLUMNS[kind]
    parquet.write_table(
        table,
        path,
        row_group_size=_ROWS[kind],
        compression="zstd",
        write_statistics=[name for name in columns if name in _WITH_ENDS],
        store_schema=False,
    )
