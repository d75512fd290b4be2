"""Which roll-ups answer a question; `covering` writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from guandian.domain.periods import next_period, period_start
from guandian.store.duck import sql
from guandian.store.parts.part_files import KIND_OF_REVIEW, SUMS, Kind
from guandian.store.selection import Parameters, Selection

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
    if not totals:
        return RowSource(_select(columns, "sums", whole), values)
    months: Kind = "sums_by_month" if origin else "sums_of_months"
    if goods:
        of_goods: Kind = "sums_by_all" if in_time or origin else "sums_by_product"
        text = _select(columns, of_goods, whole)
    elif not in_time:
        text = _select(columns, months, whole)
    elif "day" in keys or level < 2:
        text = _select(columns, "sums_by_day", whole)
    else:
        text, bounds = _split(selection, columns, view, months)
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
    if not totals or matching or selection.own:
        words += ["row in (select row from matching)"] if matching else []
        where = " and ".join(["true", *words])
        return RowSource(sql("counted").replace("{where}", where), values)
    kind: Kind = "kinds_by_day" if in_time else "kinds_by_product"
    if goods and in_time:
        kind = "kinds_by_all"
    columns = f"{KIND_OF_REVIEW}, number, first_day, last_day"
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


def _split(selection: Selection, columns: str, view: str, by_month: Kind) -> tuple[str, Parameters]:
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
    inside = _select(columns, by_month, months)
    return f"{inside} union all {_select(columns, 'sums_by_day', outside)}", bounds


def _select(columns: str, kind: Kind, conditions: Sequence[str]) -> str:
    return _from(columns, f"read_parquet(${kind})", conditions)


def _from(columns: str, rows: str, conditions: Sequence[str]) -> str:
    # fixed words alone: what a person chose stands in parameters
    return f"select {columns} from {rows} where {' and '.join(conditions)}"  # noqa: S608
