"""Series judged bucket by bucket, all kinds of alerts within one budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np

from guandian.monitor.alerts.episodes import BucketFigures, EpisodeBook, Happening
from guandian.monitor.alerts.judged_kinds import (
    KindDetectors,
    KindFigures,
    figures_for,
    figures_in_time,
    stacked,
    until,
)
from guandian.monitor.alerts.model_steps import SwitchedModel, in_terms
from guandian.monitor.alerts.voices import Burst, Repeats, Voices
from guandian.monitor.budget import SharedBudget, StatedBudget
from guandian.monitor.detectors import CountPanel, Detector
from guandian.monitor.detectors.judgement import Flags, Floats
from guandian.monitor.series.buckets import BucketUnit
from guandian.monitor.series.packed_series import CountedSeries
from guandian.monitor.series.series_key import SeriesKey
from guandian.monitor.series.series_table import SeriesTable
from guandian.store.records.watching import AlertKind, AlertRecord, AlertState

_NEARLY = 2.0
"""Times the level within which repeats are looked for: the level moves while a bucket is judged."""

_LONG, _REACH = 14, 60
"""Buckets of a long episode, and after a short one."""


@dataclass(frozen=True, slots=True)
class WatchTerms:
    """How a shop wants to be told.

    Attributes:
        unit: of the buckets.
        zone: of the shop, in which days end.
        a_week: false alerts a week, all series together, that are put up with.
        least: complaints of a series before which it is none.
        confirm: buckets that must stand out before an alert fires.
        share: of alerts that may be wrong, in place of `a_week`.
        own: columns of the owner's by which it is counted besides.
    """

    unit: BucketUnit = "day"
    zone: str = "Asia/Shanghai"
    a_week: float = 0.25
    least: int = 5
    confirm: int = 1
    share: float | None = None
    own: tuple[str, ...] = ()

    @property
    def budget(self) -> StatedBudget:
        """What is put up with."""
        return StatedBudget(self.a_week, self.share)

    @property
    def detectors(self) -> KindDetectors:
        """What judges series in its buckets."""
        return KindDetectors(self.unit)

    def level(self, series: int, kind: AlertKind = AlertKind.SURGE) -> float:
        """The chance below which one of so many series may fire in a bucket, to begin with."""
        times = self.detectors.times_a_week(kind)
        return SharedBudget(self.budget).level(kind, series, times)


def detector_for(
    level: float = 0.001, *, bands: bool = False, kind: AlertKind = AlertKind.SURGE
) -> Detector:
    """What judges series in such buckets."""
    return KindDetectors(level=level, bands=bands).of(kind)


@dataclass(slots=True)
class SeriesWatch:
    """What is carried from bucket to bucket.

    Attributes:
        terms: of the shop.
        book: the episodes that are not over.
        budget: what may fire still.
        levels: the chance below which each kind fired in the bucket that was judged last.
        voices: what finds near copies and floods in the store; None where there is none.
        complete: `[buckets]`, which part of each one's reviews has come; None for all.
        part: of the level that may be used: half, where buckets are judged before and after their
            late reviews.
        switches: of the model that mined, in the order of time.
    """

    terms: WatchTerms
    book: EpisodeBook
    budget: SharedBudget
    levels: dict[AlertKind, float] = field(default_factory=dict)
    voices: Voices | None = None
    complete: Floats | None = None
    part: float = 1.0
    switches: Sequence[SwitchedModel] = ()

    @classmethod
    def begun(
        cls,
        table: CountedSeries,
        terms: WatchTerms,
        spent: dict[str, Any] | None = None,
        voices: Voices | None = None,
    ) -> SeriesWatch:
        """Of a table.

        Args:
            table: the series.
            terms: of the shop.
            spent: the budget's state where somebody watched before.
            voices: finds repeats; without, each review counts.
        """
        book = EpisodeBook(table.buckets, terms.confirm)
        budget = SharedBudget.resumed(terms.budget, spent)
        return cls(terms, book, budget, voices=voices)

    def happenings(self, table: CountedSeries, since: int = 0) -> Iterator[list[Happening]]:
        """The happenings of each bucket from `since` on, as they come.

        Args:
            table: the series, whole history first.
            since: the first bucket that is judged.
        """
        if since >= table.buckets.number or not table.keys:
            return
        figures = self.figures(table, since)
        for bucket in range(since, table.buckets.number):
            column = bucket - since
            yield self.step(table, figures, bucket, column)

    def figures(self, table: CountedSeries, since: int) -> dict[AlertKind, KindFigures]:
        """What all kinds say, by the buckets in no episode that is known."""
        return {kind: self.judged(kind, table, since) for kind in AlertKind}

    def judged(
        self, kind: AlertKind, table: CountedSeries, since: int, *, lasting: bool = False
    ) -> KindFigures:
        """What a kind says, of each model's buckets by all before in that model's terms.

        Args:
            kind: of alerts.
            table: of the series.
            since: the first bucket that is judged.
            lasting: whether an episode goes on; of a drift its last window counts then.
        """
        written = table.written()
        return stacked(
            [self._judged(kind, part, since, written, lasting=lasting) for part in table.parts()]
        )

    def _judged(
        self, kind: AlertKind, table: SeriesTable, since: int, written: Floats, *, lasting: bool
    ) -> KindFigures:
        """The same of so many series as are open at once, of all of which so much is written."""
        end, parts = table.buckets.number, []
        inside = [its.bucket for its in self.switches if since < its.bucket < end]
        for first, after in pairwise([since, *inside, end]):
            part = until(table, after)
            panel = self.usual(part, kind, first, lasting=lasting)
            its = figures_for(kind, part, self.terms.detectors, panel, first, written[:after])
            parts.append(its)
        whole = parts[0] if len(parts) == 1 else figures_in_time(parts)
        for switch in self.switches:
            for row, key in enumerate(table.keys):
                blind = switch.blind(key, kind)
                columns = slice(
                    max(switch.bucket - since, 0), max(switch.bucket + blind - since, 0)
                )
                whole.chance[row, columns] = np.nan
        return whole

    def usual(
        self, table: SeriesTable, kind: AlertKind, bucket: int, *, lasting: bool = False
    ) -> CountPanel:
        """The counts without those of episodes, in terms of the model that mined a bucket."""
        panel, buckets = table.panel(), table.buckets
        counts, end = panel.counts.copy(), buckets.number
        if kind is AlertKind.DRIFT and lasting:
            end -= self.terms.detectors.drift.window
        for row, key in enumerate(table.keys):
            for first, last in self.book.spells(key):
                rows = slice(
                    max(buckets.bucket_of(first), 0), min(buckets.bucket_of(last) + 1, end)
                )
                counts[row, rows] = np.nan
        complete = None if self.complete is None else self.complete[: buckets.number]
        panel = replace(panel, counts=counts, complete=complete)
        return in_terms(panel, table.keys, self.switches, bucket, kind)

    def _renew(
        self, table: CountedSeries, figures: dict[AlertKind, KindFigures], bucket: int, column: int
    ) -> None:
        """Judge series in an episode by what was before it."""
        places = {key: row for row, key in enumerate(table.keys)}
        for kind, its in figures.items():
            rows = [
                places[key]
                for key, other in self.book.episodes
                if (other is kind or (other, kind) == (AlertKind.TOPIC, AlertKind.SURGE))
                and key in places
            ]
            if rows and its.judged[column]:
                part = until(table.part(rows), bucket + 1)
                its.put(rows, column, self.judged(kind, part, bucket, lasting=True))
        surges, topics = figures[AlertKind.SURGE], figures[AlertKind.TOPIC]
        for key, kind in self.book.episodes:
            if kind is AlertKind.TOPIC and (row := places.get(key)) is not None:
                topics.expected[row, column] = surges.expected[row, column]
                topics.chance[row, column] = surges.chance[row, column]

    def _renew_after(
        self,
        table: CountedSeries,
        figures: dict[AlertKind, KindFigures],
        column: int,
        over: list[AlertRecord],
    ) -> None:
        """Judge what comes after an episode without what was in it.

        After a short one only as long as windows reach back to it: of single buckets that were
        rare the fit itself takes no notice.
        """
        places = {key: row for row, key in enumerate(table.keys)}
        number, bucket_of = table.buckets.number, table.buckets.bucket_of
        first = number - figures[AlertKind.SURGE].chance.shape[1] + column + 1
        rows = dict[int, list[int]]()
        for alert in over:
            row = places.get(SeriesKey(**alert.series))
            long = bucket_of(alert.until) - bucket_of(alert.since) >= _LONG
            end = number if long else min(first + _REACH, number)
            if row is not None and first < end:
                rows.setdefault(end, []).append(row)
        for end, chosen in rows.items():
            part = until(table.part(chosen), end)
            for kind, its in self.figures(part, first).items():
                figures[kind].put(chosen, column + 1, its)

    def step(
        self,
        table: CountedSeries,
        figures: dict[AlertKind, KindFigures],
        bucket: int,
        column: int,
        tested: Flags | None = None,
    ) -> list[Happening]:
        """What happens in a bucket, of which the figures stand in a column.

        Args:
            table: the series.
            figures: what each kind says.
            bucket: its place.
            column: of the figures.
            tested: `[series]`, where something may begin; a drift only where that is None.
        """
        self._renew(table, figures, bucket, column)
        steps = []
        for kind, its in figures.items():
            if its.judged[column] and not (tested is not None and kind is AlertKind.DRIFT):
                figure = self._heard(table, its, bucket, column)
                steps.append(replace(figure, alarms=self._alarms(table, figure, tested)))
        happenings = self.book.step(table.keys, steps)
        over = [its.alert for its in happenings if its.alert.state is AlertState.CLEARED]
        self._renew_after(table, figures, column, over)
        return happenings

    def _heard(
        self, table: CountedSeries, figures: KindFigures, bucket: int, column: int
    ) -> BucketFigures:
        """The figures of a bucket, near copies and floods of what could fire counted once."""
        kind, voices = figures.kind, self.voices
        if voices is None:
            return figure_of(figures, bucket, column)
        buckets, repeats = table.buckets, dict[int, Repeats]()
        times = self.terms.detectors.times_a_week(kind)
        tests = int(np.isfinite(figures.chance[:, column]).sum())
        level = _NEARLY * self.budget.level(kind, tests, times)
        window = self.terms.detectors.drift.window if kind is AlertKind.DRIFT else 1
        since = buckets.start(max(bucket + 1 - window, 0))
        for row, key in enumerate(table.keys):
            rare = bool(figures.chance[row, column] <= level)
            if not rare and (key, kind) not in self.book.episodes:
                continue
            repeated = voices.of(key, since, buckets.end(bucket))
            if repeated.copies or repeated.floods:
                repeats[row] = repeated
            if not repeated.number:
                continue
            part = until(table.part([row]), bucket + 1)
            part.complaints[0, bucket] -= repeated.number
            part.volume[0, bucket] = max(part.volume[0, bucket] - repeated.number, 0)
            judge = AlertKind.SURGE if (key, AlertKind.TOPIC) in self.book.episodes else kind
            its = self.judged(judge, part, bucket, lasting=(key, kind) in self.book.episodes)
            figures.put([row], column, its)
            if rare and not its.chance[0, 0] <= level and not self.book.busy(key, kind):
                voices.bursts.append(Burst(key, buckets.end(bucket), repeated))
        return replace(figure_of(figures, bucket, column), repeats=repeats)

    def _alarms(self, table: CountedSeries, figure: BucketFigures, tested: Flags | None) -> Flags:
        """What the budget lets begin; series in an episode of that kind are no tests."""
        kind, chance = figure.kind, figure.chance.copy()
        places = {key: row for row, key in enumerate(table.keys)}
        for key, _ in self.book.episodes:
            if key in places and self.book.busy(key, kind):
                chance[places[key]] = np.nan
        if tested is not None:
            chance[~tested] = np.nan
        times = self.terms.detectors.times_a_week(kind)
        tests = int(np.isfinite(figure.chance).sum())
        self.levels[kind] = self.part * self.budget.level(kind, tests, times)
        with np.errstate(invalid="ignore"):
            more = figure.observed > figure.expected
        return self.budget.fires(kind, chance, times, tests, self.part) & more


def figure_of(figures: KindFigures, bucket: int, column: int) -> BucketFigures:
    """The figures of one bucket, without alarms."""
    chance: Floats = figures.chance[:, column]
    return BucketFigures(
        bucket,
        figures.observed[:, column],
        figures.expected[:, column],
        chance,
        np.zeros(len(chance), dtype=bool),
        figures.kind,
        figures.volume[:, column],
    )
