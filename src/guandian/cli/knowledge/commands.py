"""`guandian knowledge`: what is known beside a model, shown, linked and learned."""

from __future__ import annotations

import typer

from guandian.cli.knowledge.learn import learn
from guandian.cli.knowledge.link import link
from guandian.cli.knowledge.show import show_catalogue

app = typer.Typer(
    help="Read catalogues and lexicons, link reviews to them, learn names from labels.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.callback()
def knowledge() -> None:
    """Read catalogues and lexicons, link reviews to them, learn names from labels."""


app.command("show")(show_catalogue)
app.command("link")(link)
app.command("learn")(learn)
