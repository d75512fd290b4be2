"""`guandian keys`: who may ask the service for what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from guandian.cli.console.notes import tell
from guandian.cli.serving.serve import tell_keys_lost
from guandian.cli.tables.evaluation_tables import columns, printable
from guandian.display.tables import Fitted
from guandian.domain.tenant_names import checked_tenant
from guandian.errors import GuandianError
from guandian.io.data_folders import make_folder
from guandian.wording import say, term

if TYPE_CHECKING:
    from guandian.store.records import ApiKey, Records

app = typer.Typer(
    help="Make, list, rotate and revoke the keys of the service.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
Data = Annotated[Path, typer.Option(help="The folder of `guandian serve --data`.")]
Address = Annotated[
    str | None,
    typer.Option(
        "--records",
        envvar="GUANDIAN_RECORDS",
        help="PostgreSQL in place of a file in the folder: postgresql://USER@HOST/NAME.",
    ),
]
Tenant = Annotated[str, typer.Option(help="Whose reviews the key opens.", callback=checked_tenant)]
Id = Annotated[str, typer.Argument(metavar="ID", help="As `guandian keys list` shows it.")]
_WHO = "cli"
_DAY = ["%Y-%m-%d"]
_STATES = {"revoked": term("revoked"), "expired": term("expired")}


@app.command("create")
def create_key_command(
    data: Data,
    name: Annotated[str, typer.Option(help="Whom the key is for.")],
    scope: Annotated[
        list[str], typer.Option(help="read, mine, correct or admin; may be repeated.")
    ],
    expires: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="The day (UTC) on which it ends.")
    ] = None,
    rate: Annotated[int | None, typer.Option(min=1, help="Requests a minute at most.")] = None,
    quota: Annotated[int | None, typer.Option(min=1, help="Reviews a day at most.")] = None,
    tenant: Tenant = "main",
    records: Address = None,
) -> None:
    """Make a key and print it, this once."""
    _require()
    from guandian.store.records import KeyTerms, scopes_of

    end = None if expires is None else expires.replace(tzinfo=UTC)
    terms = KeyTerms(name, scopes_of(scope), end, rate, quota)
    make_folder(data)
    with _opened(data, records, make=True) as book:
        key, text = book.keys.create(tenant, terms, _WHO)
    typer.echo(text)
    tell(f"the key {key.id} is shown this once: keep it where its user finds it")


@app.command("list")
def list_keys_command(data: Data, tenant: Tenant = "main", records: Address = None) -> None:
    """List a tenant's keys, also those that ended."""
    with _opened(data, records) as book:
        keys = book.keys.list(tenant)
    if not keys:
        raise GuandianError(f"{tenant} has no key", "`guandian keys create` makes one")
    _show(keys, Console(highlight=False))


@app.command("rotate")
def rotate_key_command(
    data: Data,
    id: Id,
    overlap: Annotated[
        float, typer.Option(min=0, max=8784, help="Hours for which the old key opens too.")
    ] = 24,
    tenant: Tenant = "main",
    records: Address = None,
) -> None:
    """Make a key that takes over from another, and print it, this once."""
    with _opened(data, records) as book:
        key, text = book.keys.rotate(tenant, id, timedelta(hours=overlap), _WHO)
    typer.echo(text)
    tell(f"the key {key.id} is shown this once: keep it where its user finds it")


@app.command("revoke")
def revoke_key_command(
    data: Data, id: Id, tenant: Tenant = "main", records: Address = None
) -> None:
    """End a key at once."""
    with _opened(data, records) as book:
        key = book.keys.revoke(tenant, id, _WHO)
    tell(f"the key {key.id} opens nothing any more")


def _require() -> None:
    if find_spec("sqlalchemy") is None:
        raise GuandianError(
            "the keys of the service need sqlalchemy, which is not installed",
            "pip install 'guandian[serve]'",
        )


@contextmanager
def _opened(folder: Path, address: str | None, *, make: bool = False) -> Iterator[Records]:
    _require()
    from guandian.store.records import Records

    with Records.open(folder, address, make=make) as records:
        if not records.keys.fit_secret():
            tell_keys_lost(folder)
        yield records


def _show(keys: list[ApiKey], screen: Console) -> None:
    table = columns(
        term("key", sense="heading"),
        term("name"),
        term("state"),
        term("may"),
        term("made"),
        term("ends"),
        term("requests/min"),
        term("reviews/day"),
    )
    for column in table.columns[1:6]:
        column.justify = "left"
    table.columns[0].no_wrap = True  # an id is copied
    time = datetime.now(UTC)
    for key in keys:
        refusal, terms = key.refusal(time), key.terms
        table.add_row(
            Text(f"{key.id}\n{key.start}…"),
            Text(printable(terms.name)),
            Text(say("opens"), "green") if refusal is None else Text(str(_STATES[refusal]), "red"),
            ", ".join(terms.scopes),
            f"{key.created:%Y-%m-%d}",
            _day(key.revoked or terms.expires),
            _bound(terms.rate),
            _bound(terms.quota),
        )
    screen.print(Fitted(table))


def _day(time: datetime | None) -> str:
    return "–" if time is None else f"{time:%Y-%m-%d %H:%M}"


def _bound(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"
