"""Single cells: any value as text, a time in ISO 8601."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from math import isnan

from guandian.errors import GuandianError

_DATE = re.compile(
    r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?"
    r"(?:[T\s]*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
_REVIEWED = re.compile(r"Reviewed in .{1,60} on (.+)|(.+日)在.{1,20}(?:审核|评论|发表评论)")
"""A day as Amazon writes it."""
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_UNIX = re.compile(r"(\d{10})(\d{3})?(?:\.\d+)?")
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_FORMS = (
    "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%m %d, %Y", "%d.%m.%Y",
    "%b %d, %Y %H:%M", "%b %d, %Y %I:%M %p", "%b %d, %Y, %I:%M %p", "%b %d, %Y, %I:%M:%S %p",
    "%d %b %Y %H:%M", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%a, %d %b %Y %H:%M:%S %z",
    "%a %b %d %H:%M:%S %z %Y",
)  # fmt: skip
_EXCEL_BEGIN = date(1899, 12, 30)
_MISSING = ("NAType", "NaTType")
"""Names of what pandas has in place of a text or a time that is missing."""


def as_text(value: object) -> str | None:
    """A cell as text: whole numbers without `.0`, dates in ISO 8601, lists and objects as JSON.

    Bytes are UTF-8; one that is not becomes a lone surrogate. What is not a number is nothing.
    """
    if value is None or isinstance(value, str):
        return value
    if type(value).__name__ in _MISSING:
        return None
    if isinstance(value, bytes):
        return value.decode(errors="surrogateescape")
    if isinstance(value, float) and isnan(value):
        return None
    if isinstance(value, datetime):
        midnight = value.timetz() == datetime.min.timetz()
        return value.date().isoformat() if midnight else value.isoformat(sep="T")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(Decimal(repr(value))))  # int(1e23) would invent the last digits
    if isinstance(value, (bool, list, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


@lru_cache(maxsize=4096)
def as_time(text: str, form: str | None = None, later: int = 0) -> str | None:
    """An ISO 8601 date or date-time; None when it cannot be read, or day and month are unclear.

    Besides ISO 8601 and its Chinese and English relatives: seconds since 1970, the serial days of
    a spreadsheet (1990 to 2099), `06 26, 2014` (month first) and `26.06.2014` (day first).

    Args:
        text: the cell.
        form: as `datetime.strptime` takes it; tried before the others.
        later: how many days serial days begin behind those of most spreadsheets.
    """
    text = text.strip()
    if reviewed := _REVIEWED.fullmatch(text):
        text = reviewed[1] or reviewed[2]
    if form and (parsed := _parsed(text, form)):
        return parsed
    try:
        if match := _DATE.fullmatch(text):
            return _iso(match)
        if match := _COMPACT.fullmatch(text):
            return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
        if match := _UNIX.fullmatch(text):
            return datetime.fromtimestamp(int(match[1]), UTC).isoformat()
    except ValueError:
        return None
    if match := _SERIAL.fullmatch(text):
        day = _EXCEL_BEGIN + timedelta(int(match[1]) + later)
        return day.isoformat() if 1990 <= day.year < 2100 else None
    return next(filter(None, (_parsed(text, pattern) for pattern in _FORMS)), None)


def check_time_format(form: str) -> None:
    """Refuse what is no format of times.

    Raises:
        GuandianError: when it is none, or names no year, month or day.
    """
    moment = datetime(2021, 11, 23)
    try:
        good = datetime.strptime(moment.strftime(form), form) == moment
    except ValueError:
        good = False
    if not good:
        raise GuandianError(
            f"--time-format {form!r} does not say how a day is written",
            "give year, month and day, for example --time-format '%d/%m/%Y' or '%y-%m-%d %H:%M'",
        )


def _parsed(text: str, form: str) -> str | None:
    try:
        return as_text(datetime.strptime(text, form))
    except ValueError:
        return None


def _iso(match: re.Match[str]) -> str:
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    if match[4] is None:
        return date(year, month, day).isoformat()
    moment = datetime(year, month, day, int(match[4]), int(match[5]), int(match[6] or 0))
    zone = re.sub("Z|UTC|GMT", "+00:00", match[7] or "")
    return datetime.fromisoformat(moment.isoformat() + zone).isoformat()
