"""Episodes: pending, firing, kept for a while, cleared; one is told for each cause."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import blake2b

import numpy as np

from guandian.monitor.alerts.voices import Repeats
from guandian.monitor.detectors.judgement import Flags, Floats
from guandian.monitor.series.buckets import TimeBuckets
from guandian.monitor.series.series_key import SeriesKey
from guandian.store.records.watching import AlertKind, AlertRecord, AlertState, NoticeKind
from guandian.store.records.watching.alert_records import series_digest

STANDS_OUT = 0.05
"""An episode goes on while so many complaints or more have no larger chance."""
FROZEN = 400
"""Buckets of an episode before its level counts as the usual one; until then, what is expected is
what was before it."""
_MOSTLY = 0.5
_SAME_CAUSE = 2
"""Buckets within which a wider series that fires tells of a narrower one too."""


EpisodeKey = tuple[SeriesKey, AlertKind]
Spell = tuple[date, date]
"""The first and the last day of an episode."""


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
        kind: of alerts.
        volume: reviews that complaints are a share of; NaN but for shares.
        repeats: what does not count of some series, by their rows.
    """

    bucket: int
    observed: Floats
    expected: Floats
    chance: Floats
    alarms: Flags
    kind: AlertKind = AlertKind.SURGE
    volume: Floats | None = None
    repeats: Mapping[int, Repeats] = field(default_factory=dict)

    def facts(self, row: int) -> dict[str, float]:
        """What else is known of a series."""
        facts = dict[str, float]()
        if self.volume is not None and np.isfinite(self.volume[row]):
            facts["volume"] = float(self.volume[row])
        if repeated := self.repeats.get(row):
            facts |= {"copies": float(repeated.copies), "floods": float(repeated.floods)}
        return facts


@dataclass(slots=True)
class EpisodeBook:
    """The episodes that are not over, carried from bucket to bucket.

    Attributes:
        buckets: of time.
        confirm: buckets that must stand out before an alert fires.
        calm: buckets in a row without, after which it is over.
        episodes: those that are not over, by series and kind.
    """

    buckets: TimeBuckets
    confirm: int = 1
    calm: int = 2
    episodes: dict[EpisodeKey, AlertRecord] = field(default_factory=dict)
    _judged: date | None = None
    _ended: dict[EpisodeKey, date] = field(default_factory=dict)
    _past: dict[SeriesKey, list[Spell]] = field(default_factory=dict)
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
            key = episode_key(alert)
            if alert.state is AlertState.CLEARED:
                self._close(key, alert)
            else:
                self.episodes[key] = alert

    def spells(self, key: SeriesKey) -> list[Spell]:
        """The episodes of a series, which are not what is usual of it."""
        active = [(alert.since, alert.until) for alert in self._active(key)]
        longest = FROZEN * self.buckets.days
        return [
            spell
            for spell in (*self._past.get(key, ()), *active)
            if (spell[1] - spell[0]).days < longest
        ]

    def busy(self, key: SeriesKey, kind: AlertKind) -> bool:
        """Whether an episode of a series tells already of what a kind would: a drift of no more."""
        return any(
            kind is AlertKind.DRIFT or alert.kind is not AlertKind.DRIFT
            for alert in self._active(key)
        )

    def _active(self, key: SeriesKey) -> list[AlertRecord]:
        return [its for kind in AlertKind if (its := self.episodes.get((key, kind)))]

    def _close(self, key: EpisodeKey, alert: AlertRecord) -> None:
        end = alert.cleared or alert.until
        self._ended[key] = max(end, self._ended.get(key, end))
        self._past.setdefault(key[0], []).append((alert.since, alert.until))

    def step(self, keys: Sequence[SeriesKey], figures: Sequence[BucketFigures]) -> list[Happening]:
        """Take the next bucket in.

        Args:
            keys: of the series.
            figures: of one bucket, by kind of alert; kinds that do not judge it are left out.

        Returns:
            The alerts that changed, those that fired first, wider series first.
        """
        places = {key: row for row, key in enumerate(keys)}
        changed: dict[EpisodeKey, AlertRecord] = {}
        over: list[Happening] = []
        for its in figures:
            self._go_on(its, places, changed, over)
            self._begin(its, keys, changed)
        before = {key: alert.state for key, alert in self.episodes.items()}
        self.episodes |= changed
        ranks = {kind: rank for rank, kind in enumerate(AlertKind)}
        fresh = sorted(
            (
                key
                for key, alert in changed.items()
                if alert.state is AlertState.FIRING
                and before.get(key, AlertState.PENDING) is AlertState.PENDING
            ),
            key=lambda key: (key[0].depth, ranks[key[1]], changed[key].chance, repr(key)),
        )
        waiting = set(fresh)
        for key in fresh:
            waiting.discard(key)
            parent = self._parent(key, waiting)
            self.episodes[key] = changed[key] = replace(changed[key], parent=parent)
        happenings = [
            Happening(changed[key], NoticeKind.FIRED if changed[key].parent is None else None)
            for key in fresh
        ]
        happenings += [Happening(alert) for key, alert in changed.items() if key not in set(fresh)]
        return happenings + over

    def _go_on(
        self,
        figures: BucketFigures,
        places: dict[SeriesKey, int],
        changed: dict[EpisodeKey, AlertRecord],
        over: list[Happening],
    ) -> None:
        """Carry the episodes of a kind on, or end them."""
        _, end = self._days(figures.bucket)
        again = self._judged is not None and end <= self._judged
        for key, alert in list(self.episodes.items()):
            if key[1] is not figures.kind or (again and alert.id not in self._late):
                continue
            after = self._continued(alert, figures, places.get(key[0]))
            if after is None:
                del self.episodes[key]
                over.append(Happening(replace(alert, state=AlertState.CLEARED)))
            elif after.state is AlertState.CLEARED:
                del self.episodes[key]
                self._close(key, after)
                kind = NoticeKind.CLEARED if after.parent is None else None
                over.append(Happening(after, kind))
            elif after != alert:
                changed[key] = after

    def _begin(
        self,
        figures: BucketFigures,
        keys: Sequence[SeriesKey],
        changed: dict[EpisodeKey, AlertRecord],
    ) -> None:
        start, _ = self._days(figures.bucket)
        for row in np.flatnonzero(figures.alarms):
            key = keys[int(row)], figures.kind
            past = self._ended.get(key)
            beside = {its.kind for other, its in changed.items() if other[0] == key[0]}
            busy = self.busy(*key) or bool(beside - {AlertKind.DRIFT})
            if not busy and (past is None or start > past):
                changed[key] = self._begun(key, figures, int(row))
                self._late.add(changed[key].id)

    def _begun(self, key: EpisodeKey, figures: BucketFigures, row: int) -> AlertRecord:
        since, until = self._days(figures.bucket)
        firing = self.confirm <= 1
        return AlertRecord(
            id=alert_id(key[0], self.buckets.unit, since, key[1]),
            series=key[0].values,
            unit=self.buckets.unit,
            state=AlertState.FIRING if firing else AlertState.PENDING,
            since=since,
            until=until,
            observed=round(float(figures.observed[row])),
            expected=float(np.nan_to_num(figures.expected[row])),
            chance=float(figures.chance[row]),
            fired=until if firing else None,
            facts=figures.facts(row),
            kind=figures.kind,
        )

    def _continued(
        self, alert: AlertRecord, figures: BucketFigures, row: int | None
    ) -> AlertRecord | None:
        """The alert after a bucket; None where it never came to fire."""
        since, until = self._days(figures.bucket)
        if until <= alert.until:  # it was taken in already
            return alert
        if row is None or not self._stands_out(alert, figures, row):
            if alert.state is AlertState.PENDING:
                return None
            calm = alert.calm + 1
            state = AlertState.CLEARED if calm >= self.calm else AlertState.KEEPING
            gone = until if state is AlertState.CLEARED else None
            return replace(alert, calm=calm, state=state, cleared=gone)
        drifts = figures.kind is AlertKind.DRIFT  # whose windows hold the buckets before
        facts = dict(alert.facts)
        for name, value in figures.facts(row).items():
            facts[name] = facts.get(name, 0.0) + value
        more = replace(
            alert,
            until=until,
            calm=0,
            observed=round(float(figures.observed[row])) + (0 if drifts else alert.observed),
            expected=float(figures.expected[row]) + (0 if drifts else alert.expected),
            chance=min(alert.chance, float(figures.chance[row])),
            facts=facts,
        )
        if alert.state is AlertState.PENDING:
            buckets = self.buckets.bucket_of(since) - self.buckets.bucket_of(alert.since) + 1
            return replace(more, state=AlertState.FIRING, fired=until) if (
                buckets >= self.confirm
            ) else more  # fmt: skip
        return replace(more, state=AlertState.FIRING)

    def _stands_out(self, alert: AlertRecord, figures: BucketFigures, row: int) -> bool:
        """Whether a bucket is unlikely still, or nearer to the episode's level than to the usual.

        How high the usual is becomes less and less certain in a long episode; its own level does
        not.
        """
        if figures.chance[row] < STANDS_OUT:
            return True
        if alert.state is AlertState.PENDING:
            return False
        between = (alert.observed + alert.expected) / 2
        part = 1.0
        if alert.kind is AlertKind.SHARE:
            part = figures.facts(row).get("volume", 0.0) / max(alert.facts.get("volume", 0.0), 1.0)
        elif alert.kind is not AlertKind.DRIFT:
            first, last = self.buckets.bucket_of(alert.since), self.buckets.bucket_of(alert.until)
            part = 1 / (last - first + 1)
        return bool(figures.observed[row] > part * between > 0)

    def _parent(self, key: EpisodeKey, waiting: Collection[EpisodeKey]) -> str | None:
        """The alert that tells of the same cause: of the product, or that of a wider series.

        An alert of a whole product tells of all in it while it lasts; one of a category of what
        fires at about its time; one of the same series of all kinds of alerts; one of a part of it
        where that part is most of what is too much. Those in `waiting` have none yet.
        """
        start, series = self.episodes[key].since, key[0]
        wider = (
            (other, alert)
            for other, alert in self.episodes.items()
            if alert.state is not AlertState.PENDING and alert.parent is None
            if other != key and other not in waiting
        )
        for (other, _), alert in sorted(wider, key=lambda pair: pair[0][0].depth):
            whole = other.depth <= 1 and other.product is not None
            far = abs((start - alert.since).days) > _SAME_CAUSE * self.buckets.days
            if other == series or (series.within(other) and (whole or not far)):
                return alert.id
            if other.within(series) and self._explains(alert, self.episodes[key]):
                return alert.id
            beside = series.product == other.product and series.depth > other.depth
            if beside and not far:
                return alert.id
        return None

    def _explains(self, part: AlertRecord, whole: AlertRecord) -> bool:
        """Whether what is too much in a part is most of what is too much in the whole."""
        if AlertKind.DRIFT in (part.kind, whole.kind):
            return False
        first, last = self.buckets.bucket_of(part.since), self.buckets.bucket_of(part.until)
        of_part = (part.observed - part.expected) / (last - first + 1)
        return of_part >= _MOSTLY * (whole.observed - whole.expected)

    def _days(self, bucket: int) -> tuple[date, date]:
        return self.buckets.start(bucket), self.buckets.end(bucket)


def episode_key(alert: AlertRecord) -> EpisodeKey:
    """What an episode is of."""
    return SeriesKey(**alert.series), alert.kind


def alert_id(key: SeriesKey, unit: str, since: date, kind: AlertKind = AlertKind.SURGE) -> str:
    """The id of an episode, the same whenever it is found."""
    words = f"{series_digest(key.values)}\0{unit}\0{since}"
    words += "" if kind is AlertKind.SURGE else f"\0{kind}"
    return f"a_{blake2b(words.encode(), digest_size=10).hexdigest()}"
