"""`guandian channels`: where alerts are sent."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from guandian.cli.console.notes import tell
from guandian.cli.serving.watch_options import DATA, RECORDS, TENANT, ZONE, BucketChoice, needed
from guandian.cli.tables.evaluation_tables import columns, printable
from guandian.display.tables import Fitted
from guandian.errors import GuandianError
from guandian.io.data_folders import make_folder
from guandian.wording import say, term

if TYPE_CHECKING:
    from guandian.store.records import Records
    from guandian.store.records.watching import ChannelRecord

app = typer.Typer(
    help="Set, list, try and remove the places where alerts are sent.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
NAME = Annotated[str, typer.Argument(metavar="NAME", help="By which people know it.")]


class MessageLanguage(StrEnum):
    """In which messages are told."""

    ZH = "zh"
    EN = "en"
    BOTH = "both"


class SeverityChoice(StrEnum):
    """How bad alerts are, from the least on."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


@app.command("set")
def set_channel_command(
    name: NAME,
    data: DATA,
    address: Annotated[
        str,
        typer.Option(
            envvar="GUANDIAN_CHANNEL",
            help="As its maker shows it, or apprise writes it; - reads it from standard input.",
        ),
    ] = "-",
    private: Annotated[
        bool, typer.Option("--private", help="It may lead into private ranges.")
    ] = False,
    words: Annotated[
        MessageLanguage, typer.Option("--words", help="The language of its messages.")
    ] = MessageLanguage.BOTH,
    hours: Annotated[
        str | None, typer.Option(metavar="A-B", help="Hours of the day in which it is told: 9-22.")
    ] = None,
    zone: ZONE = "Asia/Shanghai",
    gap: Annotated[
        int, typer.Option(min=0, max=1440, help="Minutes at least between two messages.")
    ] = 0,
    severity: Annotated[
        SeverityChoice, typer.Option("--severity", help="The least that it is told of.")
    ] = SeverityChoice.MINOR,
    nothing: Annotated[
        BucketChoice | None,
        typer.Option("--nothing", help="Tell too after a day or week in which nothing fired."),
    ] = None,
    tenant: TENANT = "main",
    records: RECORDS = None,
) -> None:
    """Set a channel, whose address is checked and kept."""
    needed()
    from guandian.monitor.channels import channel_address
    from guandian.monitor.series.buckets import today_in
    from guandian.store.records.watching import AlertSeverity, ChannelRecord, ChannelTerms

    today_in(zone, datetime.now(UTC))  # refuses what is no zone
    terms = ChannelTerms(
        _hours(hours), zone, gap, AlertSeverity(severity), nothing.value if nothing else None
    )
    text = sys.stdin.readline() if address == "-" else address
    channel = ChannelRecord(
        name, channel_address(text, private=private), private, words.value, terms
    )
    make_folder(data)
    with _opened(data, records) as book:
        book.channels.put(tenant, channel)
    tell(f"{name} is set; `guandian channels try {name} --data {data}` sends a message there")


@app.command("list")
def list_channels_command(data: DATA, tenant: TENANT = "main", records: RECORDS = None) -> None:
    """List the channels, without their secrets, and what waits to be sent."""
    needed()
    from guandian.monitor.channels.channel_addresses import shown_address

    with _opened(data, records) as book:
        channels, waiting = book.channels.list(tenant), book.outbox.waiting(tenant)
    table = columns(term("name"), term("address"), term("language"), term("waiting to be sent"))
    for channel in channels:
        number = sum(notice.channel == channel.name for notice in waiting)
        table.add_row(
            Text(printable(channel.name)),
            Text(printable(shown_address(channel.address))),
            channel.language,
            f"{number:,}",
        )
    Console(highlight=False).print(Fitted(table))


@app.command("try")
def try_channel_command(
    name: NAME, data: DATA, tenant: TENANT = "main", records: RECORDS = None
) -> None:
    """Send a message to a channel that says that it is a trial."""
    needed()
    from guandian.monitor.channels import AlertMessage, ChannelError, send_message

    with _opened(data, records) as book:
        channel = _named(book, tenant, name)
    try:
        send_message(channel, AlertMessage("trial", [say("A trial: alerts would come here.")]))
    except ChannelError as error:
        raise GuandianError(
            f"nothing arrived at {name}: {error}", "set it anew: guandian channels set"
        ) from None
    tell(f"{name} took the message")


@app.command("remove")
def remove_channel_command(
    name: NAME, data: DATA, tenant: TENANT = "main", records: RECORDS = None
) -> None:
    """Remove a channel; what waits for it is dropped."""
    needed()
    with _opened(data, records) as book:
        _named(book, tenant, name)
        book.channels.remove(tenant, name)
    tell(f"{name} is gone")


@contextmanager
def _opened(folder: Path, address: str | None) -> Iterator[Records]:
    from guandian.store.records import Records

    with Records.open(folder, address) as records:
        yield records


def _hours(words: str | None) -> tuple[int, int] | None:
    if words is None:
        return None
    match = re.fullmatch(r"\s*(\d{1,2})\s*-\s*(\d{1,2})\s*", words)
    first, end = (int(match[1]), int(match[2])) if match else (0, 0)
    if first == end or first > 23 or end > 24:
        raise GuandianError(f"{words!r} are no hours of a day", "write --hours 9-22, or 22-6")
    return first, end


def _named(records: Records, tenant: str, name: str) -> ChannelRecord:
    for channel in records.channels.list(tenant):
        if channel.name == name:
            return channel
    raise GuandianError(f"there is no channel {name}", "guandian channels list shows them")
