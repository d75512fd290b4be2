"""Alerts: what surged, how sure it is, who saw it, and what is quiet."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from guandian.monitor.alerts.alert_sentences import ratio_of, severity_of
from guandian.monitor.alerts.alert_words import AlertWords
from guandian.monitor.alerts.band import BandPoint
from guandian.monitor.alerts.evidence import AlertEvidence
from guandian.monitor.alerts.realised import RealisedBudget
from guandian.monitor.series.buckets import BucketUnit, unit_of
from guandian.service.schemas.answer_schemas import IntervalOut, NameOut, OpinionOut
from guandian.service.schemas.job_schemas import PageQuery
from guandian.service.schemas.strict import Incoming, Outgoing, Whole
from guandian.store.records.watching import AlertKind, AlertRecord, AlertSeverity, AlertState
from guandian.store.records.watching.alert_records import QuietSeries
from guandian.wording import Name

Day = date | datetime
"""A day; of series by the hour the beginning of the hour, with its zone."""


class AlertsQuery(PageQuery):
    """Which alerts; without `state` all."""

    state: Annotated[list[AlertState], Field(max_length=4)] = []
    children: Annotated[
        bool, Field(description="Whether those too that another alert tells of.")
    ] = False


class SnoozeRequest(Incoming):
    """For how many hours nothing is sent of a series."""

    hours: Annotated[Whole, Field(ge=1, le=24 * 366)] = 24


class QuietOut(Outgoing):
    """Nothing is sent until `until`; for ever where that is null."""

    until: datetime | None
    who: str

    @classmethod
    def of(cls, quiet: QuietSeries | None) -> QuietOut | None:
        """The same, None where something is sent."""
        return None if quiet is None else cls(until=quiet.until, who=quiet.who)


class AlertBudgetOut(Outgoing):
    """False alerts that were allowed, and what had fired, when an alert came.

    Where `share` is given, so many of all alerts may be wrong, and `a_week` says nothing.
    """

    a_week: float
    share: float | None = None
    level: float
    series: int
    fired: int
    weeks: float


class AlertOut(Outgoing):
    """One episode of one series."""

    id: str
    kind: AlertKind
    state: AlertState
    severity: AlertSeverity
    unit: BucketUnit
    since: Day
    until: Day
    fired: Day | None
    cleared: Day | None
    product: str | None
    category: str | None
    aspect: str | None
    source: str | None
    own: str | None
    where: NameOut
    sentence: NameOut
    cause: NameOut | None
    dated: NameOut | None
    repeats: NameOut | None
    why: NameOut
    observed: int
    expected: float
    ratio: IntervalOut
    chance: float
    detector: str
    budget: AlertBudgetOut | None
    parent: str | None
    complaints: int
    quotes: list[OpinionOut]
    acknowledged: datetime | None
    acknowledged_by: str | None
    dismissed: datetime | None
    dismissed_by: str | None
    quiet: QuietOut | None

    @classmethod
    def of(
        cls,
        alert: AlertRecord,
        words: AlertWords,
        evidence: AlertEvidence,
        quiet: QuietSeries | None,
    ) -> AlertOut:
        """An alert with its words and quotes."""
        times = IntervalOut.of(ratio_of(alert))
        assert times is not None
        budget = alert.facts.get("budget")
        return cls(
            id=alert.id,
            kind=alert.kind,
            state=alert.state,
            severity=severity_of(alert),
            unit=unit_of(alert.unit),
            since=alert.since,
            until=alert.until,
            fired=alert.fired,
            cleared=alert.cleared,
            product=alert.series.get("product"),
            category=alert.series.get("category"),
            aspect=alert.series.get("aspect"),
            source=alert.series.get("source"),
            own=alert.series.get("own"),
            where=_both(words.where),
            sentence=_both(words.sentence),
            cause=None if words.cause is None else _both(words.cause),
            dated=None if words.dated is None else _both(words.dated),
            repeats=None if words.repeats is None else _both(words.repeats),
            why=_both(words.why),
            observed=alert.observed,
            expected=alert.expected,
            ratio=times,
            chance=alert.chance,
            detector=str(alert.facts.get("detector", "")),
            budget=None if budget is None else AlertBudgetOut(**budget),
            parent=alert.parent,
            complaints=evidence.number,
            quotes=[OpinionOut.of(quote) for quote in evidence.quotes],
            acknowledged=alert.acknowledged,
            acknowledged_by=alert.acknowledged_by,
            dismissed=alert.dismissed,
            dismissed_by=alert.dismissed_by,
            quiet=QuietOut.of(quiet),
        )


class RealisedOut(Outgoing):
    """The budget, and what came of it: `allowed` of `fired` may be wrong, `dismissed` were."""

    a_week: float
    share: float | None
    series: int
    fired: int
    weeks: float
    allowed: float
    dismissed: int
    tests: int
    words: NameOut
    switches: list[NameOut]

    @classmethod
    def of(cls, realised: RealisedBudget) -> RealisedOut:
        """The same."""
        return cls(
            a_week=realised.stated.a_week,
            share=realised.stated.share,
            series=realised.series,
            fired=realised.fired,
            weeks=round(realised.weeks, 2),
            allowed=round(realised.allowed, 2),
            dismissed=realised.dismissed,
            tests=realised.tests,
            words=_both(realised.words),
            switches=[_both(words) for words in realised.switches],
        )


class WatchedOut(Outgoing):
    """The days that were judged by day or by week, within which budget."""

    unit: BucketUnit
    first: Day
    until: Day
    budget: RealisedOut | None = None


class AlertsAnswer(Outgoing):
    """Alerts, those that fired last first, and what is watched."""

    total: int
    items: list[AlertOut]
    watched: list[WatchedOut]
    waiting: int


class AlertAnswer(Outgoing):
    """One alert."""

    alert: AlertOut


class BandPointOut(Outgoing):
    """One bucket; `upper` is the largest number that does not fire, `special` names its sales."""

    start: Day
    end: Day
    observed: int
    expected: float | None
    upper: float | None
    special: list[NameOut]

    @classmethod
    def of(cls, point: BandPoint) -> BandPointOut:
        """The same."""
        return cls(
            start=point.start,
            end=point.end,
            observed=point.observed,
            expected=point.expected,
            upper=point.upper,
            special=[_both(name) for name in point.special],
        )


class BandAnswer(Outgoing):
    """The series of an alert with its expected band."""

    points: list[BandPointOut]


def _both(name: Name) -> NameOut:
    return NameOut(zh=name.zh, en=name.en)
