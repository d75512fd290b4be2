"""Loading mined reviews: each once, whatever is loaded again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from guandian.store.duck import Duck
from guandian.store.generation import Generation, Segment
from guandian.store.part_files import write_part
from guandian.store.store_rows import (
    Counting,
    Pair,
    Rows,
    hash_of,
    record_of,
    wording_of,
)
from guandian.text.aspect_names import Synonyms

REVIEWS = 50_000
CHARACTERS = 60_000_000
"""Reviews, and characters of their records, that are held in memory at most."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did.

    Attributes:
        reviews: that are new.
        opinions: in the new and the replaced ones.
        replaced: reviews whose earlier version readers do not see any more.
        unchanged: that were there just so.
    """

    reviews: int = 0
    opinions: int = 0
    replaced: int = 0
    unchanged: int = 0


@dataclass(slots=True)
class Load:
    """One load into a tenant's folder; nothing is seen before the manifest is written.

    Attributes:
        folder: of the tenant's parts.
        generation: that it starts from.
        duck: what reads parts.
        counting: of the copies before; it is changed.
        names: which names of aspects mean one thing.
    """

    folder: Path
    generation: Generation
    duck: Duck
    counting: Counting
    names: Synonyms
    segments: list[Segment] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    seen: dict[int, int] = field(default_factory=dict)
    rows: int = 0
    numbers: int = 0

    def run(self, pairs: Iterable[Pair]) -> tuple[Generation, Loaded]:
        """Write parts; the generation to be made the present one, and what it brings."""
        self.rows, self.numbers = self.generation.rows, self.generation.numbers
        self.counts = {"reviews": 0, "opinions": 0, "replaced": 0, "unchanged": 0}
        batch: dict[str, tuple[Pair, str]] = {}
        size = 0
        for pair in pairs:
            record = record_of(*pair)
            batch.pop(pair[0].id, None)
            batch[pair[0].id] = pair, record
            size += len(record)
            if len(batch) >= REVIEWS or size >= CHARACTERS:
                self._write(batch)
                batch, size = {}, 0
        self._write(batch)
        if not self.segments:
            return self.generation, Loaded(**self.counts)
        changed = self.generation.following(
            segments=(*self.generation.segments, *self.segments),
            rows=self.rows,
            numbers=self.numbers,
        )
        return changed, Loaded(**self.counts)

    def _write(self, batch: dict[str, tuple[Pair, str]]) -> None:
        known = self._known(batch)
        rows = Rows(self.names)
        for name, (pair, record) in batch.items():
            if (hash_of(record), pair[1].model) in known.get(name, ()):
                self.counts["unchanged"] += 1
                continue
            rows.add(pair, self.rows, self.numbers, record, self.counting)
            self.rows += 1
            self.numbers += 1
        if not rows.reviews:
            return
        parts = {kind: write_part(self.folder, kind, table) for kind, table in rows.tables()}
        self.segments.append(Segment(parts, rows.reviews, rows.opinions))
        self.counts["reviews"] += rows.reviews
        self.counts["opinions"] += rows.opinions

    def _known(self, batch: Iterable[str]) -> dict[str, set[tuple[int, str]]]:
        segments = [*self.generation.segments, *self.segments]
        paths = [self.folder / segment.parts["reviews"] for segment in segments]
        values: dict[str, object] = {
            "reviews": self.duck.paths("reviews", paths),
            "hashes": [hash_of(name) for name in batch],
        }
        known: dict[str, set[tuple[int, str]]] = {}
        for name, _, _, model, content, _ in self.duck.rows("known", values):
            known.setdefault(name, set()).add((content, model))
        return known


def counting_of(duck: Duck, files: dict[str, Any]) -> Counting:
    """The counts of copies after all reviews that are stored."""
    counting = Counting()
    for _, product, wording, _, _ in duck.rows("wordings", files):
        counting.weigh(wording_of(wording), product)
    return counting
