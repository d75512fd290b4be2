"""Loading mined reviews: each once, whatever is loaded again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from guandian.store.parts.covering import covering
from guandian.store.parts.generation import Generation, Segment
from guandian.store.parts.segments import Changes, Rewriting, replaced
from guandian.store.parts.store_rows import (
    Counting,
    FreshReview,
    Pair,
    Rows,
    hash_of,
    stored_record,
)
from guandian.text.aspect_names import Synonyms

REVIEWS = 100_000
CHARACTERS = 100_000_000
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
        rewriting: writes into that folder.
        generation: that it starts from.
        counting: of the copies before; of those after it at the end.
        names: which names of aspects mean one thing.
    """

    rewriting: Rewriting
    generation: Generation
    counting: Counting
    names: Synonyms
    segments: list[Segment] = field(default_factory=list)
    changes: Changes = field(default_factory=Changes)
    counts: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    numbers: int = 0

    def run(self, pairs: Iterable[Pair]) -> tuple[Generation, Loaded]:
        """Write parts; the generation to be made the present one, and what it brings."""
        self.rows, self.numbers = self.generation.rows, self.generation.numbers
        batch: dict[str, tuple[Pair, str]] = {}
        size = 0
        for pair in pairs:
            record = stored_record(*pair)
            batch.pop(pair[0].id, None)
            batch[pair[0].id] = pair, record
            size += len(record)
            if len(batch) >= REVIEWS or size >= CHARACTERS:
                self._write(batch)
                batch, size = {}, 0
        self._write(batch)
        loaded = Loaded(**self.counts)
        if not self.segments:
            return self.generation, loaded
        segments = [*self.generation.segments, *self.segments]
        if self.changes:
            self.counting = self.rewriting.recount(segments, self.changes)
        rewritten = self.rewriting.apply(segments, self.changes)
        segments = self.rewriting.merged(replaced(segments, rewritten))
        changed = self.generation.following(
            segments=tuple(segments), rows=self.rows, numbers=self.numbers
        )
        return covering(self.rewriting, changed, rewritten), loaded

    def _write(self, batch: dict[str, tuple[Pair, str]]) -> None:
        known = self._known(batch)
        rows, fresh = Rows(self.names), list[FreshReview]()
        for name, (pair, record) in batch.items():
            versions = known.get(name, [])
            content, model, number = hash_of(record), pair[1].model, self.numbers
            if any((its.content, its.model) == (content, model) for its in versions):
                self.counts["unchanged"] += 1
                continue
            for its in versions:
                number = its.number
                if its.model == model:
                    self.changes.dropped.add(its.row)
                elif its.current:
                    self.changes.superseded.add(its.row)
            fresh.append(FreshReview(pair, self.rows, number, record, content))
            self.rows += 1
            self.numbers += not versions
            self.counts["replaced" if versions else "reviews"] += 1
        rows.add(fresh, self.counting)
        if segment := self.rewriting.write(dict(rows.tables())):
            self.segments.append(segment)
            self.counts["opinions"] += rows.opinions

    def _known(self, batch: Iterable[str]) -> dict[str, list[_Version]]:
        segments = [*self.generation.segments, *self.segments]
        parts = self.rewriting.paths(segments, "reviews")
        hashes = [hash_of(name) for name in batch]
        known: dict[str, list[_Version]] = {}
        for name, *version in self.rewriting.ids.rows("known", parts, hashes):
            its = _Version(*version)
            if its.row not in self.changes.dropped:
                known.setdefault(name, []).append(its)
        return known


class _Version(NamedTuple):
    number: int
    row: int
    model: str
    content: int
    current: bool


def delete(
    rewriting: Rewriting, generation: Generation, reviews: Collection[str]
) -> tuple[Generation, int]:
    """Take reviews out, all of their versions.

    Returns:
        The generation to be made the present one, and how many of the reviews were there.
    """
    parts = rewriting.paths(generation.segments, "reviews")
    hashes = [hash_of(name) for name in reviews]
    wanted, changes, names = set(reviews), Changes(), set[str]()
    for row, name, _ in rewriting.ids.rows("versions", parts, hashes):
        if name in wanted:
            changes.dropped.add(row)
            names.add(name)
    if not names:
        return generation, 0
    rewriting.recount(generation.segments, changes, remember=False)
    rewritten = rewriting.apply(generation.segments, changes)
    segments = replaced(generation.segments, rewritten)
    changed = generation.following(segments=tuple(segments))
    return covering(rewriting, changed, rewritten), len(names)


def counting_of(rewriting: Rewriting, generation: Generation) -> Counting:
    """The counts of copies after all reviews that are stored."""
    return rewriting.recount(generation.segments, Changes())
