"""Since when: the day on which the level of an alert's series changed, by ruptures."""

from __future__ import annotations

from dataclasses import replace

from guandian.monitor.alerts.judged_kinds import KindDetectors
from guandian.monitor.detectors import level_changes
from guandian.monitor.series.packed_series import CountedSeries
from guandian.monitor.series.series_key import SeriesKey
from guandian.store.records.watching import AlertKind, AlertRecord

_WINDOWS = 3
"""A change is looked for in so many windows before an alert."""


def dated(table: CountedSeries, alert: AlertRecord, detectors: KindDetectors) -> AlertRecord:
    """The alert with the day of its change among its facts; a drift is of that day on.

    Args:
        table: holds its series.
        alert: that has just fired.
        detectors: of its buckets.
    """
    key = SeriesKey(**alert.series)
    if key not in table.keys:
        return alert
    window, step = detectors.drift.window, 1
    if alert.kind is AlertKind.DRIFT:  # no single bucket shows it
        step = detectors.drift.every
    end = table.buckets.bucket_of(alert.until) + 1
    steps = min(end, (_WINDOWS + 1) * window) // step
    start = end - steps * step
    series = table.part([table.keys.index(key)]).complaints[0]
    counts = series[start:end].reshape(steps, step).sum(1)
    rises = [change for change in level_changes(counts) if change.after > change.before]
    rises = [its for its in rises if start + its.bucket * step >= end - _WINDOWS * window]
    facts, since = dict(alert.facts), table.buckets.start(end - window)
    if rises:
        first, middle = rises[-1].bucket, (rises[-1].before + rises[-1].after) / 2
        # a level has two buckets at least: that of a rise that has just begun takes one before in
        first += int(first + 1 < steps and counts[first] < middle)
        since = table.buckets.start(start + first * step)
        facts["change"] = {
            "since": since.isoformat(),
            "before": rises[-1].before / step,
            "after": rises[-1].after / step,
        }  # fmt: skip
    if alert.kind is not AlertKind.DRIFT:
        return replace(alert, facts=facts)
    facts["window"] = window * table.buckets.days
    return replace(alert, facts=facts, since=since)
