"""Roll-ups over segments, written: exact sums by few columns, and all sums in one order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from guandian.io.optional_libraries import needs
from guandian.store.duck import sql
from guandian.store.parts.generation import Generation, Segment, Totals
from guandian.store.parts.part_files import (
    KIND_OF_REVIEW,
    MANY_ROWS,
    SUMS,
    TOTAL_KINDS,
    Kind,
    schema,
    write_part,
    write_parts,
)
from guandian.store.parts.ranked_sums import RankedSums
from guandian.store.parts.segments import Rewriting, Rewritten, tier_of
from guandian.store.parts.sum_changes import summed, with_differences
from guandian.store.selection import Parameters

FRESH = 5_000
"""Reviews of segments that no roll-up covers: fewer are added up from their own sums."""
_MOST = 8
"""Roll-ups of about one size that become one."""
_RANGE = 150_000
"""Reviews that sums are sorted of at once, of some products or segments."""
_LEVELS = 4
_SUMS: dict[Kind, str] = {
    "sums_by_day": "day, category, aspect",
    "sums_by_month": "day, category, aspect",
    "sums_of_months": "day, category, aspect",
    "sums_by_product": "product, brand",
    "sums_by_all": "product, brand, day, category, aspect, source, language, view",
}
"""Roll-ups of sums, and their order at a level."""
_KINDS: dict[Kind, tuple[str, str]] = {
    "kinds_by_day": (f"day, source, {KIND_OF_REVIEW}", "day"),
    "kinds_by_product": (f"product, brand, {KIND_OF_REVIEW}", "product, brand"),
    "kinds_by_all": (f"day, product, brand, source, {KIND_OF_REVIEW}", "product, brand, day"),
}
"""Roll-ups of whole reviews: their columns but for counts, and their order."""
_ADDED = ("number", "first_day", "last_day")
_WHOLE: Sequence[tuple[str, Parameters]] = (("true", {}),)

Ranges = Sequence[tuple[str, Parameters]]


def covering(
    rewriting: Rewriting, generation: Generation, rewritten: Sequence[Rewritten] = ()
) -> Generation:
    """The generation with few roll-ups over its segments, but for some that were loaded last.

    Args:
        rewriting: writes into the folder.
        generation: whose roll-ups are those of the one before.
        rewritten: segments that are not there any more as they were.
    """
    there = {segment.parts["reviews"]: segment for segment in generation.segments}
    changed = {its.before.parts["reviews"]: its for its in rewritten}
    standing = list[Totals]()
    for totals in generation.totals:
        if not totals.parts.keys() >= set(TOTAL_KINDS):
            continue  # of a version that had fewer
        if there.keys() >= set(totals.covers):
            standing.append(totals)
        elif segments := _present(totals, there, changed):
            standing.append(_adjusted(rewriting, totals, segments, changed))
    covered = {name for totals in standing for name in totals.covers}
    fresh = [s for s in generation.segments if s.parts["reviews"] not in covered]
    if sum(segment.reviews for segment in fresh) >= FRESH:
        standing += [_totals_of(rewriting, segments) for segments in _held_at_once(fresh)]
    return replace(generation, totals=tuple(_merged(rewriting, standing)))


def _present(
    totals: Totals, there: Mapping[str, Segment], changed: Mapping[str, Rewritten]
) -> list[Segment]:
    """The segments that roll-ups are over, as they are; none where others have become of them."""
    segments = list[Segment]()
    for name in totals.covers:
        after = changed[name].after if name in changed else there.get(name)
        if after is None and name in changed:
            continue
        if after is None or after.parts["reviews"] not in there:
            return []
        segments.append(after)
    return segments


def _adjusted(
    rewriting: Rewriting,
    totals: Totals,
    segments: Sequence[Segment],
    changed: Mapping[str, Rewritten],
) -> Totals:
    """Roll-ups after some of their segments changed: what that makes of their sums is added."""
    arrow = needs("pyarrow", "serve", "a store")
    tables = [changed[name].differences for name in totals.covers if name in changed]
    differences = RankedSums.read(arrow.concat_tables(tables))
    parts = _counted(rewriting, segments)
    for kind in _SUMS:
        if kind == "sums_by_all" and len(segments) == 1 == len(totals.covers):
            parts[kind] = segments[0].parts["sums"]
            continue
        own = summed(kind, differences).table(kind, view=0)
        batches = with_differences(rewriting.duck, kind, rewriting.folder / totals.parts[kind], own)
        parts[kind] = write_part(rewriting.folder, kind, batches)
    return _totals(parts, segments)


def _totals_of(rewriting: Rewriting, segments: Sequence[Segment]) -> Totals:
    parts, sums = _counted(rewriting, segments), RankedSums.read(rewriting.sums(segments))
    kinds = list(_SUMS)
    if len(segments) == 1:
        kinds.remove("sums_by_all")
        parts["sums_by_all"] = segments[0].parts["sums"]

    def made(kind: Kind) -> Iterator[Any]:
        its = summed(kind, sums, ["level", *_SUMS[kind].split(", ")])
        return _by_level(its.table(kind, view=0))

    parts |= write_parts(rewriting.folder, kinds, made)
    return _totals(parts, segments)


def _held_at_once(segments: Sequence[Segment]) -> list[list[Segment]]:
    """The segments in runs of `_RANGE` reviews at most, or of one segment."""
    runs, held = list[list[Segment]](), _RANGE
    for segment in segments:
        held += segment.reviews
        if held > _RANGE:
            runs.append([])
            held = segment.reviews
        runs[-1].append(segment)
    return runs


def _by_level(table: Any) -> Iterator[Any]:
    """A table that is sorted by level, each of them in batches of its own."""
    ends = np.searchsorted(table["level"].to_numpy(), range(_LEVELS + 1))
    for start, end in pairwise(ends.tolist()):
        yield from table.slice(start, end - start).to_batches(MANY_ROWS)


def _counted(rewriting: Rewriting, segments: Sequence[Segment]) -> dict[Kind, str]:
    """Roll-ups of whole reviews and of the names of aspects."""
    files: Parameters = {kind: rewriting.paths(segments, kind) for kind in ("reviews", "opinions")}
    parts: dict[Kind, str] = {"spellings": _write(rewriting, "spellings", "words", files)}
    everyone = sql("counted").replace("{where}", "true")
    for kind, (columns, order) in _KINDS.items():
        words = {"columns": columns, "source": everyone, "order": order}
        parts[kind] = _write(rewriting, kind, "kinds", files, words)
    return parts


def _totals(parts: dict[Kind, str], segments: Sequence[Segment]) -> Totals:
    covers = tuple(segment.parts["reviews"] for segment in segments)
    return Totals(parts, covers, sum(segment.reviews for segment in segments))


def _merged(rewriting: Rewriting, totals: list[Totals]) -> list[Totals]:
    tiers: dict[int, list[Totals]] = {}
    for part in totals:
        tiers.setdefault(tier_of(part.reviews), []).append(part)
    for tier in sorted(tiers):
        if len(tiers[tier]) >= _MOST:
            left = [part for part in totals if part not in tiers[tier]]
            return _merged(rewriting, [*left, _joined(rewriting, tiers[tier])])
    return totals


def _joined(rewriting: Rewriting, totals: Sequence[Totals]) -> Totals:
    files: Parameters = {
        kind: [str(rewriting.folder / part.parts[kind]) for part in totals] for kind in TOTAL_KINDS
    }
    reviews = sum(part.reviews for part in totals)
    ranges = _ranges(rewriting, files, reviews)
    parts: dict[Kind, str] = {"spellings": _write(rewriting, "spellings", "joined_words", files)}
    for kind in (*_SUMS, *_KINDS):
        columns = ", ".join(n for n in schema(kind).names if n not in (*SUMS, *_ADDED))
        rows = f"select * from read_parquet(${kind})"  # noqa: S608
        if kind in _SUMS:
            parts[kind] = _write_sums(
                rewriting, kind, (rows, columns, files), ranges if kind == "sums_by_all" else _WHOLE
            )
            continue
        words = {"columns": columns, "source": rows, "order": _KINDS[kind][1]}
        parts[kind] = _write(rewriting, kind, "kinds", files, words)
    covers = tuple(name for part in totals for name in part.covers)
    return Totals(parts, covers, reviews)


def _write_sums(
    rewriting: Rewriting, kind: Kind, made_of: tuple[str, str, Parameters], ranges: Ranges
) -> str:
    """Write sums level by level, each in groups of rows of its own.

    Args:
        rewriting: writes into the folder.
        kind: of the sums.
        made_of: SQL of rows, SQL of columns, and the files that they name.
        ranges: conditions on products, in their order, for what is sorted at once.
    """
    rows, columns, files = made_of

    def batches() -> Iterator[Any]:
        for level in range(_LEVELS):
            for words, values in ranges:
                chosen = f"select * from ({rows}) where level = {level} and {words}"  # noqa: S608
                query = {"columns": columns, "source": chosen, "order": _SUMS[kind]}
                with rewriting.duck.batches("totals", files | values, query) as sorted_rows:
                    yield from sorted_rows

    return write_part(rewriting.folder, kind, batches())


def _ranges(rewriting: Rewriting, files: Parameters, reviews: int) -> Ranges:
    """Conditions that cut products into parts of so many reviews; none of them stands in two."""
    if reviews <= _RANGE:
        return _WHOLE
    held, ends = 0, list[str]()
    for product, its in rewriting.duck.rows("products", files):
        if held and held + its > _RANGE:
            ends.append(product)
            held = 0
        held += its
    if not ends:
        return [("product is not null", {}), ("product is null", {})]
    between = [
        ("product >= $least and product < $most", Parameters(least=least, most=most))
        for least, most in pairwise(ends)
    ]
    return [
        ("product < $most", {"most": ends[0]}),
        *between,
        ("product >= $least", {"least": ends[-1]}),
        ("product is null", {}),
    ]


def _write(
    rewriting: Rewriting,
    kind: Kind,
    query: str,
    files: Parameters,
    words: Mapping[str, str] | None = None,
) -> str:
    with rewriting.duck.batches(query, files, words) as batches:
        return write_part(rewriting.folder, kind, batches)
