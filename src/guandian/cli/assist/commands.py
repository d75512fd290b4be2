"""`guandian assist`: understand what people write to a shop, and help to answer it."""

from __future__ import annotations

import typer

from guandian.cli.assist.answer import answer
from guandian.cli.assist.evaluate import evaluate
from guandian.cli.assist.judge import judge_command
from guandian.cli.assist.reply import reply
from guandian.cli.assist.train import train
from guandian.cli.assist.understand import understand

app = typer.Typer(
    help="Understand what people write to a shop, and help to answer it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.callback()
def assist() -> None:
    """Understand what people write to a shop, and help to answer it."""


app.command("answer")(answer)
app.command("understand")(understand)
app.command("reply")(reply)
app.command("judge")(judge_command)
app.command("train")(train)
app.command("evaluate")(evaluate)
