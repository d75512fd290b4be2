"""The errors that people see: each says what was asked, what was found, and the repair."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


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


class BadRow(GuandianError):
    """One row of a file that cannot be read; the other rows go on.

    Args:
        path: the file.
        line: 1-based line (or row) number.
        column: the column's name or 1-based position, empty when the whole line is meant.
        reason: what is wrong with it.
        repair: what to do about it.
    """

    def __init__(self, path: str, line: int, column: str, reason: str, repair: str = "") -> None:
        place = f"{path}, line {line}" + (f", column {column}" if column else "")
        super().__init__(f"{place}: {reason}", repair)
        self.path, self.line, self.column, self.reason = path, line, column, reason

    def repaired(self, repair: str) -> BadRow:
        """The same with another repair."""
        return BadRow(self.path, self.line, self.column, self.reason, repair)


class BundleError(GuandianError):
    """A bundle that is missing, incomplete, altered or of another version."""


class ElsewhereError(GuandianError):
    """What failed in the main process of several, raised in the others, which need not say it."""


class RecipeError(GuandianError):
    """A recipe with an unknown key, a wrong value or choices that do not go together."""


def likely(given: object, known: Iterable[str]) -> str:
    """The known name that was most likely meant, as the beginning of a repair; else empty."""
    found = get_close_matches(str(given), [*known], 1)
    return f"did you mean {found[0]!r}? " if found else ""


def reason(error: Exception) -> str:
    """What Python or a library says is wrong: one line, without numbers and paths of its own."""
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8: byte 0x{error.object[error.start]:02X} at offset {error.start:,}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
