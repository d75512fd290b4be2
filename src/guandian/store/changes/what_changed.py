"""What changed in what is stored, and why: two windows of time, their causes, and the quotes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from guandian.domain import Polarity
from guandian.domain.periods import Unit
from guandian.errors import GuandianError
from guandian.evaluation.changes import (
    Cause,
    DayWindow,
    VolumeChange,
    WindowPair,
    explain_change,
    net_change,
    volume_change,
    window_pair,
)
from guandian.evaluation.correction import Correction, net_of
from guandian.evaluation.intervals.clustered import IntervalEstimate, Tally
from guandian.store.answers import StoredOpinion
from guandian.store.changes.window_blocks import within
from guandian.store.selection import ALL, Selection
from guandian.store.snapshot import Snapshot
from guandian.wording import Name

QUOTES = 3
"""Of each cause."""


@dataclass(frozen=True, slots=True)
class WindowShown:
    """A window with its numbers.

    Attributes:
        window: its days.
        reviews: that were read, with an opinion or without.
        tally: of its opinions.
        net: net sentiment, -1 to 1, corrected where that was wanted; None without opinions.
    """

    window: DayWindow
    reviews: int
    tally: Tally
    net: IntervalEstimate | None


@dataclass(frozen=True, slots=True)
class CauseShown:
    """A cause with what people call its aspect and category, and opinions that speak of it."""

    cause: Cause
    aspect: Name | None
    category: Name | None
    quotes: tuple[StoredOpinion, ...]


@dataclass(frozen=True, slots=True)
class WhatChanged:
    """The answer.

    Attributes:
        before, after: the windows; None where the reviews do not reach so far back.
        change: of the net, -2 to 2.
        significant: whether its interval leaves out 0.
        volume: reviews with an opinion, by day.
        causes: at most five, the largest effect first.
        remainder: the change less the effects of the causes.
        groups: how many groups of cells were looked at.
    """

    before: WindowShown | None
    after: WindowShown | None
    change: IntervalEstimate | None
    significant: bool
    volume: VolumeChange | None
    causes: tuple[CauseShown, ...]
    remainder: float
    groups: int


def what_changed(
    reader: Snapshot,
    selection: Selection = ALL,
    unit: Unit = "week",
    offset: str | None = None,
    *,
    today: date | None = None,
    correction: Correction | None = None,
) -> WhatChanged:
    """Compare the last complete period with the one before, or the one an offset before.

    Args:
        reader: of the store.
        selection: of the opinions; its own days do not count.
        unit: of the period.
        offset: as `window_pair` reads it; None aligns by weekday.
        today: the day that is running; None asks the clock.
        correction: by the model's own rates.

    Raises:
        GuandianError: the offset is none, or the windows would overlap.
    """
    first, last = reader.days
    windows = None
    if first and last:
        windows = window_pair(first, last, unit, today or date.today(), offset)
    if windows is None:
        return WhatChanged(None, None, None, False, None, (), 0.0, 0)
    return compare_windows(reader, selection, windows, correction)


def compare_windows(
    reader: Snapshot,
    selection: Selection,
    windows: WindowPair,
    correction: Correction | None = None,
) -> WhatChanged:
    """Compare two windows of one's own; they may be of unlike length.

    Raises:
        GuandianError: the later one does not begin after the earlier one's end.
    """
    if windows.after.since <= windows.before.until:
        raise GuandianError(
            f"the later window begins on {windows.after.since}, "
            f"the earlier one ends on {windows.before.until}",
            "give two windows that do not overlap, the earlier one first",
        )
    before, after = (
        _shown(reader, selection, window, correction) for window in (windows.before, windows.after)
    )
    cells, earlier, later = reader.blocks(selection, windows)
    if correction:
        factors = correction.rates.factors
        earlier, later = earlier.weighted(factors), later.weighted(factors)
    explanation = explain_change(cells, earlier, later)
    change = net_change(before.tally, after.tally, correction)
    by_day = reader.by_day(selection)
    return WhatChanged(
        before,
        after,
        change,
        change is not None and not change.low <= 0 <= change.high,
        volume_change(_daily(by_day, windows.before), _daily(by_day, windows.after)),
        tuple(_cause(reader, selection, cause, windows) for cause in explanation.causes),
        explanation.remainder,
        explanation.groups,
    )


def _shown(
    reader: Snapshot, selection: Selection, window: DayWindow, correction: Correction | None
) -> WindowShown:
    shown = reader.overview(within(selection, window))
    return WindowShown(window, shown.read, shown.tally, net_of(shown.tally, correction))


def _daily(by_day: Mapping[date, Tally], window: DayWindow) -> list[int]:
    """Reviews with an opinion of each day of a window."""
    days = (window.since + timedelta(days=number) for number in range(window.days))
    return [by_day[day].reviews if day in by_day else 0 for day in days]


def _cause(reader: Snapshot, selection: Selection, cause: Cause, windows: WindowPair) -> CauseShown:
    """A cause with the surest opinions that show it.

    They are of the window in which there is more of it, and of the polarity that moves the net its
    way: complaints of the later window where a net fell or a disliked product is bought more.
    """
    chosen = replace(
        selection,
        categories=(cause.category,) if cause.category is not None else selection.categories,
        aspects=(cause.aspect,) if cause.aspect is not None else selection.aspects,
        products=(cause.product,) if cause.product is not None else selection.products,
        sources=(cause.source,) if cause.source is not None else selection.sources,
    )
    falls = cause.effect.value < 0
    less = cause.kind == "mix" and cause.after.share < cause.before.share
    polarity = Polarity.NEGATIVE if falls != less else Polarity.POSITIVE
    window = windows.before if less else windows.after
    page = reader.opinions(replace(within(chosen, window), polarity=polarity), limit=QUOTES)
    aspect = reader.names("aspect", [cause.aspect])[cause.aspect] if cause.aspect else None
    category = (
        reader.names("category", [cause.category])[cause.category] if cause.category else None
    )
    return CauseShown(cause, aspect, category, page.items)
