"""The series that the last look watched: listed, found by words, seen with their band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal, Self

import numpy as np

from guandian.monitor.alerts.alert_words import series_names
from guandian.monitor.alerts.arrivals import Arrivals
from guandian.monitor.alerts.band import BandPoint, band_points
from guandian.monitor.alerts.model_steps import SwitchedModel, switches_of
from guandian.monitor.alerts.replayed_history import table_of
from guandian.monitor.alerts.watch_pass import known_episodes, resumed_watch, terms_of
from guandian.monitor.alerts.watching import WatchTerms
from guandian.monitor.detectors.judgement import Floats
from guandian.monitor.series.buckets import BucketUnit, running_in
from guandian.monitor.series.packed_series import CountedSeries
from guandian.monitor.series.series_key import SeriesKey
from guandian.store import StoreReader
from guandian.store.records import Records
from guandian.store.records.watching import AlertRecord, AlertState
from guandian.store.records.watching.alert_records import series_digest
from guandian.wording import Name

SeriesOrder = Literal["complaints", "unusual"]
_LATELY = {"hour": 24, "day": 7, "week": 1}
"""Buckets that are lately: a day of hours, else a week."""
_BEFORE = 8
"""So many times as many buckets before them are the usual."""


@dataclass(frozen=True, slots=True)
class ListedSeries:
    """One series in a list.

    Attributes:
        id: such as `s_1f...`, the same as long as it is of the same things.
        key: what it is of.
        name: what people call it.
        complaints: in all buckets.
        lately: in the last day of hours, else the last week.
        usual: in as long a time, by the eight before.
        firing: whether an episode of it goes on.
    """

    id: str
    key: SeriesKey
    name: Name
    complaints: int
    lately: int
    usual: float
    firing: bool


@dataclass(frozen=True, slots=True, eq=False)
class SeriesList:
    """All series of a look, to be kept until the next one.

    Attributes:
        terms: of the look.
        days: the first and the last day that were judged.
        table: the counts, up to the last bucket that was judged.
        names: what people call each series.
        sums: `[3, series]`, complaints in all, lately, and usually in as long a time.
        switches: of the model that mined.
        state: of the watcher.
    """

    terms: WatchTerms
    days: tuple[date, date]
    table: CountedSeries
    names: Sequence[Name]
    sums: Floats
    switches: Sequence[SwitchedModel]
    state: Mapping[str, Any]
    _places: Mapping[str, int] = field(repr=False)
    _words: Sequence[str] = field(repr=False)

    @classmethod
    def of(
        cls, reader: StoreReader, records: Records, tenant: str, unit: BucketUnit
    ) -> Self | None:
        """What is watched in buckets of a unit; None where nobody watches."""
        terms, days = terms_of(records, tenant, unit), records.alerts.watched(tenant, unit)
        if days is None:
            return None
        table = table_of(reader, terms, _after(days[1]))
        names = series_names(reader, table.keys)
        pairs = zip(table.keys, names, strict=True)
        return cls(
            terms,
            days,
            table,
            names,
            _sums(table),
            switches_of(reader, table),
            records.watchers.get(tenant, unit) or {},
            {series_id(key): row for row, key in enumerate(table.keys)},
            [_folded(f"{name.zh}\n{name.en}\n{' '.join(_given(key))}") for key, name in pairs],
        )

    def listed(
        self, firing: set[SeriesKey], words: str, order: SeriesOrder, limit: int, offset: int
    ) -> tuple[int, list[ListedSeries]]:
        """How many series hold some words, and a page of them.

        Args:
            firing: those of which an episode goes on.
            words: all of which a series' name holds.
            order: the most complaints first; or those that fire, then those that rose the most.
            limit: how many.
            offset: how many are passed over.
        """
        wanted = _folded(words).split()
        there = [row for row, its in enumerate(self._words) if all(word in its for word in wanted)]
        rows = np.array(there, dtype=np.int64)
        total, lately, usual = self.sums[:, rows]
        rank = -total
        if order == "unusual":
            rank = -(lately - usual) / np.sqrt(usual + 1)
            if firing:
                fires = np.array([self.table.keys[row] in firing for row in there], dtype=bool)
                rank = np.where(fires, -np.inf, rank)
        page = rows[np.lexsort((-total, rank))][offset : offset + limit]
        return len(rows), [self.row(int(row), firing) for row in page]

    def row(self, row: int, firing: set[SeriesKey]) -> ListedSeries:
        """A series by its row."""
        key, sums = self.table.keys[row], self.sums[:, row]
        return ListedSeries(
            series_id(key),
            key,
            self.names[row],
            round(float(sums[0])),
            round(float(sums[1])),
            float(sums[2]),
            key in firing,
        )

    def place(self, id: str) -> int | None:
        """The row of a series by its id; None where it is not watched."""
        return self._places.get(id)

    @property
    def level(self) -> float:
        """The chance below which a surge fired in the bucket that was judged last."""
        said = self.state.get("level")
        return self.terms.level(max(len(self.table.keys), 1)) if said is None else float(said)

    def band(
        self, records: Records, tenant: str, row: int, moment: datetime, most: int
    ) -> list[BandPoint]:
        """The last buckets of a series with the band that is expected."""
        table, terms = self.table.part([row]), self.terms
        watching = resumed_watch(records, tenant, table, terms)
        watching.switches = self.switches
        if terms.unit != "hour":  # delays are known by the day
            today = running_in(terms.zone, moment, terms.unit)
            arrivals = Arrivals.resumed(self.state.get("arrivals"))
            watching.complete = arrivals.complete(table.buckets, today)
        return band_points(watching, table, max(table.buckets.number - most, 0), self.level)


def series_id(key: SeriesKey) -> str:
    """The id of a series, the same everywhere."""
    return f"s_{series_digest(key.values)}"


def episodes_by_series(
    records: Records, tenant: str, unit: BucketUnit
) -> dict[SeriesKey, list[AlertRecord]]:
    """The episodes that fired, of which people may have been told by another one."""
    episodes = dict[SeriesKey, list[AlertRecord]]()
    for alert in known_episodes(records, tenant, unit):
        if alert.fired is not None:
            episodes.setdefault(SeriesKey(**alert.series), []).append(alert)
    return episodes


def firing_among(episodes: Mapping[SeriesKey, Sequence[AlertRecord]]) -> set[SeriesKey]:
    """Series of which an episode goes on."""
    over = AlertState.CLEARED
    return {key for key, its in episodes.items() if any(alert.state is not over for alert in its)}


def _after(judged: date) -> date:
    """What was running when a bucket that ended then was judged."""
    if isinstance(judged, datetime):
        return judged + timedelta(hours=1)
    return judged + timedelta(days=1)


def _sums(table: CountedSeries) -> Floats:
    """Complaints in all, lately, and usually in as long a time, `[3, series]`."""
    if not table.buckets.number:
        return np.zeros((3, len(table.keys)))
    lately = min(_LATELY[table.buckets.unit], table.buckets.number)
    before = slice(-lately * (_BEFORE + 1), -lately)
    times = max(min(_BEFORE * lately, table.buckets.number - lately) / lately, 1.0)
    parts = [np.zeros((3, 0))]
    for part in table.parts():
        counts = part.complaints
        usual = counts[:, before].sum(1) / times
        parts.append(np.stack([counts.sum(1), counts[:, -lately:].sum(1), usual]))
    return np.concatenate(parts, axis=1)


def _given(key: SeriesKey) -> list[str]:
    return [value for value in key.values.values() if value is not None]


def _folded(text: str) -> str:
    return text.casefold()
