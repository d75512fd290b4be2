"""Refusals of commands that take `--text`, or another option, in place of files."""

from __future__ import annotations

import typer

from guandian.errors import GuandianError


def refuse_beside_text(context: typer.Context, *heeded: str) -> None:
    """Refuse the options that were typed beside `--text` and would do nothing.

    Args:
        context: of the command.
        heeded: names of the parameters that one text needs or heeds.

    Raises:
        GuandianError: naming the options.
    """
    refuse_beside(context, "text", "takes one review and writes no file", *heeded)


def refuse_beside(context: typer.Context, option: str, does: str, *heeded: str) -> None:
    """Refuse what was typed beside an option that stands in place of files and would do nothing.

    Args:
        context: of the command.
        option: the parameter's name.
        does: what it does, for the message.
        heeded: names of the parameters that it heeds.

    Raises:
        GuandianError: naming the idle options.
    """
    idle = [
        max(parameter.opts, key=len)
        for parameter in context.command.params
        if parameter.expose_value
        and parameter.name
        and parameter.name not in (option, *heeded)
        and _typed(context, parameter.name)
    ]
    if idle:
        names = ", ".join(idle)
        raise GuandianError(
            f"--{option} {does}: {names} would do nothing",
            f"leave out {names}, or give a file in place of --{option}",
        )


def _typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
