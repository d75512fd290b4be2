"""Brands, series, models, products and parts as a graph in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from guandian.domain.linked import NodeKind
from guandian.io.optional_libraries import needs

KINDS: tuple[NodeKind, ...] = ("brand", "series", "model", "product", "part")
"""From the whole to its parts: an entry belongs to entries of kinds before its own."""
DEEPEST = 100
"""Entries above each other, at most; what all of them belong to is kept for each."""
_TOLD = 5


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One brand, series, model, product or part.

    Attributes:
        id: unique in the catalogue.
        kind: of it.
        name: as it is written.
        aliases: what else it is called.
        parents: ids of what it belongs to: a model's series or brand, what a part is part of.
    """

    id: str
    kind: NodeKind
    name: str
    aliases: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()


class ProductGraph:
    """The entries of a catalogue with what belongs to what.

    Args:
        entries: with different ids; a parent that is no entry is left out.

    Raises:
        ValueError: two entries of one id, some that belong to themselves in a circle, or more than
            `DEEPEST` above each other.
        GuandianError: networkx is not installed.
    """

    def __init__(self, entries: Iterable[CatalogueEntry]) -> None:
        networkx = needs("networkx", "knowledge", "a catalogue")
        self._entries: dict[str, CatalogueEntry] = {}
        for entry in entries:
            if entry.id in self._entries:
                raise ValueError(f"two entries have the id {entry.id!r}")
            self._entries[entry.id] = entry
        # An edge leads from a part to the whole that it belongs to.
        self._graph: Any = networkx.DiGraph()
        self._graph.add_nodes_from(self._entries)
        for entry in self._entries.values():
            self._graph.add_edges_from(
                (entry.id, parent) for parent in entry.parents if parent in self._entries
            )
        if not networkx.is_directed_acyclic_graph(self._graph):
            circle = [start for start, _ in networkx.find_cycle(self._graph)]
            more = f" → … ({len(circle)})" if len(circle) > _TOLD else ""
            raise ValueError(
                f"these belong to each other in a circle: {' → '.join(circle[:_TOLD])}{more}"
            )
        if (depth := networkx.dag_longest_path_length(self._graph)) > DEEPEST:
            raise ValueError(f"{depth + 1} of them stand above each other")
        self._ancestors = networkx.ancestors
        self._wholes = {key: networkx.descendants(self._graph, key) for key in self._entries}

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[CatalogueEntry]:
        return iter(self._entries.values())

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __getitem__(self, key: str) -> CatalogueEntry:
        return self._entries[key]

    def wholes(self, key: str, kind: NodeKind | None = None) -> list[str]:
        """Ids of all that an entry belongs to, itself left out, sorted; perhaps of one kind."""
        return sorted(k for k in self._wholes[key] if kind in (None, self._entries[k].kind))

    def members(self, key: str, kind: NodeKind | None = None) -> list[str]:
        """Ids of all that belongs to an entry, sorted; perhaps of one kind."""
        below = self._ancestors(self._graph, key)
        return sorted(k for k in below if kind in (None, self._entries[k].kind))

    def related(self, first: str, second: str) -> bool:
        """Whether one of two entries belongs to the other, or they are the same."""
        return first == second or first in self._wholes[second] or second in self._wholes[first]

    def brands(self, key: str) -> set[str]:
        """Ids of the brands of an entry; of a brand itself."""
        return {key} if self._entries[key].kind == "brand" else set(self.wholes(key, "brand"))

    def counts(self) -> dict[NodeKind, int]:
        """How many entries there are of each kind."""
        counted = Counter(entry.kind for entry in self)
        return {kind: counted[kind] for kind in KINDS}

    def digest(self) -> str:
        """What two catalogues share only if they say the same."""
        rows = sorted(repr(entry) for entry in self)
        return sha256("\n".join(rows).encode("utf-8", "replace")).hexdigest()[:16]


def merged(entries: Sequence[CatalogueEntry]) -> list[CatalogueEntry]:
    """Entries of one id as one: the first's name, everybody's aliases and parents."""
    together: dict[str, list[CatalogueEntry]] = {}
    for entry in entries:
        together.setdefault(entry.id, []).append(entry)
    return [_as_one(same) if len(same) > 1 else same[0] for same in together.values()]


def _as_one(same: Sequence[CatalogueEntry]) -> CatalogueEntry:
    first = same[0]
    names = dict.fromkeys(name for entry in same for name in (entry.name, *entry.aliases))
    parents = dict.fromkeys(parent for entry in same for parent in entry.parents)
    names.pop(first.name, None)
    return replace(first, aliases=tuple(names), parents=tuple(parents))
