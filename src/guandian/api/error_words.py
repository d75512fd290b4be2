"""Errors of the rooms below, which name options of the command line, in the words of Python."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from functools import wraps
from itertools import zip_longest
from typing import ParamSpec, TypeVar

from guandian.api.arguments import refuse_misfits
from guandian.errors import GuandianError

_Given = ParamSpec("_Given")
_Found = TypeVar("_Found")

_SHELL = re.compile(r"(`[^`]*`)")
"""A whole command stays one, for a terminal, but for that which Python has too."""
_TRAIN = "`guandian train"
_COMMANDS = {"`guandian runs list FOLDER`": "`guandian.runs(FOLDER)`"}
_COLUMNS = re.compile(r"--columns (?:'([^']*)'|(\w+=[^\s,;.)]*))")
_SET = re.compile(r"--set (?:'([\w.]+)=([^']*)'|([\w.]+)=(\S+))")
_VALUE = (
    r"(?:[ =]((?:'[^']*')|[A-Z]+\b|[\w./|-]*[-./|\d][\w./|-]*(?:[,+][\w-]+)*"
    r"|(?:skip|tsv|csv|lines|triplet|polarity)\b))?"
)
_OPTION = re.compile(rf"(?<![\w-])--([a-z][a-z-]*){_VALUE}")
_ROWS = re.compile(r"--header-row(?: '?(\d+)(?:-(\d+))?'?)?(?!\w)")
_OUT = re.compile(r"(?<![\w-])-o(?: FOLDER)?\b")
_ELSEWHERE = ", or --corpus NAME with --root FOLDER"
"""`guandian.compare` takes files alone."""
_MODES = {"overwrite": 'mode="overwrite"'}
_FLAGS = {"resume": 'mode="resume"', "before": "before=True", "no-header": "header=False"}


def told_in_python(
    overwrite: str = "overwrite=True",
) -> Callable[[Callable[_Given, _Found]], Callable[_Given, _Found]]:
    """Have a function refuse what does not fit its annotations, and its errors name arguments.

    Args:
        overwrite: what `--overwrite` is called.
    """

    def of(function: Callable[_Given, _Found]) -> Callable[_Given, _Found]:
        @wraps(function)
        def speaking(*args: _Given.args, **kwargs: _Given.kwargs) -> _Found:
            try:
                refuse_misfits(function, args, kwargs)
                return function(*args, **kwargs)
            except GuandianError as error:
                error.args = tuple(in_python(str(part), overwrite) for part in error.args)
                error.problem = in_python(error.problem, overwrite)
                error.repair = in_python(error.repair, overwrite)
                raise

        return speaking

    return of


def in_python(text: str, overwrite: str = "overwrite=True") -> str:
    """A message with arguments in place of options; commands that Python lacks stay."""
    flags = _FLAGS | {"overwrite": overwrite}

    def option(match: re.Match[str]) -> str:
        if (name := match[1]) in flags:
            return flags[name] + (f" {match[2]}" if match[2] else "")
        value = match[2] or ""
        plain = (
            value
            and not value.replace(".", "", 1).isdecimal()
            and not value.isupper()
            and value[0] != "'"
        )
        return f"{name.replace('-', '_')}=" + (f'"{value}"' if plain else value)

    def spoken(part: str) -> str:
        part = _SET.sub(
            lambda match: f'changes={{"{match[1] or match[3]}": {match[2] or match[4]}}}', part
        )
        part = _COLUMNS.sub(lambda match: _chosen(match[1] or match[2]), part)
        part = _ROWS.sub(
            lambda match: (
                f"header_rows=({match[1]}, {match[2] or match[1]})" if match[1] else "header_rows="
            ),
            part,
        )
        return _OUT.sub("folder=", _OPTION.sub(option, part))

    def shown(value: str) -> str:
        return value if value.isupper() else f'"{value}"'

    def command(part: str) -> str:
        if not part.startswith(_TRAIN):
            return _COMMANDS.get(part, part)
        _, _, *words = shlex.split(part.strip("`"))
        given = [shown(words.pop(0))] if words else []
        for name, value in zip_longest(words, words[1:], fillvalue=""):
            if name == "-o":
                given.append(f"folder={shown(value)}")
            elif (flag := name.removeprefix("--")) != name:
                given.append((flags | _MODES).get(flag, f"{flag}={shown(value)}"))
        return f"`guandian.train({', '.join(given)})`" if given else "`guandian.train`"

    return "".join(
        command(part) if part.startswith("`") else spoken(part)
        for part in _SHELL.split(text.replace(_ELSEWHERE, ""))
    )


def _chosen(option: str) -> str:
    """The argument that says what `role=column,role=column` does; without a column, NAME."""
    names: dict[str, list[str]] = {}
    for pair in re.split(r",(?=\w+=)", option):
        role, _, column = pair.partition("=")
        column = column or "NAME"
        plain = column == "NAME" or column.isdecimal()
        names.setdefault(role, []).append(column if plain else f'"{column}"')
    values = (value[0] if len(value) == 1 else f"[{', '.join(value)}]" for value in names.values())
    inner = ", ".join(f'"{role}": {value}' for role, value in zip(names, values, strict=True))
    return f"columns={{{inner}}}"
