"""The help of a command, in the language that is wanted, on a terminal of any width."""

from __future__ import annotations

import re
from collections.abc import Iterable
from shutil import get_terminal_size
from typing import Any, Literal

from rich.cells import cell_len, set_cell_size

from guandian.wording import Name, help_in_chinese, placeholder, spoken, term, wanted

_FEWEST, _NARROW, _WIDEST = 20, 60, 80
"""Cells of a terminal: fewer are too few to fold into, with less than the second a text stands
below what it explains, and more are not used."""
_FIRST = 30
"""Cells of the column of names."""

_USAGE = term("Usage: ")
_FIELDS = {
    "str": term("TEXT"),
    "path": term("FILE"),
    "int": term("NUMBER"),
    "float": term("NUMBER", sense="a placeholder"),
}
_FOLDER, _DATE = term("FOLDER"), term("DATE")
_FOLDERS = {"--root", "--model", "--against", "--other-seed", "--pieces"}
_REMARKS = {"default": "默认", "env var": "环境变量", "required": "必填"}
_TYPE = re.compile(r"<(?P<many>list\[)?(?P<kinds>[\w,]+)(?: range)?\]?>(?:\.\.\.)?$")
_RANGE = re.compile(r"(?:(?P<low>[\d.]+)<=)?x(?:<=(?P<high>[\d.]+)|>=(?P<least>[\d.]+))?")
_EAST = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_OPENS, _CLOSES = r"（「《“\[", r"，。、；：）」》！？”…|\]"
_PIECE = re.compile(
    rf"\s+|[{_OPENS}]*(?:[^\s{_EAST}{_OPENS}{_CLOSES}]+|[{_EAST}])[{_CLOSES}]*|[{_OPENS}{_CLOSES}]"
)
"""A piece that no line breaks: a word, or a Chinese character with the marks that cling to it."""


class Told:
    """A command of typer whose help and usage speak the language that is wanted."""

    help: str | None

    def get_help(self, ctx: Any) -> str:
        """All that `--help` prints."""
        width = _width()
        rows = [(parameter, _row(parameter, ctx)) for parameter in ctx.command.get_params(ctx)]
        arguments = [
            row for parameter, row in rows if row and parameter.param_type_name == "argument"
        ]
        options = [row for parameter, row in rows if row and parameter.param_type_name == "option"]
        commands = [(name, help_lines(words)) for name, words in self.summaries(ctx)]
        sections = (
            (term("Arguments"), arguments),
            (term("Options"), options),
            (term("Commands"), commands),
        )
        lines = [self.get_usage(ctx), ""]
        lines += [
            f"  {line}" for words in help_lines(self.help) for line in wrapped(words, width - 2)
        ]
        for heading, listed in sections:
            if listed:
                lines += ["", f"{heading}{spoken('：', ':', '')[-1]}", *_listed(listed, width)]
        return "\n".join(line.rstrip() for line in lines)

    def get_usage(self, ctx: Any) -> str:
        """The usage of the command, a line in each language."""
        width = _width()
        return "\n".join(line for language in _languages() for line in _usage(ctx, language, width))

    def summaries(self, ctx: Any) -> Iterable[tuple[str, str]]:
        """The commands of a group, each with its line in English."""
        commands = getattr(self, "commands", {})
        return [(name, command.help or "") for name, command in commands.items()]


def _width() -> int:
    return max(_FEWEST, min(get_terminal_size().columns, _WIDEST))


def help_lines(words: str | None) -> list[str]:
    """A help in each language that is wanted."""
    return spoken(help_in_chinese(words or ""), words or "", "\n").splitlines()


def called(argument: Any) -> str:
    """The word that stands for an argument, in English."""
    return re.sub(r"[\[\].]", "", argument.metavar or argument.name.upper())


def wrapped(words: str, width: int) -> list[str]:
    """The lines of a text, none of them longer than so many cells; a Chinese one breaks anywhere.

    A word that is longer than a line is cut into lines of its own.
    """
    lines = [""]
    for piece in _PIECE.findall(words):
        if cell_len(lines[-1]) + cell_len(piece.rstrip()) > width and lines[-1]:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += piece if lines[-1] or len(lines) == 1 else piece.lstrip()
        while cell_len(lines[-1]) > width and not lines[-1].isspace():
            head = set_cell_size(lines[-1], width).rstrip()
            lines[-1:] = [head, lines[-1][len(head) :].lstrip()]
    return [line.rstrip() for line in lines if line.strip()]


def _usage(ctx: Any, language: Literal["zh", "en"], width: int) -> list[str]:
    parts = [f"[{_in(placeholder('OPTIONS'), language)}]"]
    for parameter in ctx.command.get_params(ctx):
        if parameter.param_type_name == "argument":
            word = _in(placeholder(called(parameter)), language)
            word = word if parameter.required else f"[{word}]"
            parts.append(f"{word}..." if parameter.nargs != 1 else word)
    if hasattr(ctx.command, "commands"):
        parts += [_in(placeholder(word), language) for word in ("COMMAND", "[ARGS]...")]
    begin = f"{_in(_USAGE, language)}{ctx.command_path} "
    beside = width - cell_len(begin) >= 20
    first, *rest = wrapped(" ".join(parts), width - (cell_len(begin) if beside else 4))
    indent = " " * (cell_len(begin) if beside else 4)
    head = [begin + first] if beside else [begin.rstrip(), indent + first]
    return [*head, *(indent + line for line in rest)]


def _in(name: Name, language: Literal["zh", "en"]) -> str:
    return name.zh if language == "zh" else name.en


def _row(parameter: Any, ctx: Any) -> tuple[str, list[str]] | None:
    """An argument or option, and what it is for, in each language that is wanted."""
    record = parameter.get_help_record(ctx)
    if record is None:
        return None
    names, words = record
    remarks = words.removeprefix(parameter.help or "").strip().strip("[]")
    if parameter.param_type_name == "argument":
        word = called(parameter)
        names = f"{placeholder(word)}..." if parameter.nargs != 1 else str(placeholder(word))
    elif parameter.metavar:
        names = names.replace(parameter.metavar, str(placeholder(parameter.metavar)))
    else:
        names = _TYPE.sub(lambda match: _fields(match, parameter, ctx), names)
        names = re.sub(r"<%[^<>]*>$", str(_DATE), names)
    texts = help_lines(parameter.help) or [""]
    last = [_remarks(remarks, language) for language in _languages()]
    if not remarks:
        return names, texts
    return names, [f"{text} {remark}".strip() for text, remark in zip(texts, last, strict=True)]


def _languages() -> tuple[Literal["zh", "en"], ...]:
    language = wanted()
    return ("zh", "en") if language == "both" else (language,)


def _fields(match: re.Match[str], parameter: Any, ctx: Any) -> str:
    """The words for the values of an option, in place of the names of their types.

    What a command that trains writes with `-o` is a folder.
    """
    trains = "--out" in parameter.opts and any(
        "--root" in option.opts for option in ctx.command.params
    )
    known = {**_FIELDS, "path": _FOLDER} if trains or _FOLDERS & {*parameter.opts} else _FIELDS
    kinds = match["kinds"].lower().split(",")
    if any(kind not in known for kind in kinds):
        return match[0]
    return " ".join(str(known[kind]) for kind in kinds) + ("..." if match["many"] else "")


def _remarks(remarks: str, language: Literal["zh", "en"]) -> str:
    """`[default: stop; required]`, in one language."""
    parts = []
    for remark in remarks.split("; "):
        if match := _RANGE.fullmatch(remark):
            parts.append(_in(_range(**match.groupdict()), language))
            continue
        kind, colon, value = remark.partition(": ")
        chinese = _REMARKS.get(kind) if language == "zh" else None
        parts.append(f"{chinese}{'：' if colon else ''}{value}" if chinese else remark)
    return f"[{('；' if language == 'zh' else '; ').join(parts)}]"


def _range(low: str | None, high: str | None, least: str | None) -> Name:
    """The numbers that are taken."""
    if low and high:
        return term("{low} to {high}", low=low, high=high)
    if high:
        return term("at most {high}", high=high)
    return term("at least {value}", value=least or low)


def _listed(rows: list[tuple[str, list[str]]], width: int) -> list[str]:
    """Names with their texts beside them, or below where that is narrow."""
    narrow = width < _NARROW
    first = 4 if narrow else min(max(cell_len(name) for name, _ in rows), _FIRST)
    lines: list[str] = []
    for name, words in rows:
        text = [line for paragraph in words for line in wrapped(paragraph, width - first - 4)]
        below = narrow or cell_len(name) > first
        head = wrapped(name, width - 2) if below else []
        lines += [f"  {line}" for line in head]
        if not below:
            lines.append(f"  {set_cell_size(name, first)}  {text.pop(0) if text else ''}")
        lines += [f"{' ' * (first + 4)}{line}" for line in text]
    return lines
