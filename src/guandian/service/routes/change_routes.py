"""`GET /v1/changes`: what changed since the period before, and why."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from guandian.evaluation.changes import DayWindow, WindowPair, window_pair
from guandian.evaluation.intervals.clustered import IntervalEstimate
from guandian.service.auth import Reader
from guandian.service.parts import Parts
from guandian.service.problems import Problem, wrong_place
from guandian.service.routes.view_routes import correction_of
from guandian.service.schemas.answer_schemas import IntervalOut, OpinionOut
from guandian.service.schemas.change_schemas import (
    CauseOut,
    ChangesAnswer,
    VolumeOut,
    WindowOut,
)
from guandian.service.schemas.problem_schema import problems
from guandian.service.schemas.view_schemas import ChangesQuery
from guandian.store import Overview, Snapshot
from guandian.store.changed import ComparedWindows, compare_windows

router = APIRouter(prefix="/v1", tags=["questions"])
_LONGEST = 800
"""Days of a window, at most."""


@router.get("/changes", responses=problems())
def get_changes(
    query: Annotated[ChangesQuery, Query()], caller: Reader, service: Parts
) -> ChangesAnswer:
    """The last complete period against the one before, aligned by weekday, or two windows of days.

    At most five causes, mix and rate effects over category, aspect, product and source, each with
    quotes. A running period is in no comparison.
    """
    reader = service.readings.reader(caller.tenant)
    correction = correction_of(service, caller.tenant, query)
    windows = _windows(query, reader)
    if windows is None:
        return ChangesAnswer(
            unit=query.unit,
            before=None,
            after=None,
            change=None,
            significant=False,
            volume=None,
            causes=[],
            remainder=0.0,
            corrected=correction is not None,
        )
    compared = compare_windows(reader, query.selection(), windows, correction)
    own = query.before_since is not None
    return _answer(compared, windows, None if own else query.unit, corrected=correction is not None)


def _windows(query: ChangesQuery, reader: Snapshot) -> WindowPair | None:
    """The two windows that are asked for; None where the reviews do not reach over them.

    Raises:
        Problem: 422 for days that make no two windows.
    """
    days = (query.before_since, query.before_until, query.after_since, query.after_until)
    if all(day is None for day in days):
        whole = reader.overview()
        if whole.first is None or whole.last is None:
            return None
        return window_pair(whole.first, whole.last, query.unit, date.today(), query.offset)
    first, second, third, last = days
    if first is None or second is None or third is None or last is None:
        raise _no_windows("four days make two windows, and one is missing")
    if not first <= second < third <= last:
        raise _no_windows("the windows overlap, or one ends before it begins")
    pair = WindowPair(DayWindow(first, second), DayWindow(third, last))
    if max(pair.before.days, pair.after.days) > _LONGEST:
        raise _no_windows("a window is longer than two years")
    return pair


def _no_windows(detail: str) -> Problem:
    remedy = "give before_since, before_until, after_since and after_until in this order"
    return Problem(
        422,
        "invalid",
        detail,
        remedy,
        errors=[wrong_place("?before_since", detail)],
    )


def _answer(
    compared: ComparedWindows, windows: WindowPair, unit: str | None, *, corrected: bool
) -> ChangesAnswer:
    explanation, change, volume = compared.explanation, compared.change, compared.volume
    difference = IntervalOut.of(volume.difference)
    assert difference is not None
    return ChangesAnswer(
        unit=unit,
        before=_window(compared.before, windows.before),
        after=_window(compared.after, windows.after),
        change=IntervalOut.of(change),
        significant=_is_sure(change),
        volume=VolumeOut(
            ratio=IntervalOut.of(volume.ratio),
            difference=difference,
            significant=volume.significant,
        ),
        causes=[
            CauseOut.of(cause, [OpinionOut.of(quote) for quote in quotes])
            for cause, quotes in zip(explanation.causes, compared.quotes, strict=True)
        ],
        remainder=explanation.remainder,
        corrected=corrected,
    )


def _window(overview: Overview, window: DayWindow) -> WindowOut:
    return WindowOut(
        since=window.since,
        until=window.until,
        reviews=overview.tally.reviews,
        opinions=overview.opinions,
        net=IntervalOut.of(overview.net),
    )


def _is_sure(change: IntervalEstimate | None) -> bool:
    """Tell whether the interval of a change leaves out 0."""
    return change is not None and not change.low <= 0 <= change.high
