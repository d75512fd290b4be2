"""DuckDB in memory: no database file, a limit of its own, and a folder to spill into."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from guandian.io.optional_libraries import needs
from guandian.store.parts.part_files import KINDS, MANY_ROWS, schema, write_parquet

_PARAMETER = re.compile(r"\$(\w+)")
_NAMES = {kind: f"{kind}.parquet" for kind in KINDS}


class PartGone(Exception):
    """A part cannot be read any more."""


class Duck:
    """A connection that reads parts.

    Args:
        memory: megabytes that it may use; beyond them it spills into a folder that is removed by
            `close`.
        threads: that it computes with; None takes all cores.
    """

    def __init__(self, memory: int = 512, threads: int | None = None) -> None:
        duckdb = needs("duckdb", "serve", "a store")
        arrow = needs("pyarrow", "serve", "a store")
        self._spill = TemporaryDirectory(prefix="guandian-store-")
        folder = Path(self._spill.name)
        config: dict[str, Any] = {
            "memory_limit": f"{memory}MB",
            "temp_directory": str(folder / "spilled"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "preserve_insertion_order": "false",
            "python_enable_replacements": "false",
        }
        if threads:
            config["threads"] = str(threads)
        self._connection = duckdb.connect(":memory:", config=config)
        self._connection.execute("set global parquet_metadata_cache = true")  # for every cursor
        self._gone = duckdb.IOException
        self.empty = {kind: folder / name for kind, name in _NAMES.items()}
        for kind, path in self.empty.items():
            write_parquet(path, kind, arrow.table(_columns(kind), schema=schema(kind)))

    def rows(
        self,
        query: str,
        values: Mapping[str, object],
        words: Mapping[str, str] | None = None,
        tables: Mapping[str, Any] | None = None,
    ) -> list[tuple[Any, ...]]:
        """The rows of a query of the folder `queries`.

        Args:
            query: its name.
            values: its parameters.
            words: fixed words of SQL that stand for `{name}`; nothing that a person wrote.
            tables: Arrow tables that it names.

        Raises:
            PartGone: a part is not there, or not whole.
        """
        with self._running(query, values, words, tables) as (cursor, text, used):
            rows: list[tuple[Any, ...]] = cursor.execute(text, used).fetchall()
        return rows

    def table(
        self,
        query: str,
        values: Mapping[str, object],
        words: Mapping[str, str] | None = None,
        tables: Mapping[str, Any] | None = None,
    ) -> Any:
        """The same as an Arrow table."""
        with self._running(query, values, words, tables) as (cursor, text, used):
            return cursor.sql(text, params=used).to_arrow_table()

    @contextmanager
    def batches(
        self,
        query: str,
        values: Mapping[str, object],
        words: Mapping[str, str] | None = None,
        tables: Mapping[str, Any] | None = None,
    ) -> Iterator[Any]:
        """The same batch by batch, so that none of it must be held."""
        with self._running(query, values, words, tables) as (cursor, text, used):
            yield cursor.sql(text, params=used).to_arrow_reader(MANY_ROWS)

    @contextmanager
    def _running(
        self,
        query: str,
        values: Mapping[str, object],
        words: Mapping[str, str] | None,
        tables: Mapping[str, Any] | None,
    ) -> Iterator[Any]:
        text = sql(query)
        for name, word in (words or {}).items():
            text = text.replace(f"{{{name}}}", word)
        used = {name: values[name] for name in set(_PARAMETER.findall(text))}
        cursor = self._connection.cursor()
        try:
            for name, table in (tables or {}).items():
                cursor.register(name, table)
            yield cursor, text, used
        except self._gone as error:
            raise PartGone(str(error)) from error
        finally:
            cursor.close()

    def paths(self, kind: Any, parts: Sequence[Path]) -> list[str]:
        """What `read_parquet` is given for these parts, of which there may be none."""
        return [str(self.empty[kind]), *map(str, parts)]

    def close(self) -> None:
        """Give memory and the folder back."""
        self._connection.close()
        self._spill.cleanup()


@cache
def sql(query: str) -> str:
    """The text of a query."""
    return files("guandian.store").joinpath("queries", f"{query}.sql").read_text(encoding="utf-8")


def _columns(kind: Any) -> dict[str, list[Any]]:
    return {name: [] for name in schema(kind).names}
