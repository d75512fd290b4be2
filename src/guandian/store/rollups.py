"""Roll-ups over segments: exact sums by few columns, and which of them answer a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from guandian.domain.periods import next_period, period_start
from guandian.files.formats.workbook import needs
from guandian.store.duck import sql
from guandian.store.parts.generation import Generation, Segment, Totals
from guandian.store.parts.part_files import SUMS, TOTAL_KINDS, Kind, schema, write_part
from guandian.store.parts.segments import Rewriting, Rewritten, tier_of
from guandian.store.parts.sum_changes import summed, with_differences
from guandian.store.selection import Parameters, Selection

FRESH = 5_000
"""Reviews of segments that no roll-up covers: fewer are added up from their own sums."""
_MOST = 8
"""Roll-ups of about one size that become one."""
_MONTH = "date_trunc('month', day)::date as day"
_ORIGIN = "source, language"
_SAID = "category, aspect"
_KIND = "aside, first, again, silent, sentiment, model, language, rating, scale, unread_rating"
_COLUMNS: dict[Kind, tuple[str, str]] = {
    "sums_by_day": (f"level, 0 as view, day, {_ORIGIN}, {_SAID}", f"level, day, {_SAID}"),
    "sums_by_month": (f"level, 0 as view, {_MONTH}, {_ORIGIN}, {_SAID}", f"level, day, {_SAID}"),
    "sums_by_product": (f"level, view, product, brand, {_SAID}", "level, product, brand"),
    "kinds_by_day": (f"day, source, {_KIND}", "day"),
    "kinds_by_product": (f"product, brand, {_KIND}", "product, brand"),
}


_SUM_KINDS: tuple[Kind, ...] = ("sums_by_day", "sums_by_month", "sums_by_product")
_KINDS_OF_REVIEWS: tuple[Kind, ...] = ("kinds_by_day", "kinds_by_product")


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
    for kind in _SUM_KINDS:
        columns, _ = _COLUMNS[kind]
        condition = "true" if kind == "sums_by_product" else "view <> 2"
        own = summed(rewriting.duck, kind, columns, differences, condition)
        batches = with_differences(rewriting.duck, kind, rewriting.folder / totals.parts[kind], own)
        parts[kind] = write_part(rewriting.folder, kind, batches)
    return _totals(parts, segments)


def _totals_of(rewriting: Rewriting, segments: Sequence[Segment]) -> Totals:
    files: Parameters = {"sums": rewriting.paths(segments, "sums")}
    sources: dict[Kind, str] = {
        "sums_by_day": "select * from read_parquet($sums) where view <> 2",
        "sums_by_month": "select * from read_parquet($sums_by_day)",
        "sums_by_product": "select * from read_parquet($sums)",
    }
    parts = _counted(rewriting, segments)
    for kind, source in sources.items():
        columns, order = _COLUMNS[kind]
        words = {"columns": columns, "source": source, "order": order}
        parts[kind] = _write(rewriting, kind, "totals", files, words)
        files[kind] = [str(rewriting.folder / parts[kind])]
    return _totals(parts, segments)


def _counted(rewriting: Rewriting, segments: Sequence[Segment]) -> dict[Kind, str]:
    """Roll-ups of whole reviews and of the names of aspects."""
    files: Parameters = {kind: rewriting.paths(segments, kind) for kind in ("reviews", "opinions")}
    parts: dict[Kind, str] = {"spellings": _write(rewriting, "spellings", "words", files)}
    everyone = sql("counted").replace("{where}", "true")
    for kind in _KINDS_OF_REVIEWS:
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
    parts: dict[Kind, str] = {"spellings": _write(rewriting, "spellings", "joined_words", files)}
    for kind, (_, order) in _COLUMNS.items():
        plain = [name for name in schema(kind).names if name not in (*SUMS, *_ADDED)]
        words = {
            "columns": ", ".join(plain),
            "source": _select("*", kind, ["true"]),
            "order": order,
        }
        query = "totals" if kind.startswith("sums") else "kinds"
        parts[kind] = _write(rewriting, kind, query, files, words)
    covers = tuple(name for part in totals for name in part.covers)
    return Totals(parts, covers, sum(part.reviews for part in totals))


def _write(
    rewriting: Rewriting,
    kind: Kind,
    query: str,
    files: Parameters,
    words: Mapping[str, str] | None = None,
) -> str:
    with rewriting.duck.batches(query, files, words) as batches:
        return write_part(rewriting.folder, kind, batches)


_ADDED = ("number", "first_day", "last_day")
_FRESH_SUMS = "read_parquet($fresh_sums)"


@dataclass(frozen=True, slots=True)
class RowSource:
    """Rows that answer a question: SQL of fixed words, and its parameters."""

    text: str
    values: Parameters


def sums_for(
    selection: Selection, keys: Sequence[str], *, of_product: bool, totals: bool
) -> RowSource | None:
    """The roll-ups whose sums answer a question; None where only the opinions themselves do.

    Args:
        selection: what is asked about.
        keys: the columns that the answer is by, `day` too.
        of_product: whether opinions count that count for their product.
        totals: whether those over all segments may be read.
    """
    level = _level(selection, keys)
    raw = selection.containing or selection.confidence or selection.polarity or selection.own
    if level is None or raw:
        return None
    view = f"level = {level} and view <> {1 if of_product else 2}"
    in_time = "day" in keys or bool(selection.since or selection.until)
    goods = of_product or bool(selection.products or selection.brands)
    goods = goods or not {"product", "brand"}.isdisjoint(keys)
    origin = bool(selection.sources or selection.languages)
    origin = origin or not {"source", "language"}.isdisjoint(keys)
    columns = ", ".join([*keys, *SUMS])
    words, values = selection.conditions()
    whole = [view, *words]
    if not totals or (goods and (in_time or origin)):
        return RowSource(_select(columns, "sums", whole), values)
    if goods:
        text = _select(columns, "sums_by_product", whole)
    elif not in_time:
        text = _select(columns, "sums_by_month", whole)
    elif "day" in keys or level < 2:
        text = _select(columns, "sums_by_day", whole)
    else:
        text, bounds = _split(selection, columns, view)
        values |= bounds
    return RowSource(f"{text} union all {_from(columns, _FRESH_SUMS, whole)}", values)


def overlay_for(
    selection: Selection, keys: Sequence[str], *, of_product: bool
) -> tuple[str, Parameters]:
    """The same sums of a table `overlay_sums`, which has the columns of sums."""
    level = _level(selection, keys)
    words, values = selection.conditions()
    view = f"level = {level} and view <> {1 if of_product else 2}"
    columns = ", ".join([*keys, *SUMS])
    return _from(columns, "overlay_sums", [view, *words]), values


def reviews_for(selection: Selection, *, totals: bool, matching: bool) -> RowSource:
    """What tells of whole reviews; of those in the table `matching` where it is asked."""
    words, values = selection.of_reviews().conditions()
    in_time = bool(selection.since or selection.until or selection.sources)
    goods = bool(selection.products or selection.brands)
    if not totals or matching or selection.own or (goods and in_time):
        words += ["row in (select row from matching)"] if matching else []
        where = " and ".join(["true", *words])
        return RowSource(sql("counted").replace("{where}", where), values)
    kind: Kind = "kinds_by_day" if in_time else "kinds_by_product"
    columns = f"{_KIND}, number, first_day, last_day"
    whole = ["true", *words]
    counted = sql("counted").replace("{where}", " and ".join(whole))
    fresh = _from(columns, f"({counted.replace('$reviews', '$fresh_reviews')})", ["true"])
    return RowSource(f"{_select(columns, kind, whole)} union all {fresh}", values)


def _level(selection: Selection, keys: Sequence[str]) -> int | None:
    level = 0
    for name, chosen, its in (
        ("category", selection.categories, 1),
        ("aspect", selection.aspects, 2),
    ):
        if name in keys or len(chosen) == 1:
            level += its
        elif chosen:  # a review may speak of several: their sums do not add up
            return None
    return level


def _split(selection: Selection, columns: str, view: str) -> tuple[str, Parameters]:
    """Whole months by their roll-ups, the days before and after them by day."""
    since, until = selection.since, selection.until
    begins = since if since is None or since.day == 1 else next_period(since, "month")
    ends = None if until is None else period_start(until + timedelta(days=1), "month")
    if begins and ends and begins >= ends:
        words, _ = selection.conditions()
        return _select(columns, "sums_by_day", [view, *words]), {}
    words, _ = replace(selection, since=None, until=None).conditions()
    months, edges = [view, *words], list[str]()
    bounds: Parameters = {}
    if since and begins:
        months.append("day >= $begins")
        edges.append("(day >= $since and day < $begins)")
        bounds["begins"] = begins
    if until and ends:
        months.append("day < $ends")
        edges.append("(day >= $ends and day <= $until)")
        bounds["ends"] = ends
    outside = [view, *words, f"({' or '.join(edges)})"]
    by_month = _select(columns, "sums_by_month", months)
    return f"{by_month} union all {_select(columns, 'sums_by_day', outside)}", bounds


def _select(columns: str, kind: Kind, conditions: Sequence[str]) -> str:
    return _from(columns, f"read_parquet(${kind})", conditions)


def _from(columns: str, rows: str, conditions: Sequence[str]) -> str:
    # fixed words alone: what a person chose stands in parameters
    return f"select {columns} from {rows} where {' and '.join(conditions)}"  # noqa: S608
