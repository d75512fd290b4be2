"""Episodes: pending, firing, kept for a while, cleared; one is told for each cause."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import blake2b

import numpy as np

from guandian.monitor.detectors.judgement import Flags, Floats
from guandian.monitor.series.buckets import TimeBuckets
from guandian.monitor.series.series_key import SeriesKey
from guandian.store.records.watching import AlertRecord, AlertState, NoticeKind
from guandian.store.records.watching.alert_records import series_digest

STANDS_OUT = 0.05
"""An episode goes on while so many complaints or more have no larger chance."""
_SAME_CAUSE = 2
"""Buckets within which a wider series that fires tells of a narrower one too."""


@dataclass(frozen=True, slots=True)
class Happening:
    """An alert that changed; `kind` where people are told of it."""

    alert: AlertRecord
    kind: NoticeKind | None = None


@dataclass(frozen=True, slots=True)
class BucketFigures:
    """What is known of all series in one bucket, all arrays `[series]`.

    Attributes:
        bucket: its place.
        observed: complaints.
        expected: how many were expected; NaN where nothing was.
        chance: of so many or more (`SeriesJudgement.p`); NaN likewise.
        alarms: what the budget lets fire.
    """

    bucket: int
    observed: Floats
    expected: Floats
    chance: Floats
    alarms: Flags


@dataclass(slots=True)
class EpisodeBook:
    """The episodes that are not over, carried from bucket to bucket.

    Attributes:
        buckets: of time.
        confirm: buckets that must stand out before an alert fires.
        calm: buckets in a row without, after which it is over.
        episodes: those that are not over, by series.
    """

    buckets: TimeBuckets
    confirm: int = 1
    calm: int = 2
    episodes: dict[SeriesKey, AlertRecord] = field(default_factory=dict)
    _judged: date | None = None
    _ended: dict[SeriesKey, date] = field(default_factory=dict)
    _late: set[str] = field(default_factory=set)

    def resume(self, alerts: Iterable[AlertRecord], judged: date | None) -> None:
        """Go on where an earlier process ended.

        Args:
            alerts: those that are not over, and those that ended lately.
            judged: the last day that was judged; buckets before are looked at once more for
                reviews that came late.
        """
        self._judged = judged
        for alert in alerts:
            key = SeriesKey(**alert.series)
            if alert.state is AlertState.CLEARED:
                end = alert.cleared or alert.until
                self._ended[key] = max(end, self._ended.get(key, end))
            else:
                self.episodes[key] = alert

    def step(self, keys: Sequence[SeriesKey], figures: BucketFigures) -> list[Happening]:
        """Take the next bucket in.

        Returns:
            The alerts that changed, those that fired first, wider series first.
        """
        places = {key: row for row, key in enumerate(keys)}
        changed: dict[SeriesKey, AlertRecord] = {}
        over: list[Happening] = []
        start, end = self._days(figures.bucket)
        again = self._judged is not None and end <= self._judged
        for key, alert in list(self.episodes.items()):
            if again and alert.id not in self._late:
                continue
            after = self._continued(alert, figures, places.get(key))
            if after is None:
                del self.episodes[key]
                over.append(Happening(replace(alert, state=AlertState.CLEARED)))
            elif after.state is AlertState.CLEARED:
                del self.episodes[key]
                kind = NoticeKind.CLEARED if after.parent is None else None
                over.append(Happening(after, kind))
            elif after != alert:
                changed[key] = after
        for row in np.flatnonzero(figures.alarms):
            key = keys[int(row)]
            past = self._ended.get(key)
            if key not in self.episodes and (past is None or start > past):
                changed[key] = self._begun(key, figures, int(row))
                self._late.add(changed[key].id)
        before = {key: alert.state for key, alert in self.episodes.items()}
        self.episodes |= changed
        fresh = sorted(
            (
                key
                for key, alert in changed.items()
                if alert.state is AlertState.FIRING
                and before.get(key, AlertState.PENDING) is AlertState.PENDING
            ),
            key=lambda key: (key.depth, changed[key].chance, repr(key)),
        )
        for key in fresh:
            parent = self._parent(key)
            self.episodes[key] = changed[key] = replace(changed[key], parent=parent)
        happenings = [
            Happening(changed[key], NoticeKind.FIRED if changed[key].parent is None else None)
            for key in fresh
        ]
        happenings += [Happening(alert) for key, alert in changed.items() if key not in set(fresh)]
        return happenings + over

    def _begun(self, key: SeriesKey, figures: BucketFigures, row: int) -> AlertRecord:
        since, until = self._days(figures.bucket)
        firing = self.confirm <= 1
        return AlertRecord(
            id=alert_id(key, self.buckets.unit, since),
            series=key.values,
            unit=self.buckets.unit,
            state=AlertState.FIRING if firing else AlertState.PENDING,
            since=since,
            until=until,
            observed=round(float(figures.observed[row])),
            expected=float(np.nan_to_num(figures.expected[row])),
            chance=float(figures.chance[row]),
            fired=until if firing else None,
        )

    def _continued(
        self, alert: AlertRecord, figures: BucketFigures, row: int | None
    ) -> AlertRecord | None:
        """The alert after a bucket; None where it never came to fire."""
        since, until = self._days(figures.bucket)
        if until <= alert.until:  # it was taken in already
            return alert
        stands_out = row is not None and bool(figures.chance[row] < STANDS_OUT)
        if not stands_out or row is None:
            if alert.state is AlertState.PENDING:
                return None
            calm = alert.calm + 1
            state = AlertState.CLEARED if calm >= self.calm else AlertState.KEEPING
            gone = until if state is AlertState.CLEARED else None
            return replace(alert, calm=calm, state=state, cleared=gone)
        more = replace(
            alert,
            until=until,
            calm=0,
            observed=alert.observed + round(float(figures.observed[row])),
            expected=alert.expected + float(figures.expected[row]),
            chance=min(alert.chance, float(figures.chance[row])),
        )
        if alert.state is AlertState.PENDING:
            buckets = self.buckets.bucket_of(since) - self.buckets.bucket_of(alert.since) + 1
            return replace(more, state=AlertState.FIRING, fired=until) if (
                buckets >= self.confirm
            ) else more  # fmt: skip
        return replace(more, state=AlertState.FIRING)

    def _parent(self, key: SeriesKey) -> str | None:
        """The alert that tells of the same cause: of the product, or that of a wider series.

        An alert of a whole product tells of all in it while it lasts; one of a category of what
        fires at about its time.
        """
        start = self.episodes[key].since
        for other, alert in sorted(self.episodes.items(), key=lambda pair: pair[0].depth):
            if alert.state is AlertState.PENDING or alert.parent is not None or other == key:
                continue
            whole = other.depth <= 1 and other.product is not None
            far = abs((start - alert.since).days) > _SAME_CAUSE * self.buckets.days
            if key.within(other) and (whole or not far):
                return alert.id
            beside = key.product == other.product and key.depth > other.depth
            if beside and not far:
                return alert.id
        return None

    def _days(self, bucket: int) -> tuple[date, date]:
        return self.buckets.start(bucket), self.buckets.end(bucket)


def alert_id(key: SeriesKey, unit: str, since: date) -> str:
    """The id of an episode, the same whenever it is found."""
    words = f"{series_digest(key.values)}\0{unit}\0{since}"
    return f"a_{blake2b(words.encode(), digest_size=10).hexdigest()}"
