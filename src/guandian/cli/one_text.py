"""What commands that take `--text` in place of files share."""

from __future__ import annotations

import typer

from guandian.errors import GuandianError


def refuse_beside_text(context: typer.Context, *kept: str) -> None:
    """Refuse the options that were typed beside `--text` and would do nothing.

    Args:
        context: of the command.
        kept: names of the parameters that one text needs or heeds.

    Raises:
        GuandianError: naming the options.
    """
    idle = [
        max(parameter.opts, key=len)
        for parameter in context.command.params
        if parameter.expose_value
        and parameter.name
        and parameter.name not in ("text", *kept)
        and _typed(context, parameter.name)
    ]
    if idle:
        names = ", ".join(idle)
        raise GuandianError(
            f"--text takes one review and writes no file: {names} would do nothing",
            f"leave out {names}, or give a file in place of --text",
        )


def _typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
