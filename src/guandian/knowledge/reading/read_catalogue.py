"""A catalogue's file, read: its graph, and the rows that could not be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from guandian.errors import BadRow, GuandianError
from guandian.files.formats.source import refuse_missing
from guandian.knowledge.product_graph import CatalogueEntry, ProductGraph, merged
from guandian.knowledge.reading.catalogue_rows import read_rows
from guandian.knowledge.reading.json_ld import read_json_ld

JSON_LD = (".json", ".jsonld")
MOST_ENTRIES = 500_000


@dataclass(frozen=True)
class ReadCatalogue:
    """A catalogue in memory.

    Attributes:
        graph: its entries.
        bad: rows that could not be read, with their places.
        strange: ids that entries say they belong to and that no entry has.
    """

    graph: ProductGraph
    bad: tuple[BadRow, ...]
    strange: tuple[str, ...]


def read_catalogue(path: Path) -> ReadCatalogue:
    """Read a catalogue: a table (.csv, .tsv, .jsonl), or JSON-LD (.json, .jsonld).

    Raises:
        GuandianError: the file cannot be read or has no entry, or entries belong to each other in
            a circle.
    """
    refuse_missing(str(path))
    read = read_json_ld if path.suffix.lower() in JSON_LD else read_rows
    entries: list[CatalogueEntry] = []
    bad: list[BadRow] = []
    for row in read(path):
        if isinstance(row, BadRow):
            bad.append(row)
        else:
            entries.append(row)
        if len(entries) > MOST_ENTRIES:
            raise GuandianError(
                f"{path} has more than {MOST_ENTRIES:,} entries", "keep those that reviews name"
            )
    if not entries:
        first = f"; the first bad row: {bad[0].problem}" if bad else ""
        raise GuandianError(f"{path} names nothing that a catalogue holds{first}",
                            "give rows with a brand, series, product, model or part")  # fmt: skip
    entries = merged(entries)
    ids = {entry.id for entry in entries}
    strange = sorted({parent for entry in entries for parent in entry.parents} - ids)
    try:
        graph = ProductGraph(entries)
    except ValueError as error:
        raise GuandianError(f"{path}: {error}", "let each belong to what is above it") from error
    return ReadCatalogue(graph, tuple(bad), tuple(strange))
