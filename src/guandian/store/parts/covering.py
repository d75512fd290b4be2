"""Roll-ups over segments, written: exact sums by few columns, and all sums in one order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from guandian.io.optional_libraries import needs
from guandian.store.duck import sql
from guandian.store.parts.generation import Generation, Segment, Totals
from guandian.store.parts.part_files import (
    KIND_OF_REVIEW,
    SUMS,
    TOTAL_KINDS,
    Kind,
    schema,
    write_part,
)
from guandian.store.parts.segments import Rewriting, Rewritten, tier_of
from guandian.store.parts.sum_changes import summed, with_differences
from guandian.store.selection import Parameters

FRESH = 5_000
"""Reviews of segments that no roll-up covers: fewer are added up from their own sums."""
_MOST = 8
"""Roll-ups of about one size that become one."""
_RANGE = 150_000
"""Reviews of some products that are sorted at once."""
_LEVELS = 4
_MONTH = "date_trunc('month', day)::date as day"
_ORIGIN = "source, language"
_SAID = "category, aspect"
_COLUMNS: dict[Kind, tuple[str, str]] = {
    "sums_by_day": (f"level, 0 as view, day, {_ORIGIN}, {_SAID}", f"day, {_SAID}"),
    "sums_by_month": (f"level, 0 as view, {_MONTH}, {_ORIGIN}, {_SAID}", f"day, {_SAID}"),
    "sums_of_months": (f"level, 0 as view, {_MONTH}, {_SAID}", f"day, {_SAID}"),
    "sums_by_product": (f"level, view, product, brand, {_SAID}", "product, brand"),
    "sums_by_all": (
        f"level, view, day, product, brand, {_ORIGIN}, {_SAID}",
        f"product, brand, day, {_SAID}, {_ORIGIN}, view",
    ),
    "kinds_by_day": (f"day, source, {KIND_OF_REVIEW}", "day"),
    "kinds_by_product": (f"product, brand, {KIND_OF_REVIEW}", "product, brand"),
    "kinds_by_all": (f"day, product, brand, source, {KIND_OF_REVIEW}", "product, brand, day"),
}
"""The columns of roll-ups that are no sums, as SQL over sums, and their order at a level."""
_SUMS: dict[Kind, tuple[Kind, str]] = {
    "sums_by_day": ("sums", "view <> 2"),
    "sums_by_month": ("sums_by_day", "true"),
    "sums_of_months": ("sums_by_month", "true"),
    "sums_by_product": ("sums", "true"),
    "sums_by_all": ("sums", "true"),
}
"""What they are made of, and which rows of it count."""
_KINDS: tuple[Kind, ...] = ("kinds_by_day", "kinds_by_product", "kinds_by_all")
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
        standing.append(_totals_of(rewriting, fresh))
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
    differences = arrow.concat_tables(
        [changed[name].differences for name in totals.covers if name in changed]
    )
    parts = _counted(rewriting, segments)
    for kind in _SUMS:
        if kind == "sums_by_all" and len(segments) == 1 == len(totals.covers):
            parts[kind] = segments[0].parts["sums"]
            continue
        condition = "true" if "product" in schema(kind).names else "view <> 2"
        own = summed(rewriting.duck, kind, _COLUMNS[kind][0], differences, condition)
        batches = with_differences(rewriting.duck, kind, rewriting.folder / totals.parts[kind], own)
        parts[kind] = write_part(rewriting.folder, kind, batches)
    return _totals(parts, segments)


def _totals_of(rewriting: Rewriting, segments: Sequence[Segment]) -> Totals:
    files: Parameters = {"sums": rewriting.paths(segments, "sums")}
    parts = _counted(rewriting, segments)
    ranges = _ranges(rewriting, segments)
    for kind, (source, condition) in _SUMS.items():
        if kind == "sums_by_all" and len(segments) == 1:
            parts[kind] = segments[0].parts["sums"]
            continue
        rows = f"select * from read_parquet(${source}) where {condition}"  # noqa: S608
        made_of = rows, _COLUMNS[kind][0], files
        parts[kind] = _write_sums(
            rewriting, kind, made_of, ranges if kind == "sums_by_all" else _WHOLE
        )
        files[kind] = [str(rewriting.folder / parts[kind])]
    return _totals(parts, segments)


def _counted(rewriting: Rewriting, segments: Sequence[Segment]) -> dict[Kind, str]:
    """Roll-ups of whole reviews and of the names of aspects."""
    files: Parameters = {kind: rewriting.paths(segments, kind) for kind in ("reviews", "opinions")}
    parts: dict[Kind, str] = {"spellings": _write(rewriting, "spellings", "words", files)}
    everyone = sql("counted").replace("{where}", "true")
    for kind in _KINDS:
        columns, order = _COLUMNS[kind]
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
    ranges = _ranges_of(rewriting, "kinds_by_product", files, reviews)
    parts: dict[Kind, str] = {"spellings": _write(rewriting, "spellings", "joined_words", files)}
    for kind, (_, order) in _COLUMNS.items():
        columns = ", ".join(n for n in schema(kind).names if n not in (*SUMS, *_ADDED))
        rows = f"select * from read_parquet(${kind})"  # noqa: S608
        if kind in _SUMS:
            parts[kind] = _write_sums(
                rewriting, kind, (rows, columns, files), ranges if kind == "sums_by_all" else _WHOLE
            )
            continue
        words = {"columns": columns, "source": rows, "order": order}
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
                query = {"columns": columns, "source": chosen, "order": _COLUMNS[kind][1]}
                with rewriting.duck.batches("totals", files | values, query) as sorted_rows:
                    yield from sorted_rows

    return write_part(rewriting.folder, kind, batches())


def _ranges(rewriting: Rewriting, segments: Sequence[Segment]) -> Ranges:
    files: Parameters = {"reviews": rewriting.paths(segments, "reviews")}
    reviews = sum(segment.reviews for segment in segments)
    return _ranges_of(rewriting, "reviews", files, reviews)


def _ranges_of(rewriting: Rewriting, kind: Kind, files: Parameters, reviews: int) -> Ranges:
    """Conditions that cut products into parts of so many reviews; none of them stands in two."""
    if reviews <= _RANGE:
        return _WHOLE
    number = "number" if kind in _KINDS else "1"
    words = {"kind": kind, "number": number}
    held, ends = 0, list[str]()
    for product, its in rewriting.duck.rows("products", files, words):
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
