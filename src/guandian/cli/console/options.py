"""Refusals of options: idle ones, contradictory ones, and files of another format."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any, get_args

import typer

from guandian.cli.console.old_options import in_new_names
from guandian.errors import GuandianError

_NUMBER = re.compile(r"\s*[+-]?(?:\d+|\d*\.?\d+(?:e[+-]?\d+)?|inf|infinity|nan)\s*", re.IGNORECASE)
_MOST = 2**63
"""Beyond the whole numbers of 64 bits."""
KEY_VALUE = "KEY=VALUE"
"""What help calls the value of an option that sets a key, such as `--set`."""


class OneValue:
    """A command of typer that refuses an option of one value, or a key, that is given twice."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line.

        Raises:
            GuandianError: naming the option; of two flags that are one option, both.
        """
        args = in_new_names(self, args)
        values, _, parameters = self.make_parser(ctx).parse_args([*args])  # type: ignore[attr-defined]
        refuse_repeated(parameters, args)
        for parameter in parameters:
            refuse_beyond_numbers(parameter, values.get(parameter.name))
        for parameter in parameters:
            if parameter.metavar == KEY_VALUE:
                refuse_repeated_keys(max(parameter.opts, key=len), values[parameter.name])
        return super().parse_args(ctx, args)  # type: ignore[misc, no-any-return]


def refuse_repeated(parameters: list[Any], words: list[str]) -> None:
    """Refuse an option of one value that stands twice, and a flag beside its opposite.

    Args:
        parameters: those of the command line, in its order.
        words: the command line.

    Raises:
        GuandianError: naming the option, or the flags.
    """
    for parameter in {option for option in parameters if parameters.count(option) > 1}:
        if parameter.param_type_name != "option" or parameter.multiple or parameter.count:
            continue
        name = max(parameter.opts, key=len)
        if not parameter.is_flag:
            raise GuandianError(f"{name} takes one value, and is given twice", "give it once")
        if opposite := [word for word in parameter.secondary_opts if word in words]:
            raise GuandianError(f"{name} and {opposite[0]} exclude each other", "say one of them")


def refuse_beyond_numbers(parameter: Any, given: Any) -> None:
    """Refuse a whole number that no machine counts to, and one that is infinite or none at all.

    Args:
        parameter: of the command line.
        given: its value, or several, as typed.

    Raises:
        GuandianError: naming the option.
    """
    kind = parameter.type_descriptor.annotation
    kinds = {kind, *get_args(kind)}
    for value in given if isinstance(given, list | tuple) else [given]:
        if not isinstance(value, str) or not _NUMBER.fullmatch(value):
            continue
        if (int in kinds and abs(float(value)) >= _MOST) or (
            float in kinds and not isfinite(float(value))
        ):
            name = max(parameter.opts, key=len)
            raise GuandianError(
                f"{name} takes a finite number of an ordinary size, got {value[:40]!r}",
                "give another one",
            )


def refuse_repeated_keys(option: str, values: list[str]) -> None:
    """Refuse a key that two values of `--set` set: which of them holds, nobody can see.

    Args:
        option: as people type it.
        values: `key=value` each.

    Raises:
        GuandianError: naming the key and both values.
    """
    chosen: dict[str, str] = {}
    for value in values:
        key, equals, given = (part.strip() for part in value.partition("="))
        if equals and key in chosen:
            raise GuandianError(
                f"{option} sets {key} twice: to {chosen[key]} and to {given}", "keep one of them"
            )
        chosen[key] = given


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


def refuse_without(context: typer.Context, needed: str, *names: str) -> None:
    """Refuse options that were typed and would do nothing, as what they belong to is missing.

    Args:
        context: of the command.
        needed: what they belong to, as people type it.
        names: of their parameters.

    Raises:
        GuandianError: naming the idle options.
    """
    idle = [
        max(parameter.opts, key=len)
        for parameter in context.command.params
        if parameter.name in names and _typed(context, str(parameter.name))
    ]
    if idle:
        options = ", ".join(idle)
        raise GuandianError(
            f"{options} would do nothing without {needed}", f"give {needed}, or leave out {options}"
        )


def _typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
