"""`guandian replay`: which alerts a store's history would have fired, and when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from guandian.cli.serving.watch_options import (
    BY,
    CONFIRM,
    DATA,
    FALSE_ALERTS,
    FALSE_DISCOVERY,
    LEAST,
    TENANT,
    UNIT,
    ZONE,
    BucketChoice,
    watch_terms,
)
from guandian.errors import GuandianError

_DAY = ["%Y-%m-%d"]


def replay(
    data: DATA,
    unit: UNIT = BucketChoice.DAY,
    false_alerts: FALSE_ALERTS = None,
    false_discovery: FALSE_DISCOVERY = None,
    zone: ZONE = "Asia/Shanghai",
    by: BY = None,
    least: LEAST = 5,
    confirm: CONFIRM = 1,
    since: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="Days before are history alone.")
    ] = None,
    noticed: Annotated[
        datetime | None,
        typer.Option(formats=_DAY, help="The day somebody noticed; tells how much earlier it is."),
    ] = None,
    tenant: TENANT = "main",
) -> None:
    """Tell which alerts would have fired over a store's history."""
    terms = watch_terms(unit, zone, (false_alerts, false_discovery), least, confirm, by)
    from guandian.cli.serving.unwatched import tell_unwatched
    from guandian.cli.tables.alert_tables import show_replay
    from guandian.monitor.alerts.replayed_history import replay_history
    from guandian.monitor.alerts.watching import detector_for
    from guandian.monitor.series.buckets import running_in
    from guandian.store import Store

    today = running_in(zone, datetime.now(UTC), terms.unit)
    with Store.open(data) as store:
        reader = store.reader(tenant)
        history = replay_history(reader, terms, today, since.date() if since else None)
        buckets, needs = history.table.buckets, detector_for().needs + 1
        if buckets.number < needs:
            raise GuandianError(
                f"{data} holds {buckets.number} {unit.value}s that are over, and {needs} are "
                "needed",
                "load more of the past, or count by another --unit",
            )
        if since and not history.judged:
            raise GuandianError(
                f"every {unit.value} that is over ends before --since {since:%Y-%m-%d}: the last "
                f"one is {buckets.end(buckets.number - 1)}",
                "say an earlier --since",
            )
        tell_unwatched(reader, len(history.table.keys), terms)
        show_replay(reader, history, noticed.date() if noticed else None, Console(highlight=False))
