"""`guandian ask`: a question in words to a store, answered by numbers and quotes."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from guandian.cli.asking.summarise import StoreFolder
from guandian.cli.serving.store import Tenant

Question = Annotated[str, typer.Argument(help="In Chinese or English.")]
MinedFiles = Annotated[
    list[Path] | None, typer.Argument(help="Mined reviews: JSON Lines from `guandian mine`.")
]
Today = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="The day that words such as last month are seen from."),
]
Chooser = Annotated[
    Path | None,
    typer.Option(
        "--model",
        metavar="NAME.toml",
        help="A language model that chooses the call, else rules do.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def ask_question(
    question: Question,
    files: MinedFiles = None,
    store: StoreFolder = None,
    tenant: Tenant = "main",
    today: Today = None,
    model: Chooser = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question about reviews by one typed call."""
    from guandian.analyst.questions.asking_store import ask_store
    from guandian.analyst.questions.made_calls import AskedStore
    from guandian.cli.asking.opened_store import opened_store
    from guandian.cli.tables.question_tables import show_answered
    from guandian.pipelines.language_models import open_chat

    chat = None if model is None else open_chat(model)
    with opened_store(files or [], store, tenant) as reader:
        day = today.date() if today else date.today()
        answered = ask_store(question, AskedStore(reader, day), chat)
    if as_json:
        typer.echo(json.dumps(answered.to_json(), ensure_ascii=False))
    else:
        show_answered(answered, Console(highlight=False))
