"""Columns that people name for the parts of a review."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from guandian.errors import GuandianError, likely

ROLES = ("text", "id", "product", "brand", "rating", "time", "user", "source")
"""The parts of a review that a column can hold, in the order in which people are told."""

# Names of columns hold commas too: one ends a column only where another `word=` follows.
# Whoever writes Chinese types the wide signs (U+FF0C, U+FF1D).
_PAIR = re.compile(r"[,\uff0c]\s*(?=[A-Za-z_]+\s*[=\uff1d])")
_ROLE = re.compile(r"\s*(?P<role>[^=\uff1d]*?)(?P<blank>\s*)[=\uff1d](?P<column>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """Columns that the caller names, by name or 1-based position; None leaves it to the guess.

    Several of `text` are parts of one review, in their order.
    """

    text: str | tuple[str, ...] | None = None
    id: str | None = None
    product: str | None = None
    brand: str | None = None
    rating: str | None = None
    time: str | None = None
    user: str | None = None
    source: str | None = None


def choose_columns(named: Mapping[str, str | int | Sequence[str | int]]) -> ColumnChoice:
    """The choice that a mapping of roles to names or numbers of columns makes.

    Raises:
        GuandianError: a key is none of `ROLES`.
    """
    if strange := [role for role in named if role not in ROLES]:
        raise GuandianError(
            f"columns: no part of a review is called {strange[0]!r}",
            f"{likely(strange[0], ROLES)}known: {', '.join(ROLES)}",
        )
    text = named.get("text")
    several = None if text is None else (text,) if isinstance(text, str | int) else tuple(text)
    others = {role: str(column) for role, column in named.items() if role != "text"}
    return ColumnChoice(tuple(map(str, several)) if several else None, **others)


def parse_columns(options: Sequence[str], roles: Sequence[str] = ROLES) -> ColumnChoice:
    """The choice that the command line's `text=评论,time=日期` makes.

    Args:
        options: each some `role=column`, with commas between them; `text` may stand several
            times, for parts of one review.
        roles: those that the command reads.

    Raises:
        GuandianError: no `role=column`, a role that is not read, or one that is named twice.
    """
    chosen: dict[str, list[str]] = {}
    for pair in (pair for option in options for pair in _PAIR.split(option)):
        match = _ROLE.fullmatch(pair)
        role, blank, column = match.groups() if match else ("", "", "")
        column = column.strip() if blank else column  # as in `text = 评论`
        if not column:
            raise GuandianError(
                f"--columns takes role=column, got {pair!r}",
                "e.g. --columns text=review,time=date"
                if "time" in roles
                else "e.g. --columns text=review",
            )
        if role not in roles:
            raise GuandianError(
                f"--columns: no part of a review that is read is called {role!r}",
                f"{likely(role, roles)}known: {', '.join(roles)}",
            )
        chosen.setdefault(role, []).append(column)
        if role != "text" and len(chosen[role]) > 1:
            raise GuandianError(
                f"--columns names {role} twice", "name one column for it; only text takes several"
            )
    return choose_columns(
        {role: names if role == "text" else names[0] for role, names in chosen.items()}
    )


def columns_option(names: Sequence[str]) -> str:
    """The option that reads these columns as the text, as a note shows it."""
    words = ",".join(f"text={name}" for name in names)
    return f"--columns {words!r}"
