"""The errors that people see: each says what was asked, what was found, and the repair."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from guandian.wording import singular

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

_BOUNDS = {
    "greater_than": ("a number above {}", "gt"),
    "greater_than_equal": ("a number of {} or more", "ge"),
    "less_than": ("a number below {}", "lt"),
    "less_than_equal": ("a number of {} or less", "le"),
    "multiple_of": ("a multiple of {}", "multiple_of"),
    "string_too_short": ("a text of {} characters or more", "min_length"),
    "string_too_long": ("a text of {} characters or fewer", "max_length"),
    "too_short": ("{} entries or more", "min_length"),
    "too_long": ("{} entries or fewer", "max_length"),
    "literal_error": ("one of {}", "expected"),
    "enum": ("one of {}", "expected"),
}
_KINDS = {
    "finite_number": "a finite number",
    "int_parsing_size": "a whole number of an ordinary size",
    "none_required": "no value",
    "frozen_set_type": "a list",
    "frozen_dict_type": "a table",
    "set_item_not_hashable": "texts and numbers alone",
}
_NUMBER, _TEXT, _LIST, _TABLE = "a number", "a text", "a list", "a table"
_FAMILIES = {
    "int": "a whole number", "float": _NUMBER, "decimal": _NUMBER, "fraction": _NUMBER,
    "complex": _NUMBER, "bool": "true or false", "string": _TEXT, "bytes": _TEXT, "url": _TEXT,
    "uuid": _TEXT, "date": "a day", "datetime": "a time", "time": "a time", "timezone": "a time",
    "list": _LIST, "tuple": _LIST, "set": _LIST, "deque": _LIST, "iterable": _LIST,
    "dict": _TABLE, "mapping": _TABLE, "model": _TABLE, "dataclass": _TABLE, "named": _TABLE,
    "ordered": _TABLE, "counter": _TABLE,
}  # fmt: skip
"""Kinds of errors of pydantic by the first word of their name."""


class GuandianError(Exception):
    """Something that the caller can repair.

    Args:
        problem: what was asked and what was found instead.
        repair: what to do about it, a command where there is one.
    """

    def __init__(self, problem: str, repair: str = "") -> None:
        super().__init__(f"{problem}\n  {repair}" if repair else problem)
        self.problem = problem
        self.repair = repair

    def __str__(self) -> str:
        """The problem, and the repair below it."""
        return singular(super().__str__())


class BadRow(GuandianError):
    """One row of a file that cannot be read; the other rows go on.

    Args:
        path: the file.
        line: 1-based line (or row) number; 0 where it is not known.
        column: the column's name or 1-based position, empty when the whole line is meant.
        reason: what is wrong with it.
        repair: what to do about it.
        element: 1-based number in the JSON array that holds it; 0 where it stands in none.

    Attributes:
        place: line, element and column in words.
    """

    def __init__(
        self, path: str, line: int, column: str, reason: str, repair: str = "", element: int = 0
    ) -> None:
        parts = (("line", line), ("element", element), ("column", column))
        self.place = ", ".join(f"{name} {value}" for name, value in parts if value)
        super().__init__(f"{path}, {self.place}: {reason}", repair)
        self.path, self.line, self.column, self.reason = path, line, column, reason
        self.element = element

    def repaired(self, repair: str) -> BadRow:
        """The same with another repair."""
        return BadRow(self.path, self.line, self.column, self.reason, repair, self.element)


class BundleError(GuandianError):
    """A bundle that is missing, incomplete, altered or of another version."""


class ElsewhereError(GuandianError):
    """What failed in the main process of several, raised in the others, which need not say it."""


class RecipeError(GuandianError):
    """A recipe with an unknown key, a wrong value or choices that do not go together."""


def near_names(given: str, known: Iterable[str], cutoff: float = 0.6) -> list[str]:
    """At most three known names like the given one, the likeliest first, whatever their case."""
    folded: dict[str, list[str]] = {}
    for name in known:
        folded.setdefault(name.casefold(), []).append(name)
    wanted = given.casefold()
    near = [wanted] if wanted in folded else get_close_matches(wanted, folded, cutoff=cutoff)
    return [name for fold in near for name in folded[fold]][:3]


def likely(given: object, known: Iterable[str]) -> str:
    """The known name that was most likely meant, as the beginning of a repair; else empty."""
    matches = near_names(str(given), known)[:1]
    return f"did you mean {matches[0]!r}? " if matches else ""


def reason(error: Exception) -> str:
    """What Python or a library says is wrong: one line, without numbers and paths of its own."""
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8: byte 0x{error.object[error.start]:02X} at offset {error.start:,}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def called_for(issue: Mapping[str, Any]) -> str:
    """What should stand in the place of a wrong value, such as `a whole number`.

    Args:
        issue: one of the `errors()` of pydantic, whose own words speak of its classes.
    """
    kind = issue["type"]
    if kind in _BOUNDS:
        words, name = _BOUNDS[kind]
        bound = issue["ctx"][name]
        whole = isinstance(bound, float) and bound.is_integer()
        return words.format(int(bound) if whole else bound)
    other = "another kind of value"
    return _KINDS.get(kind) or _FAMILIES.get(kind.partition("_")[0], other)
