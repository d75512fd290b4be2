"""`guandian audit`: how far a model may be trusted."""

from __future__ import annotations

import typer

from guandian.cli.audit.alike import alike
from guandian.cli.audit.stress import stress

app = typer.Typer(
    help="Audit a model: how it holds under stress, whom it treats alike.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.callback()
def audit() -> None:
    """Audit a model: how it holds under stress, whom it treats alike."""


app.command("stress")(stress)
app.command("alike")(alike)
