"""A catalogue from JSON-LD in schema.org's words: Product, ProductGroup, ProductModel, Brand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from guandian.domain.linked import NodeKind
from guandian.errors import BadRow, GuandianError, reason
from guandian.files.table import empty
from guandian.io.bounded import MOST_WORDS, read_text
from guandian.io.strict_json import RepeatedKey, read_json
from guandian.knowledge.product_graph import CatalogueEntry
from guandian.knowledge.reading.catalogue_rows import LONGEST_NAME, made_id

_KINDS: dict[str, NodeKind] = {
    "brand": "brand",
    "organization": "brand",
    "productgroup": "series",
    "productmodel": "model",
    "individualproduct": "product",
    "product": "product",
    "vehicle": "product",
    "car": "product",
}
_ABOVE = ("isVariantOf", "inProductGroupWithID", "isAccessoryOrSparePartFor", "isPartOf")
_BELOW: tuple[tuple[str, NodeKind | None], ...] = (("hasVariant", None), ("hasPart", "part"))
_IDS = ("@id", "sku", "productID", "productGroupID", "gtin", "gtin13", "mpn", "url")
_DEEPEST = 12
Object = dict[str, Any]


def read_json_ld(path: Path) -> Iterator[CatalogueEntry | BadRow]:
    """The entries of a JSON-LD file; objects that cannot be read are told, by their number.

    Read are `Product`, `ProductGroup`, `ProductModel` and `Brand`, in a list, under `@graph`,
    `itemListElement` or alone, with `name`, `alternateName`, `brand`, `manufacturer`, `model`,
    `isVariantOf`, `hasVariant`, `hasPart`, `isPartOf`. Contexts are not fetched: other words for
    these are not understood.

    Raises:
        GuandianError: the file cannot be read, is no JSON, or is too long.
    """
    try:
        text = read_text(path, MOST_WORDS).removeprefix("\ufeff")
        if not text.strip():
            raise empty(str(path))
        content = read_json(text)
    except (OSError, ValueError, RecursionError, RepeatedKey) as error:
        raise GuandianError(
            f"{path} is no JSON-LD: {reason(error)}", "give UTF-8 JSON, or a .csv table"
        ) from error
    for number, item in enumerate(_items(content), start=1):
        reader = _Reader(str(path), number)
        reader.entry(item, 0, None)
        yield from reader.result


def _items(content: Any) -> list[Any]:
    if isinstance(content, dict):
        for key in ("@graph", "itemListElement"):
            if isinstance(content.get(key), list):
                return [
                    item.get("item", item) if isinstance(item, dict) else item
                    for item in content[key]
                ]
    return content if isinstance(content, list) else [content]


class _Reader:
    """One object of the file, with those inside it."""

    def __init__(self, path: str, number: int) -> None:
        self._path, self._number = path, number
        self.result: list[CatalogueEntry | BadRow] = []

    def entry(
        self, item: Any, depth: int, kind: NodeKind | None, above: tuple[str, ...] = ()
    ) -> str:
        """Add an object with what it names; its id, empty where it cannot be read."""
        if isinstance(item, str):
            item = {"name": item}
        if not isinstance(item, dict) or depth > _DEEPEST:
            return self.bad("it is no object" if depth <= _DEEPEST else "it is nested too deep")
        meant, name = kind or _kind(item), _text(item.get("name"))
        key = next((text for field in _IDS if (text := _text(item.get(field)))), "")
        if key and set(item) <= {"@id", "@type"}:
            return key  # it names what stands elsewhere in the file
        if meant is None:
            return self.bad(f"its @type is {str(item.get('@type'))[:60]!r}, of no catalogue")
        if not name:
            return self.bad("it has no name")
        if len(name) > LONGEST_NAME:
            return self.bad(f"a name of {len(name)} characters")
        brand = self._brand(item, depth) if meant != "brand" else ""
        parents = [*above, *self._above(item, depth)]
        if brand and not parents:
            parents.append(brand)
        key = key or made_id(meant, name if meant == "brand" else f"{brand} {name}")
        aliases = [text for value in _list(item.get("alternateName")) if (text := _text(value))]
        model = item.get("model")
        if isinstance(model, str) and meant == "product":
            aliases.append(model.strip())
        self.result.append(
            CatalogueEntry(key, meant, name, tuple(filter(None, aliases)), tuple(parents))
        )
        for field, inner in _BELOW:
            for value in _list(item.get(field)):
                self.entry(value, depth + 1, inner, (key,))
        return key

    def _brand(self, item: Object, depth: int) -> str:
        for field in ("brand", "manufacturer"):
            for value in _list(item.get(field))[:1]:
                return self.entry(value, depth + 1, "brand")
        return ""

    def _above(self, item: Object, depth: int) -> list[str]:
        parents = []
        for field in _ABOVE:
            for value in _list(item.get(field)):
                if isinstance(value, str):
                    parents.append(value.strip())
                elif key := self.entry(value, depth + 1, None):
                    parents.append(key)
        return parents

    def bad(self, why: str) -> str:
        self.result.append(BadRow(self._path, 0, "", why, element=self._number))
        return ""


def _kind(item: Object) -> NodeKind | None:
    for name in _list(item.get("@type")):
        plain = str(name).rsplit("/", 1)[-1].rsplit(":", 1)[-1].casefold()
        if plain in _KINDS:
            return _KINDS[plain]
    return None


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("@value")
    if isinstance(value, list):
        value = value[0] if value else None
    return str(value).strip() if isinstance(value, str | int) else ""
