"""Two windows of a tenant's opinions compared: the numbers, their causes, and the quotes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from guandian.domain import Polarity
from guandian.evaluation.changes import (
    Cause,
    DayWindow,
    Explanation,
    OpinionCell,
    VolumeChange,
    WindowCounts,
    WindowPair,
    block_numbers,
    explain_change,
    net_change,
    volume_change,
)
from guandian.evaluation.correction import Correction
from guandian.evaluation.intervals.clustered import IntervalEstimate
from guandian.store.answers import Overview, StoredOpinion
from guandian.store.selection import Selection
from guandian.store.snapshot import StoreReader

QUOTES = 3
"""Opinions that are shown with a cause."""


@dataclass(frozen=True, slots=True)
class ComparedWindows:
    """Two windows compared.

    Attributes:
        before, after: their numbers.
        change: of the net, -2 to 2; None where a window has no opinion.
        volume: the change of the number of reviews with an opinion.
        explanation: the causes of the change.
        quotes: some opinions behind each cause, in its order.
    """

    before: Overview
    after: Overview
    change: IntervalEstimate | None
    volume: VolumeChange
    explanation: Explanation
    quotes: Sequence[Sequence[StoredOpinion]]


def compare_windows(
    reader: StoreReader, selection: Selection, windows: WindowPair, correction: Correction | None
) -> ComparedWindows:
    """Compare what a selection said in two windows.

    Args:
        reader: of the tenant.
        selection: its days are those of the windows.
        windows: the earlier and the later one.
        correction: by the model's own rates; causes and remainder then add up to the corrected
            change.
    """
    chosen = [
        replace(selection, since=window.since, until=window.until)
        for window in (windows.before, windows.after)
    ]
    before, after = (reader.overview(part, correction) for part in chosen)
    cells: dict[OpinionCell, int] = {}
    numbers = block_numbers(before.tally.reviews, after.tally.reviews)
    counted = [
        _counts(reader, part, number, cells) for part, number in zip(chosen, numbers, strict=True)
    ]
    if correction is not None:
        factors = np.asarray(correction.rates.factors, dtype=np.float64)
        counted = [window.weighted(factors) for window in counted]
    explanation = explain_change(list(cells), counted[0], counted[1])
    days = [_by_day(reader, part) for part in chosen]
    volume = volume_change(_daily(days[0], windows.before), _daily(days[1], windows.after))
    change = net_change(before.tally, after.tally, correction)
    quotes = [_quotes(reader, chosen, cause) for cause in explanation.causes]
    return ComparedWindows(before, after, change, volume, explanation, quotes)


def _counts(
    reader: StoreReader, selection: Selection, blocks: int, cells: dict[OpinionCell, int]
) -> WindowCounts:
    """A window's opinions; its cells join those of `cells`, which both windows share."""
    names, window = reader.blocks(selection, blocks)
    shared = np.array([cells.setdefault(name, len(cells)) for name in names], np.int64)
    return replace(window, cell=shared[window.cell])


def _by_day(reader: StoreReader, selection: Selection) -> Mapping[date, int]:
    trend = reader.trend(selection, "day")
    return Counter({period.start: period.tally.reviews for period in trend.periods})


def _daily(counts: Mapping[date, int], window: DayWindow) -> list[int]:
    days = (window.since + timedelta(days=k) for k in range(window.days))
    return [counts.get(day, 0) for day in days]


def _quotes(
    reader: StoreReader, chosen: Sequence[Selection], cause: Cause
) -> tuple[StoredOpinion, ...]:
    """Opinions of a cause's group that show it, the surest ones.

    They are of the polarity that moves the net its way, of the later window, or of the earlier one
    where the cause is that less is said: praise that is gone, complaints that are no more.
    """
    less = cause.kind == "mix" and cause.after.share < cause.before.share
    falls = cause.effect.value < 0
    chosen_days = chosen[0 if less else 1]
    shown = replace(
        chosen_days,
        categories=(cause.category,) if cause.category else chosen_days.categories,
        aspects=(cause.aspect,) if cause.aspect else chosen_days.aspects,
        products=(cause.product,) if cause.product else chosen_days.products,
        sources=(cause.source,) if cause.source else chosen_days.sources,
        polarity=Polarity.NEGATIVE if falls != less else Polarity.POSITIVE,
    )
    return reader.opinions(shown, limit=QUOTES).items
