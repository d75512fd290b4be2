"""The evidence of an alert: quotes, and the smallest slice that explains it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from guandian.evaluation.surges import VERSION, SurgeTable, explain_surge
from guandian.monitor.series.series_key import SeriesKey, own_column, own_words
from guandian.store import StoredOpinion, StoreReader
from guandian.store.records.watching import AlertRecord

QUOTES = 3
_BASE_WEEKS = 8
"""Weeks before an episode that it is compared with."""
_BETWEEN = "\x1f"
"""Between a category and an aspect in the name of a row."""


@dataclass(frozen=True, slots=True)
class AlertEvidence:
    """What shows an alert.

    Attributes:
        quotes: negative opinions of its days, the surest ones.
        number: of all of them.
        slice: the smallest part of it that explains the change; the series itself where no
            smaller one surely does.
    """

    quotes: Sequence[StoredOpinion]
    number: int
    slice: SeriesKey


def evidence_of(reader: StoreReader, alert: AlertRecord) -> AlertEvidence:
    """Read what shows an alert, as the store is now."""
    key = slice_of(alert)
    page = reader.opinions(key.selection(alert.since, alert.until), limit=QUOTES)
    if not page.total:
        key = SeriesKey(**alert.series)
        page = reader.opinions(key.selection(alert.since, alert.until), limit=QUOTES)
    return AlertEvidence(page.items, page.total, key)


def slice_of(alert: AlertRecord) -> SeriesKey:
    """The slice that was found when the alert fired."""
    return SeriesKey(**alert.facts.get("slice", alert.series))


def smallest_slice(reader: StoreReader, alert: AlertRecord, own: Sequence[str] = ()) -> SeriesKey:
    """The smallest slice of a series that explains its surge, by `evaluation.surges`.

    The days of the alert stand against whole weeks before them. All that is said of the product
    is compared, so that what rose everywhere is no cause.

    Args:
        reader: of the store.
        alert: whose series it is.
        own: columns of the owner's, such as a version; the first is a dimension of slices.
    """
    key = SeriesKey(**alert.series)
    column = own_column(key.own)[0] if key.own is not None else next(iter(own), None)
    first, last = days_of(alert)
    end = first - timedelta(days=1)
    windows = (end - timedelta(days=7 * _BASE_WEEKS - 1), end), (first, last)
    table = _surge_table(reader, key, windows, column)
    for cause in explain_surge(table):
        inner = _within(key, dict(cause.fixed), column)
        if inner is not None:
            return inner
    return key


def _surge_table(
    reader: StoreReader,
    key: SeriesKey,
    windows: tuple[tuple[date, date], tuple[date, date]],
    column: str | None,
) -> SurgeTable:
    """Reviews and complaints of a product, or of everything, in both windows."""
    reviews: list[dict[tuple[str, ...], float]] = []
    complaints: list[dict[tuple[str, ...], float]] = []
    groups: dict[str, str] = {}
    for since, until in windows:
        chosen = SeriesKey(product=key.product).selection(since, until)
        speaking: dict[tuple[str, ...], float] = {}
        complaining: dict[tuple[str, ...], float] = {}
        for category, aspect, *where, number, bad in reader.sliced(
            replace(chosen, polarity=None), column
        ):
            if category is None:
                speaking[tuple(where)] = number
                continue
            said = f"{category}{_BETWEEN}{aspect}" if aspect else f"{category}{_BETWEEN}"
            groups[said] = category
            complaining[(said, *where)] = bad
        reviews.append(speaking)
        complaints.append(complaining)
    return SurgeTable.of(("aspect", "product", "source", VERSION), reviews, complaints, groups)


def days_of(alert: AlertRecord) -> tuple[date, date]:
    """The days of an alert, those of its hours where it is of hours."""
    first, last = (
        its.date() if isinstance(its, datetime) else its for its in (alert.since, alert.until)
    )
    return first, last


def _within(key: SeriesKey, fixed: dict[str, str], column: str | None) -> SeriesKey | None:
    """The part of a series that lies in a slice; None where the slice is of something else."""
    values = {name: value for name, value in fixed.items() if name in ("product", "source")}
    if "category" in fixed:
        values["category"] = fixed["category"]
    if "aspect" in fixed:
        category, aspect = fixed["aspect"].split(_BETWEEN, 1)
        if not aspect:
            return None
        values |= (
            {"aspect": aspect} if key.category is None else {"category": category, "aspect": aspect}
        )
    if VERSION in fixed and column is not None:
        values["own"] = own_words(column, fixed[VERSION])
    if any(getattr(key, name) not in (None, value) for name, value in values.items()):
        return None
    return replace(key, **values)
