"""Series that are watched: listed, and each with the band that is expected of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from guandian.monitor.alerts.alert_words import words_of
from guandian.monitor.alerts.evidence import slice_of
from guandian.monitor.alerts.series_list import (
    SeriesList,
    episodes_by_series,
    firing_among,
)
from guandian.monitor.series.buckets import UNITS, BucketUnit
from guandian.service.auth import Principal, Reader
from guandian.service.parts import Parts, Service
from guandian.service.problems import Problem, not_there
from guandian.service.routes.alert_routes import POINTS
from guandian.service.schemas.alert_schemas import BandPointOut
from guandian.service.schemas.problem_schema import problems
from guandian.service.schemas.watching.series_schemas import (
    EpisodeOut,
    SeriesAnswer,
    SeriesListAnswer,
    SeriesListQuery,
    SeriesQuery,
    SeriesRowOut,
)
from guandian.service.strict_body import StrictRoute
from guandian.store import StoreReader
from guandian.store.readings import refuse_incomplete

router = APIRouter(prefix="/v1/series", tags=["alerts"], route_class=StrictRoute)
_NAMED = 5
"""Series that are named to who asked for one that is not there."""


@router.get("", responses=problems())
def get_series_list(
    query: Annotated[SeriesListQuery, Query()], caller: Reader, service: Parts
) -> SeriesListAnswer:
    """The series that `guandian watch` looks at, those with the most complaints first."""
    units = _units(service, caller)
    unit = query.unit or next(iter(units), None)
    listed = None if unit is None else _list(service, caller, unit)[1]
    if listed is None or unit is None:
        return SeriesListAnswer(unit=unit, units=units, first=None, until=None, total=0, items=[])
    firing = firing_among(episodes_by_series(service.records, caller.tenant, unit))
    total, rows = listed.listed(firing, query.words, query.order, query.limit, query.offset)
    return SeriesListAnswer(
        unit=unit,
        units=units,
        first=listed.days[0],
        until=listed.days[1],
        total=total,
        items=[SeriesRowOut.of(row) for row in rows],
    )


@router.get("/{id}", responses=problems())
def get_series(
    id: str, query: Annotated[SeriesQuery, Query()], caller: Reader, service: Parts
) -> SeriesAnswer:
    """A series bucket by bucket, with the band that was expected, and where it fired and why."""
    unit = query.unit or next(iter(_units(service, caller)), None)
    if unit is None:
        raise not_there("nobody watches yet: `guandian watch` looks at series")
    reader, listed = _list(service, caller, unit)
    row = None if listed is None else listed.place(id)
    if listed is None or row is None:
        refuse_incomplete(reader)
        raise _no_series(id, unit, listed)
    tenant, records = caller.tenant, service.records
    episodes = episodes_by_series(records, tenant, unit)
    points = listed.band(records, tenant, row, datetime.now(UTC), query.buckets or POINTS[unit])
    own = [its for its in episodes.get(listed.table.keys[row], []) if its.until >= points[0].start]
    return SeriesAnswer(
        unit=unit,
        series=SeriesRowOut.of(listed.row(row, firing_among(episodes))),
        level=listed.level,
        points=[BandPointOut.of(point) for point in points],
        episodes=[
            EpisodeOut.of(alert, words_of(reader, alert, slice_of(alert)))
            for alert in sorted(own, key=lambda its: its.since, reverse=True)
        ],
    )


def _units(service: Service, caller: Principal) -> list[BucketUnit]:
    """Those that are watched; days first, which people think in."""
    alerts = service.records.alerts
    units = [unit for unit in UNITS if alerts.watched(caller.tenant, unit)]
    return sorted(units, key=lambda unit: unit != "day")


def _list(
    service: Service, caller: Principal, unit: BucketUnit
) -> tuple[StoreReader, SeriesList | None]:
    reader, laid = service.readings.reader(caller.tenant), service.readings.mark(caller.tenant)
    return reader, service.watched.list(caller.tenant, unit, reader, laid)


def _no_series(id: str, unit: BucketUnit, listed: SeriesList | None) -> Problem:
    if listed is None:
        return not_there(f"nobody watches in such buckets: `guandian watch --unit {unit}` does")
    total, largest = listed.listed(set(), "", "complaints", _NAMED, 0)
    return not_there(
        f"there is no series {id[:80]!r} among the {total:,} that are watched",
        [row.id for row in largest],
    )
