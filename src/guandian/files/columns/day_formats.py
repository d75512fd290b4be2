"""The times of a column: how many were read, and which format would read them."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from functools import lru_cache

from guandian.wording import say

_SHAPE = re.compile(r"\d{1,4}([/.-])\d{1,2}\1\d{1,4}(.*)")
_ORDERS = (("%d", "%m", "%Y"), ("%m", "%d", "%Y"), ("%d", "%m", "%y"), ("%m", "%d", "%y"),
           ("%y", "%m", "%d"))  # fmt: skip
_CLOCKS = ("", "%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p")
_FIRST_YEAR = 1990
_SHOWN = 40


class ColumnTimes:
    """The times of a column, those that were not read, and the formats that read each.

    Args:
        form: the format that the caller named.
    """

    def __init__(self, form: str | None) -> None:
        self._form = form
        self._times = self._unread = self._numbered = 0
        self._first = ""
        self._formats = Counter[str]()

    def add(self, cell: str, *, unread: bool) -> None:
        """Count a cell that is not blank."""
        self._times += 1
        if unread:
            self._unread += 1
            self._first = self._first or cell
        formats = day_formats(cell)
        self._numbered += bool(formats)
        self._formats.update(formats)

    def note(self) -> str:
        """The note of what was not read, and of what reads it; empty where all was read."""
        if not self._unread:
            return ""
        left = say(
            "{unread:,} of {times:,} not read as a time, the first is {first}; they "
            "are passed through and in no trend",
            unread=self._unread,
            times=self._times,
            first=f"{self._first[:_SHOWN]!r}",
        )
        return f"{left}: {self._repair()}"

    def _repair(self) -> str:
        most = max(self._formats.values(), default=0)
        best = [form for form, number in self._formats.items() if number == most]
        if not best or self._form in best:
            return say("say how days are written with --time-format (codes of Python's strptime)")
        options = [f"--time-format {form!r}" for form in best]
        if len(best) > 1:
            either = "; ".join(f"{option} ({_in_words(form)})" for option, form in
                               zip(options, best, strict=True))  # fmt: skip
            return say(
                "which of these is meant the column does not tell: {either}",
                either=either,
                between=" / ",
            )
        reads = say(
            "{option} reads {number:,} of {of:,} such days",
            option=options[0],
            number=most,
            of=self._numbered,
            between=" / ",
        )
        if self._form is None:
            return reads
        wrong = say(
            "{form!r} reads {number:,}, and may take days for months",
            form=self._form,
            number=self._formats[self._form],
        )
        return f"{reads}; {wrong}"


@lru_cache(maxsize=4096)
def day_formats(cell: str) -> tuple[str, ...]:
    """The formats that read a day in numbers which does not begin with a year of four digits."""
    cell = cell.strip()
    match = _SHAPE.fullmatch(cell)
    if match is None or re.match(r"\d{3}", cell):
        return ()
    between = re.match(r"[,\s]*", match[2])
    clocks = _CLOCKS if match[2] else ("",)
    gap = between[0] if between else ""
    forms = (match[1].join(order) + (gap + clock if clock else "") for order in _ORDERS
             for clock in clocks)  # fmt: skip
    return tuple(form for form in forms if _reads(form, cell))


def _reads(form: str, cell: str) -> bool:
    try:
        year = datetime.strptime(cell, form).year
    except ValueError:
        return False
    # Nobody reviewed tomorrow: 25-02-28 is no day of 2028.
    return _FIRST_YEAR <= year <= datetime.now().year


def _in_words(form: str) -> str:
    return {"d": say("day first"), "m": say("month first")}.get(form[1], say("year first"))
