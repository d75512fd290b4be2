"""Options under the names of before: they are read for one release, with a word of warning."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

from guandian.cli.console.notes import tell
from guandian.errors import GuandianError
from guandian.wording import say


class OldOption(NamedTuple):
    """What an option is now.

    Attributes:
        name: the option of now.
        value: its value; each `{}` stands for one value of the old option.
    """

    name: str
    value: str


def _columns(*roles: str) -> dict[str, OldOption]:
    return {f"--{role}-column": OldOption("--columns", f"{role}={{}}") for role in roles}


_SETTINGS = (
    "analyzer", "min_df", "max_features", "vector_size", "window", "min_count", "epochs", "seed",
    "weighting", "max_tokens",
)  # fmt: skip
OLD_OPTIONS: dict[str, dict[str, OldOption]] = {
    "mine": _columns("text", "id", "product", "brand", "rating", "time", "user", "source"),
    "tokenize": _columns("text"),
    "vectorise": _columns("text", "id")
    | {f"--{key.replace('_', '-')}": OldOption("--set", f"{key}={{}}") for key in _SETTINGS}
    | {"--ngram-range": OldOption("--set", "ngram_range=[{}, {}]")},
}
"""By command and by old name."""
_BETWEEN = re.compile(r"[\s,\uff0c()\[\]]+")


def in_new_names(command: Any, words: Sequence[str]) -> list[str]:
    """A command line with the options of now in place of those of before, each told once.

    Args:
        command: of typer.
        words: behind its name.

    Raises:
        GuandianError: an old option lacks its value.
    """
    old = OLD_OPTIONS.get(command.name or "", {})
    if not any(word.partition("=")[0] in old for word in words):
        return [*words]
    values_of = {
        name: parameter.nargs
        for parameter in command.params
        if parameter.param_type_name == "option" and not parameter.is_flag
        for name in parameter.opts
    }
    left, line, replaced = deque(words), list[str](), dict[str, OldOption]()
    while left:
        word = left.popleft()
        if word == "--":  # behind it stand files, whatever they are called
            line += [word, *left]
            break
        name, equals, value = word.partition("=")
        if name not in old:
            count = 0 if equals else values_of.get(word, 0)
            line += [word, *(left.popleft() for _ in range(min(count, len(left))))]
            continue
        new, filled = replaced.setdefault(name, old[name]), old[name].value
        for part in _values(name, new, [value] if equals else [], left):
            filled = filled.replace("{}", part, 1)
        line += [new.name, filled]
    for name, new in replaced.items():
        tell(
            say(
                "{old} is now {new}; the old spelling goes with the next release",
                old=name,
                new=f"{new.name} {shown_value(new)}",
            )
        )
    return line


def _values(name: str, option: OldOption, values: list[str], left: deque[str]) -> list[str]:
    """The values of an old option, of two numbers also as `1,2`; what stands behind is taken."""
    count = option.value.count("{}")
    if not values and left:
        values = [left.popleft()]
    if values and count > 1:
        values = [part for part in _BETWEEN.split(values[0]) if part]
        while left and len(values) < count and left[0].isdecimal():
            values.append(left.popleft())
    if len(values) == count and all(values):
        return values
    wrong = f"{name} takes {count} values, got {', '.join(values)}"
    raise GuandianError(
        wrong if any(values) else f"{name} lacks its value",
        f"say {option.name} {shown_value(option)}",
    )


def shown_value(option: OldOption) -> str:
    """The value as a message shows it: a word in place of each one to fill in."""
    word = "NAME" if option.name == "--columns" else "VALUE"
    return option.value.replace(" ", "").replace("{}", word)
