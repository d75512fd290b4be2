"""`guandian serve`: the service and its dashboard, in one process."""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from guandian.bundle.adapter import ENDING
from guandian.cli.console.notes import tell
from guandian.cli.console.resuming import staying
from guandian.errors import GuandianError
from guandian.wording import say

Data = Annotated[Path, typer.Option("--data", help="The folder that keeps everything.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="To listen on; 0 takes a free one.")]
Host = Annotated[
    str, typer.Option(help="To listen on; nothing beyond this machine unless it is told.")
]
Bundle = Annotated[
    Path | None, typer.Option("--model", help="The folder of a bundle or run, or a shipped name.")
]
Recommend = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="What `guandian recommend build` wrote, to be served too."),
]
RecordsAt = Annotated[
    str | None,
    typer.Option(
        "--records",
        envvar="GUANDIAN_RECORDS",
        help="PostgreSQL in place of a file in the folder: postgresql://USER@HOST/NAME.",
    ),
]
Threads = Annotated[int | None, typer.Option(min=1, help="By default, every core.")]
Rate = Annotated[int, typer.Option(min=0, help="Requests of one key a minute; 0 sets no bound.")]
Drain = Annotated[
    float, typer.Option(min=0, max=600, help="Seconds that running calls get at the end.")
]
Assist = Annotated[
    Path | None,
    typer.Option(
        "--assist",
        metavar="FOLDER",
        help="What answers messages: intents/, answers/ and style.toml, those that are there.",
    ),
]
Adapters = Annotated[
    Path | None,
    typer.Option(
        "--adapters",
        metavar="FOLDER",
        help="Adapters of tenants, TENANT.safetensors each, as `guandian adapters make` writes.",
    ),
]
Media = Annotated[
    Path | None,
    typer.Option(
        "--media",
        metavar="FOLDER",
        help="The pictures and recordings that `guandian media read` has read, to be shown.",
    ),
]
LanguageModels = Annotated[
    Path | None,
    typer.Option(
        "--language-models",
        metavar="FILE",
        help="Which tenants may ask which language models, and for how many tokens a day: .toml.",
    ),
]
Replicas = Annotated[
    str | None,
    typer.Option(
        metavar="MIN:MAX",
        help="Processes that mine calls beside this one, by what waits, such as 1:4.",
    ),
]
PromiseFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--promises", metavar="FILE", help="What `guandian promise` measured; once for each model."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No log of requests.")]

_MOST_REPLICAS = 256


def serve(
    data: Data = Path("guandian-data"),
    port: Port = 8000,
    host: Host = "127.0.0.1",
    model: Bundle = None,
    recommend: Recommend = None,
    records: RecordsAt = None,
    threads: Threads = None,
    rate: Rate = 60_000,
    drain: Drain = 20,
    quiet: Quiet = False,
    assist: Assist = None,
    media: Media = None,
    language_models: LanguageModels = None,
    replicas: Replicas = None,
    promises: PromiseFiles = None,
    adapters: Adapters = None,
) -> None:
    """Serve mining, questions and the dashboard over HTTP."""
    with staying(say("the folder holds what it held")):  # stopped while it starts, or ends
        try:
            from guandian.service.log import log_to_stderr
            from guandian.service.parts import Service
            from guandian.service.server import listening, serve_until_ended
            from guandian.service.settings import Beside, Limits
        except ModuleNotFoundError as error:
            raise GuandianError(
                f"serve needs {error.name}, which is not installed",
                "pip install 'guandian[serve]'",
            ) from error

        bounds = replica_bounds(replicas)
        require_folder(adapters)
        limits = Limits(threads=threads or 0, rate=rate, drain=drain, replicas=bounds)
        beside = Beside(recommend, assist, media, language_models, adapters, promises or ())
        with (
            listening(host, port) as listener,
            closing(Service.open(data, limits, model, records, beside)) as service,
        ):
            for damage in service.store.damaged()[1].values():
                tell(str(damage))
            for tenant, unfit in service.model.unfit().items():
                tell(f"{tenant}: {unfit}")
            _greet(service.first_key(), host, listener.getsockname()[1])
            if not service.records.keys.fit_secret():
                tell_keys_lost(data)
            if not quiet:
                log_to_stderr()
            with suppress(KeyboardInterrupt):  # it ended as asked
                serve_until_ended(service, listener)


def replica_bounds(words: str | None) -> tuple[int, int]:
    """The least and the most of `--replicas`; 0 of both where it is not said.

    Raises:
        GuandianError: it is not two numbers, or no replica could mine.
    """
    if words is None:
        return 0, 0
    least, colon, most = words.partition(":")
    given = [int(number) if number.isdecimal() else 0 for number in (least, most)]
    if not colon or not 1 <= given[0] <= given[1] <= _MOST_REPLICAS:
        raise GuandianError(
            f"--replicas takes the least and the most of them, got {words!r}",
            f"say --replicas 1:4: from 1 on, {_MOST_REPLICAS} at most",
        )
    return given[0], given[1]


def require_folder(adapters: Path | None) -> None:
    """Refuse a folder of adapters that is none.

    Raises:
        GuandianError: it is missing, or a file.
    """
    if adapters is not None and not adapters.is_dir():
        raise GuandianError(
            f"no folder {adapters} with adapters of tenants",
            f"make it: mkdir {adapters}, and put TENANT{ENDING} into it, from `guandian adapters"
            " make`",
        )


def tell_keys_lost(data: Path) -> None:
    """Say that no key fits the secret of a data folder, and what to do about it."""
    problem = (
        f"the keys were made with another {data / 'keys.secret'} than the one that is there:"
        " they open nothing, and pseudonyms are others than before"
    )
    repair = (
        "put that file back from a copy and start again; or make new keys: guandian keys create"
        f" --data {data} --name NAME --scope admin"
    )
    tell(f"{problem}\n  {repair}")


def _greet(key: str | None, host: str, port: int) -> None:
    """Tell where it listens; the first key, which is told this once, stands in the address."""
    screen = Console(highlight=False)
    name = f"[{host}]" if ":" in host else host
    address = f"http://{name}:{port}/"
    if key is None:
        screen.print(address, soft_wrap=True, markup=False)
        return
    screen.print(say("the key in this address is shown this once"), soft_wrap=True)
    screen.print(f"{address}#key={key}", soft_wrap=True, markup=False)
