"""A catalogue from rows of a table: a product, model or part a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from guandian.domain.linked import NodeKind
from guandian.errors import BadRow, GuandianError
from guandian.files.columns.values import as_text
from guandian.files.formats.plain_rows import table_rows
from guandian.files.table import Rejected
from guandian.knowledge.product_graph import CatalogueEntry
from guandian.knowledge.reading.catalogue_columns import COLUMNS, column_role, names_in
from guandian.text.aspect_names import aspect_key

LONGEST_NAME = 200
"""Characters of a name at most."""
_LADDER: tuple[tuple[str, NodeKind], ...] = (
    ("brand", "brand"),
    ("series", "series"),
    ("product", "product"),
    ("model", "model"),
)
"""From the whole to what belongs to it, by the role of a column."""


def read_rows(path: Path) -> Iterator[CatalogueEntry | BadRow]:
    """The entries that the rows of a table name; rows that cannot be read are told.

    A row names at least one of brand, series, product, model and part; each belongs to the nearest
    one before it. Where it has an id, that is of the last of them, else ids are made of kind and
    names, so that rows that name the same meet; a row whose id is that of a thing of another kind,
    or of other name and whole, is told.

    Raises:
        GuandianError: no column is known, or the file cannot be read.
    """
    with ExitStack() as closing:
        roles: dict[str, str] | None = None
        named: dict[str, CatalogueEntry] = {}
        for row in table_rows(path, closing):
            if isinstance(row, Rejected):
                yield row.error
                continue
            if roles is None or any(name not in roles for name in row.values):
                roles = (roles or {}) | _roles(tuple(row.values), path)
            cells: dict[str, str] = {}
            for name, value in row.values.items():
                role = roles.get(name, "")
                text = _cell(value)
                if role and text and role not in cells:
                    cells[role] = text
            result = list(_entries(cells, str(path), row.line))
            key = cells.get("id")
            entries = (entry for entry in result if isinstance(entry, CatalogueEntry))
            last = next((entry for entry in entries if entry.id == key), None)
            earlier = last and named.setdefault(last.id, last)
            if last and earlier and _other(last, earlier):
                why = f"{last.name!r} has the id {last.id!r}, which is that of {earlier.name!r}"
                yield BadRow(str(path), row.line, "", why)
            else:
                yield from result


def _other(entry: CatalogueEntry, earlier: CatalogueEntry) -> bool:
    """Whether two rows of one id cannot name one thing: it has another kind, or all is other."""
    return entry.kind != earlier.kind or (
        aspect_key(entry.name) != aspect_key(earlier.name) and entry.parents != earlier.parents
    )


def _cell(value: object) -> str:
    if isinstance(value, list):
        return "、".join(text for item in value if (text := as_text(item)))
    return (as_text(value) or "").strip()


def _roles(header: tuple[str, ...], path: Path) -> dict[str, str]:
    roles = {name: role for name in header if (role := column_role(name)) is not None}
    if not {"brand", "series", "product", "model", "part"} & set(roles.values()):
        known = ", ".join(names[0] for names in COLUMNS.values())
        raise GuandianError(
            f"{path} has no column of a catalogue: {', '.join(header)[:200]}",
            f"name columns such as {known}, or 品牌, 系列, 型号, 商品名称, 部件, 别名",
        )
    if "id" not in roles.values() and list(roles.values()).count("product") > 1:
        # `item,title`, as files of items to recommend have them: the first is no name.
        roles |= {name: "id" for name in roles if name.strip().casefold() == "item"}
    return roles | {name: "" for name in header if name not in roles}


def _entries(cells: Mapping[str, str], path: str, line: int) -> Iterator[CatalogueEntry | BadRow]:
    named = [(role, kind, cells[role]) for role, kind in _LADDER if role in cells]
    parts = names_in(cells.get("part", ""))
    if not named and not parts:
        yield BadRow(path, line, "", "it names no brand, series, product, model or part")
        return
    longest = max((name for _, _, name in named), key=len, default="")
    if len(longest) > LONGEST_NAME:
        yield BadRow(path, line, "", f"a name of {len(longest)} characters")
        return
    aliases = names_in(cells.get("aliases", ""))
    above: tuple[str, ...] = ()
    trail = ""
    for index, (role, kind, name) in enumerate(named):
        last = index == len(named) - 1
        made = made_id(kind, f"{trail} {name}" if kind != "brand" else name)
        key = cells["id"] if last and "id" in cells else made
        own = aliases if last else ()
        if role == "brand":
            own = (*own, *names_in(cells.get("brand_aliases", "")))
        yield CatalogueEntry(key, kind, name, own, above)
        above, trail = (key,), f"{trail} {name}".strip()
    for part in parts:
        own = () if named else aliases
        yield CatalogueEntry(made_id("part", f"{trail} {part}"), "part", part, own, above)


def made_id(kind: str, names: str) -> str:
    """An id of kind and names, the same for every spelling of them."""
    return f"{kind}:{aspect_key(names)}"
