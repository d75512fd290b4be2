"""`guandian watch`: look at a store again and again, and tell when complaints surge."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from guandian.cli.console.notes import tell
from guandian.cli.console.resuming import staying
from guandian.cli.serving.watch_intake import IntakeOptions, RunningIntake, running_intake
from guandian.cli.serving.watch_options import (
    BY,
    CONFIRM,
    DATA,
    FALSE_ALERTS,
    FALSE_DISCOVERY,
    FROM,
    LEAST,
    MODEL,
    PRIVATE,
    RECORDS,
    TENANT,
    THREADS,
    UNIT,
    ZONE,
    BucketChoice,
    watch_terms,
)
from guandian.errors import GuandianError
from guandian.wording import counted, say

if TYPE_CHECKING:
    from guandian.monitor.alerts.watching import WatchTerms
    from guandian.store.readings import Readings
    from guandian.store.records import Records


def watch(
    data: DATA,
    once: Annotated[bool, typer.Option("--once", help="Look once and end.")] = False,
    every: Annotated[float, typer.Option(min=1, max=86400, help="Seconds between two looks.")] = 60,
    unit: UNIT = BucketChoice.DAY,
    false_alerts: FALSE_ALERTS = None,
    false_discovery: FALSE_DISCOVERY = None,
    zone: ZONE = "Asia/Shanghai",
    by: BY = None,
    least: LEAST = 5,
    confirm: CONFIRM = 1,
    sources: FROM = None,
    model: MODEL = None,
    private: PRIVATE = False,
    threads: THREADS = None,
    tenant: TENANT = "main",
    records: RECORDS = None,
) -> None:
    """Watch a store, or reviews as they come, and tell when complaints surge."""
    terms = watch_terms(unit, zone, (false_alerts, false_discovery), least, confirm, by)
    options = IntakeOptions(sources or (), model, threads, private, every, once, tenant)
    stays = say("what was taken in and told is kept") if sources else say("what was told is kept")
    with staying(stays), _opened(data, records, options) as (intake, readings, book):
        first = True
        while True:
            if intake:
                intake.run(every, once=once)
            _look(readings, book, tenant, terms, first=first)
            if once:
                return
            first = False
            if not intake:
                time.sleep(every)


def _look(
    readings: Readings, records: Records, tenant: str, terms: WatchTerms, *, first: bool
) -> None:
    from guandian.cli.serving.unwatched import tell_unwatched
    from guandian.cli.tables.alert_tables import (
        show_alert,
        show_bursts,
        show_look,
        show_quiet,
        show_switches,
    )
    from guandian.monitor.alerts.watch_pass import look_once
    from guandian.monitor.channels import deliver
    from guandian.monitor.series.buckets import running_in

    screen = Console(highlight=False)
    reader = readings.reader(tenant)
    look = look_once(
        reader, records, tenant, terms, running_in(terms.zone, datetime.now(UTC), terms.unit)
    )
    for alert in (*look.fired, *look.cleared):
        show_alert(reader, alert, screen)
    show_bursts(reader, look.bursts, screen)
    show_switches(look.switches, screen)
    sent = deliver(reader, records, tenant)
    if look.buckets:
        show_look(look, screen)
    elif first and not look.fired:
        show_quiet(look, reader.overview().reviews, screen)
    if first:
        tell_unwatched(reader, look.series, terms)
    if sent.sent:
        tell(f"{counted(sent.sent, 'messages')}")
    for notice in records.outbox.waiting(tenant):
        if notice.error:
            tell(f"{notice.channel} has no message yet: {notice.error}; it is tried again")


@contextmanager
def _opened(
    folder: Path, address: str | None, options: IntakeOptions
) -> Iterator[tuple[RunningIntake | None, Readings, Records]]:
    from guandian.io.locks import try_lock
    from guandian.store import Store
    from guandian.store.readings import Readings
    from guandian.store.records import Records

    with Store.open(folder, write=bool(options.sources)) as store:
        lock = try_lock(folder / "watch.lock")
        if lock is None:
            raise GuandianError(f"another process watches {folder}", "stop it first: one is enough")
        try:
            with ExitStack() as held:
                records = held.enter_context(Records.open(folder, address))
                intake = (
                    held.enter_context(running_intake(store, options)) if options.sources else None
                )
                yield intake, Readings(store, records), records
        finally:
            lock.release()
