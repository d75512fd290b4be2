"""The Parquet parts of a store: their columns, and files named by what they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from guandian.io.atomic import replacing_file
from guandian.io.optional_libraries import needs

Kind = Literal[
    "reviews", "texts", "opinions", "sums", "grams",
    "sums_by_day", "sums_by_month", "sums_of_months", "sums_by_product", "sums_by_all",
    "kinds_by_day", "kinds_by_product", "kinds_by_all", "spellings",
]  # fmt: skip
SEGMENT_KINDS: tuple[Kind, ...] = ("reviews", "texts", "opinions", "sums", "grams")
TOTAL_KINDS: tuple[Kind, ...] = (
    "sums_by_day",
    "sums_by_month",
    "sums_of_months",
    "sums_by_product",
    "sums_by_all",
    "kinds_by_day",
    "kinds_by_product",
    "kinds_by_all",
    "spellings",
)
KINDS = SEGMENT_KINDS + TOTAL_KINDS
MONTHS: tuple[Kind, ...] = ("sums_by_month", "sums_of_months")
"""Whose `day` is the first of a month."""

SUMS = (
    "reviews", "praising", "complaining", "positive", "negative", "opinions",
    "pp", "pq", "pn", "qq", "qn", "nn",
)  # fmt: skip
"""The sums of a tally, in the order of its fields."""
_GOODS = {"product": "string", "brand": "string"}
_ORIGIN = {"source": "string", "language": "string"}
_DAY = {"day": "date32"}
_STATES = {"first": "int8", "again": "int8"}
_KIND_OF_REVIEW = {
    "aside": "int8",
    **_STATES,
    "silent": "bool",
    "sentiment": "int8",
    "model": "string",
    "rating": "float64",
    "scale": "float64",
    "unread_rating": "string",
}
KIND_OF_REVIEW = ", ".join(["language", *_KIND_OF_REVIEW])
"""What whole reviews are counted by, as SQL."""
_LEVEL = {"level": "int8", "view": "int8"}
_SAID = {"category": "string", "aspect": "string"}
_TALLY = dict.fromkeys(SUMS, "int64")
_COUNT = {"number": "int64", "first_day": "date32", "last_day": "date32"}
COLUMNS: dict[Kind, dict[str, str]] = {
    "reviews": {
        "row": "int64",
        "number": "int64",
        "id": "string",
        "id_hash": "uint64",
        "content": "uint64",
        "current": "bool",
        **_DAY,
        **_GOODS,
        **_ORIGIN,
        **_KIND_OF_REVIEW,
        "wording": "string",
        "minute": "int64",
        "ahead": "int16",
        "author": "uint64",
        "own": "string",
    },
    "texts": {"row": "int64", "record": "string"},
    "opinions": {
        "row": "int64",
        "ordinal": "int32",
        **_DAY,
        **_GOODS,
        **_ORIGIN,
        **_SAID,
        "name": "string",
        "written": "string",
        "part": "string",
        "polarity": "int8",
        "confidence": "float64",
        "first": "bool",
        "again": "bool",
    },
    "sums": {**_LEVEL, **_DAY, **_GOODS, **_ORIGIN, **_SAID, **_TALLY},
    "grams": {"gram": "int64", "place": "int64"},
    "sums_by_day": {**_LEVEL, **_DAY, **_ORIGIN, **_SAID, **_TALLY},
    "sums_by_month": {**_LEVEL, **_DAY, **_ORIGIN, **_SAID, **_TALLY},
    "sums_of_months": {**_LEVEL, **_DAY, **_SAID, **_TALLY},
    "sums_by_product": {**_LEVEL, **_GOODS, **_SAID, **_TALLY},
    "sums_by_all": {**_LEVEL, **_DAY, **_GOODS, **_ORIGIN, **_SAID, **_TALLY},
    "kinds_by_day": {**_DAY, **_ORIGIN, **_KIND_OF_REVIEW, **_COUNT},
    "kinds_by_product": {**_GOODS, **_KIND_OF_REVIEW, **_COUNT, "language": "string"},
    "kinds_by_all": {**_DAY, **_GOODS, **_ORIGIN, **_KIND_OF_REVIEW, **_COUNT},
    "spellings": {
        "aspect": "string",
        "name": "string",
        "written": "string",
        "number": "int64",
        "earliest": "int64",
    },
}
"""Columns by name with their types, of each kind of part.

The last four columns of reviews came later and are null in older parts: the minute since 1970 that
is written, by how many minutes its zone is ahead of UTC where that is written, a number of the
user, and the short ones of the owner's own columns as JSON.

`row` is a review as one model mined it; `number` its place in the order of loading. `first` and
`again` of reviews: 0 for a copy, 1 where a column is one, 2 else; -1 where it is set aside or, of
`again`, has no product. Those of opinions say whether they count, for all and for their product.

Sums are those of a tally. `level`: 0 of all opinions, 1 by category, 2 by aspect, 3 by both. `view`
1: of reviews that count for all alone; 2: for their product alone; 0: for both alike. `day` of
`sums_by_month` and `sums_of_months` is the first of a month; `sums_by_all` has all that `sums`
have. `gram`: two characters that stand side by side, as `text_search` codes them, `place` where.
"""
_ROWS: dict[Kind, int] = {"texts": 500, "sums": 40_000, "sums_by_all": 40_000}
"""Rows that are read at once: few where a page needs some texts of many, or one product."""
MANY_ROWS = 60_000
_AT_ONCE = 2
"""Parts that are written at a time, and whose tables are in memory."""
_WITH_ENDS = ("row", "number", "day", "product", "brand", "level", "gram")
"""Columns whose least and greatest stand in the footer; of no column with words of a review."""
_DELTAS = ("row", "number", "gram", "place")


def schema(kind: Kind) -> Any:
    """The Arrow schema of a kind of part."""
    arrow = needs("pyarrow", "serve", "a store")
    types = {"bool": "bool_", "string": "string"}
    return arrow.schema(
        [(name, getattr(arrow, types.get(of, of))()) for name, of in COLUMNS[kind].items()]
    )


def write_part(folder: Path, kind: Kind, table: Any) -> str:
    """Write a table, or batches of one, as an immutable part; its name, given by what it holds.

    Raises:
        OSError: as the system gives it; nothing appeared.
    """
    fresh = folder / f"{kind}.part"
    with replacing_file(fresh) as partial:
        write_parquet(partial, kind, table)
        with partial.open("rb") as file:
            digest = sha256()
            while block := file.read(1 << 20):
                digest.update(block)
    name = f"{kind}-{digest.hexdigest()[:32]}.parquet"
    fresh.replace(folder / name)
    return name


def write_parts(
    folder: Path, kinds: Iterable[Kind], made: Callable[[Kind], Any]
) -> dict[Kind, str]:
    """Write parts of several kinds, two at a time: compressing and syncing wait for no other.

    Args:
        folder: of the parts.
        kinds: that are written.
        made: makes the table, or the batches, of a kind.

    Returns:
        Their names.

    Raises:
        OSError: as `write_part`; of some kinds there may be a part.
    """

    def write(kind: Kind) -> str:
        return write_part(folder, kind, made(kind))

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        writing = {kind: pool.submit(write, kind) for kind in kinds}
        return {kind: name.result() for kind, name in writing.items()}


def write_parquet(path: Path, kind: Kind, table: Any) -> None:
    """Write a table of that kind, or batches of one, as Parquet."""
    arrow = needs("pyarrow", "serve", "a store")
    parquet = needs("pyarrow.parquet", "serve", "a store")
    columns, form = COLUMNS[kind], schema(kind)
    deltas = [name for name in columns if name in _DELTAS]
    size = _ROWS.get(kind, MANY_ROWS)
    with parquet.ParquetWriter(
        path,
        form,
        compression="zstd",
        write_statistics=[name for name in columns if name in _WITH_ENDS],
        use_dictionary=[name for name in columns if name not in _DELTAS and name != "record"],
        column_encoding=dict.fromkeys(deltas, "DELTA_BINARY_PACKED"),
        store_schema=False,
    ) as writer:
        if isinstance(table, arrow.Table):
            writer.write_table(table, row_group_size=size)
            return
        for batch in table:
            rows = arrow.Table.from_batches([batch]).select(form.names).cast(form)
            writer.write_table(rows, row_group_size=size)
