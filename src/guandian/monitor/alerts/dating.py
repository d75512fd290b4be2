"""Since when: the day on which the level of an alert's series changed, by ruptures."""

from __future__ import annotations

from dataclasses import replace

from guandian.monitor.alerts.judged_kinds import KindDetectors
from guandian.monitor.detectors import level_changes
from guandian.monitor.series.counted_series import SeriesTable
from guandian.monitor.series.series_key import SeriesKey
from guandian.store.records.watching import AlertKind, AlertRecord

_WINDOWS = 3
"""A change is looked for in so many windows before an alert."""


def dated(table: SeriesTable, alert: AlertRecord, detectors: KindDetectors) -> AlertRecord:
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
    counts = table.complaints[table.keys.index(key), start:end].reshape(steps, step).sum(1)
    rises = [change for change in level_changes(counts) if change.after > change.before]
    rises = [its for its in rises if start + its.bucket * step >= end - _WINDOWS * window]
    facts, since = dict(alert.facts), table.buckets.start(end - window)
    if rises:
        since = table.buckets.start(start + rises[-1].bucket * step)
        facts["change"] = {
            "since": since.isoformat(),
            "before": rises[-1].before / step,
            "after": rises[-1].after / step,
        }  # fmt: skip
    if alert.kind is not AlertKind.DRIFT:
        return replace(alert, facts=facts)
    facts["window"] = window * table.buckets.days
    return replace(alert, facts=facts, since=since)
