"""Options of `guandian watch` and `guandian replay`."""

from __future__ import annotations

from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guandian.domain.tenant_names import checked_tenant
from guandian.errors import GuandianError

if TYPE_CHECKING:
    from guandian.monitor.alerts.watching import WatchTerms


class BucketChoice(StrEnum):
    """Buckets of time."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


DATA = Annotated[Path, typer.Option("--data", metavar="FOLDER", help="The folder of the store.")]
TENANT = Annotated[str, typer.Option("--tenant", help="Whose reviews.", callback=checked_tenant)]
RECORDS = Annotated[
    str | None,
    typer.Option(
        "--records",
        envvar="GUANDIAN_RECORDS",
        help="PostgreSQL in place of a file in the folder: postgresql://USER@HOST/NAME.",
    ),
]
UNIT = Annotated[BucketChoice, typer.Option("--unit", help="Count by hour, by day or by week.")]
FALSE_ALERTS = Annotated[
    str | None,
    typer.Option(
        "--false-alerts",
        "--budget",
        metavar="NUMBER",
        help="False alerts that are put up with, all in all: 1/week, 2/month (0.25/week).",
    ),
]
FALSE_DISCOVERY = Annotated[
    str | None,
    typer.Option(
        "--false-discovery",
        metavar="SHARE",
        help="So many wrong in a hundred alerts, such as 5%, in place of --false-alerts.",
    ),
]
ZONE = Annotated[str, typer.Option("--zone", help="The time zone of the shop.")]
LEAST = Annotated[
    int, typer.Option("--least", min=1, help="Complaints that make something a series.")
]
CONFIRM = Annotated[
    int, typer.Option("--confirm", min=1, max=30, help="Buckets that must stand out to fire.")
]
BY = Annotated[
    list[str] | None,
    typer.Option("--by", metavar="COLUMN", help="Watch each value of a column of yours too."),
]
FROM = Annotated[
    list[str] | None,
    typer.Option(
        "--from",
        metavar="SOURCE",
        help="Take reviews in: a folder, https://..., redis://..., kafka://...; may be repeated.",
    ),
]
MODEL = Annotated[
    Path | None,
    typer.Option("--model", help="Mines what comes: the folder of a bundle, or a shipped name."),
]
PRIVATE = Annotated[
    bool, typer.Option("--private", help="Let web addresses lead into private ranges.")
]
THREADS = Annotated[int | None, typer.Option(min=1, help="That mine. By default, every core.")]


def watch_terms(
    unit: BucketChoice,
    zone: str,
    budget: tuple[str | None, str | None],
    least: int,
    confirm: int,
    by: list[str] | None,
) -> WatchTerms:
    """What a shop wants, from the options.

    Args:
        unit: of the buckets.
        zone: of the shop.
        budget: what was said of false alerts, and of wrong ones in a hundred.
        least: complaints of a series.
        confirm: buckets that must stand out.
        by: columns of the owner's.

    Raises:
        GuandianError: a value is none, or the extra is not installed.
    """
    needed()
    from guandian.monitor.alerts.watching import WatchTerms
    from guandian.monitor.budget import stated_budget

    stated = stated_budget(*budget)
    own = tuple(by or ())
    return WatchTerms(unit.value, zone, stated.a_week, least, confirm, stated.share, own)


def needed() -> None:
    """Refuse where the extra is not installed.

    Raises:
        GuandianError: it is not.
    """
    for package in ("scipy", "duckdb", "sqlalchemy", "apprise"):
        if find_spec(package) is None:
            raise GuandianError(
                f"watching needs {package}, which is not installed",
                "pip install 'guandian[serve,watch]'",
            )
