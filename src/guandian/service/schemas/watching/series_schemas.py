"""Series that are watched: what each is of, its band, and where it fired."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from guandian.monitor.alerts.alert_words import AlertWords
from guandian.monitor.alerts.series_list import ListedSeries, SeriesOrder
from guandian.monitor.series.buckets import BucketUnit
from guandian.service.schemas.alert_schemas import BandPointOut, Day
from guandian.service.schemas.answer_schemas import NameOut
from guandian.service.schemas.job_schemas import PageQuery
from guandian.service.schemas.strict import Incoming, Outgoing, Whole, Words
from guandian.store.records.watching import AlertKind, AlertRecord, AlertState

_Unit = Annotated[
    BucketUnit | None,
    Field(description="Of the buckets; without it days where they are watched, else what is."),
]


class SeriesListQuery(PageQuery):
    """Which series, and in which order."""

    unit: _Unit = None
    words: Annotated[
        Words, Field(max_length=200, description="All of them in its name.", examples=["电池"])
    ] = ""
    order: Annotated[
        SeriesOrder,
        Field(
            description="`complaints`: the most of them first; `unusual`: first those of which an"
            " alert goes on, then those that rose the most."
        ),
    ] = "complaints"


class SeriesQuery(Incoming):
    """How many buckets of a series, up to the last one that was judged."""

    unit: _Unit = None
    buckets: Annotated[
        Whole | None,
        Field(ge=1, le=400, description="Without it 120 days, 78 weeks or 168 hours."),
    ] = None


class SeriesRowOut(Outgoing):
    """A series: its complaints in all, lately, and usually in as long a time."""

    id: Annotated[str, Field(examples=["s_0123456789abcdef01234567"])]
    product: str | None
    category: str | None
    aspect: str | None
    source: str | None
    own: str | None
    where: NameOut
    complaints: int
    lately: Annotated[int, Field(description="In the last week; of hours the last day.")]
    usual: Annotated[float, Field(description="In as long a time, by the eight before.")]
    firing: bool

    @classmethod
    def of(cls, row: ListedSeries) -> SeriesRowOut:
        """The same."""
        return cls(
            id=row.id,
            product=row.key.product,
            category=row.key.category,
            aspect=row.key.aspect,
            source=row.key.source,
            own=row.key.own,
            where=NameOut(zh=row.name.zh, en=row.name.en),
            complaints=row.complaints,
            lately=row.lately,
            usual=round(row.usual, 2),
            firing=row.firing,
        )


class SeriesListAnswer(Outgoing):
    """Some of `total` series in buckets of `unit`, one of the `units` that are watched."""

    unit: BucketUnit | None
    units: list[BucketUnit]
    first: Day | None
    until: Day | None
    total: int
    items: list[SeriesRowOut]


class EpisodeOut(Outgoing):
    """An alert of a series; one with a `parent` was told by that one."""

    id: str
    kind: AlertKind
    state: AlertState
    since: Day
    until: Day
    fired: Day | None
    parent: str | None
    sentence: NameOut
    why: NameOut
    dismissed_by: str | None

    @classmethod
    def of(cls, alert: AlertRecord, words: AlertWords) -> EpisodeOut:
        """An alert with its words."""
        return cls(
            id=alert.id,
            kind=alert.kind,
            state=alert.state,
            since=alert.since,
            until=alert.until,
            fired=alert.fired,
            parent=alert.parent,
            sentence=NameOut(zh=words.sentence.zh, en=words.sentence.en),
            why=NameOut(zh=words.why.zh, en=words.why.en),
            dismissed_by=alert.dismissed_by,
        )


class SeriesAnswer(Outgoing):
    """A series with its expected band: more than `upper` has a chance below `level`, and fires."""

    unit: BucketUnit
    series: SeriesRowOut
    level: float
    points: list[BandPointOut]
    episodes: list[EpisodeOut]
