"""Words for time in Chinese and English: which days a question is about."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from guandian.domain.periods import Unit, next_period, period_start

_ZH_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九十")} | {"两": 2}
_EN_NUMBERS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
    )
}
_MONTHS = "january february march april may june july august september october november december"
_EN_MONTH = "|".join(f"{month}|{month[:3]}" for month in _MONTHS.split()) + "|sept"
_NUMBER = r"(\d{1,3}|十[一二]|[一二两三四五六七八九十])"
_EN_NUMBER = rf"(\d{{1,3}}|{'|'.join(_EN_NUMBERS)})"
_ISO = r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
_ZH_MONTH = r"(\d{1,2}|十[一二]|[一二三四五六七八九十])月份?"
_ZH_UNITS: dict[str, Unit] = {"天": "day", "日": "day", "周": "week", "星期": "week",
                              "礼拜": "week",
                              "月": "month", "年": "year"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DaysAsked:
    """The days of a question.

    Attributes:
        since, until: the first and the last one; None is open.
        rest: the question without the words that said it.
    """

    since: date | None
    until: date | None
    rest: str


@dataclass(frozen=True, slots=True)
class _Range:
    first: date
    last: date


def days_asked(question: str, today: date) -> DaysAsked:
    """Read the days of a question off its words.

    Relative words are seen from `today`; weeks begin on Monday; a month without a year is the
    last one that has begun. "Since" leaves the end open, and so do the last so many days, today
    included.

    Args:
        question: folded.
        today: the day that is running.
    """
    rest = question
    edges: list[date] = []
    for pattern, read in _OPEN:
        while match := re.search(pattern, rest):
            edges.append(read(match, today))
            rest = f"{rest[: match.start()]} {rest[match.end() :]}"
    ranges, rest = _ranges(rest, today)
    since, until = max(edges, default=None), None
    if not ranges:
        return DaysAsked(since, until, rest)
    first, last = min(r.first for r in ranges), max(r.last for r in ranges)
    # What stands beside a bound is that bound: "since May", "before June", "5月以来".
    begins = re.search(
        rf"\b(since|from|starting)\s+(the\s+|in\s+)?{_MARK}|(自从?|从)?{_MARK}\s*(以来|起|之?后|开始|至今|到现在)",
        rest,
    )
    ends = re.search(
        rf"\b(before|until|up to)\s+(the\s+|in\s+)?{_MARK}|{_MARK}\s*(之?前|以前)", rest
    )
    after = re.search(rf"\bafter\s+(the\s+)?{_MARK}", rest)
    if len(ranges) > 1:
        since, until = first, last
    elif after:
        since = last + timedelta(days=1)
    elif begins:
        since = first
    elif ends:
        until = first - timedelta(days=1) if ends[1] not in ("until", "up to") else last
    else:
        since, until = first, last
    for match in (begins, ends, after):
        if match:
            rest = rest.replace(match[0], " ")
    rest = re.sub(
        rf"\b(between|from|in|on|during|of|and|to|for|over)?\s*(the\s+)?{_MARK}", " ", rest
    )
    return DaysAsked(since, until, rest)


_MARK = "\ue000"
"""Stands in a question where words for days stood."""


def _ranges(question: str, today: date) -> tuple[list[_Range], str]:
    ranges: list[_Range] = []
    for pattern, read in _CLOSED:
        while match := re.search(pattern, question):
            try:
                days = read(match, today)
            except ValueError:
                break  # the 31st of a short month is no day
            ranges.append(days)
            question = f"{question[: match.start()]}{_MARK}{question[match.end() :]}"
    return ranges, question


def _within(day: date, unit: Unit, back: int = 0) -> _Range:
    first = period_start(day, unit)
    for _ in range(back):
        first = period_start(first - timedelta(days=1), unit)
    return _Range(first, next_period(first, unit) - timedelta(days=1))


def _quarter(year: int, number: int) -> _Range:
    first = date(year, 3 * number - 2, 1)
    last = _within(date(year, 3 * number, 1), "month").last
    return _Range(first, last)


def _last_quarter(today: date) -> _Range:
    number = (today.month - 1) // 3
    return _quarter(today.year, number) if number else _quarter(today.year - 1, 4)


def _months_back(today: date, number: int) -> date:
    months = 12 * today.year + today.month - 1 - number
    year, month = divmod(months, 12)
    last = _within(date(year, month + 1, 1), "month").last
    return min(last, date(year, month + 1, min(today.day, last.day))) + timedelta(days=1)


def _number(text: str) -> int:
    if text.isdecimal():
        return int(text)
    if "十" in text:
        tens, _, ones = text.partition("十")
        return 10 * _ZH_DIGITS.get(tens, 1) + _ZH_DIGITS.get(ones, 0)
    return _ZH_DIGITS.get(text) or _EN_NUMBERS.get(text, 0)


def _month(text: str, today: date, year: str | None = None) -> _Range:
    if text[0].isascii() and not text.isdecimal():
        number = [month[:3] for month in _MONTHS.split()].index(text[:3]) + 1
    else:
        number = _number(text)
    if year is not None:
        return _within(date(int(year), number, 1), "month")
    return _within(date(today.year - (number > today.month), number, 1), "month")


def _lately(number: int, unit: Unit, today: date) -> date:
    if unit in ("day", "week"):
        return today - timedelta(days=number * (7 if unit == "week" else 1) - 1)
    return _months_back(today, number * (12 if unit == "year" else 1))


def _day_of_month(match: re.Match[str], today: date) -> _Range:
    day = date(today.year, _number(match[1]), _number(match[2]))
    if day > today:
        day = day.replace(year=today.year - 1)
    return _Range(day, day)


Edge = Callable[[re.Match[str], date], date]
_OPEN: list[tuple[str, Edge]] = [
    (rf"(?:最近|过去|近)\s*的?{_NUMBER}\s*个?(天|日|周|星期|礼拜|月|年)(?:内|以?来|里)?",
     lambda m, t: _lately(_number(m[1]), _ZH_UNITS[m[2]], t)),
    (r"\b(?:in |over |during |for )?(?:the )?(?:last|past|previous) "
     rf"{_EN_NUMBER} (day|week|month|year)s?\b",
     lambda m, t: _lately(_number(m[1]), _unit(m[2]), t)),
    (r"(?:本|这个?)月(?:以来)?|\b(?:since )?this month\b", lambda _, t: period_start(t, "month")),
    (r"(?:本|这个?)(?:周|星期|礼拜)(?:以来)?|\b(?:since )?this week\b",
     lambda _, t: period_start(t, "week")),
    (r"今年(?:以来)?|\b(?:since )?this year\b", lambda _, t: period_start(t, "year")),
    (r"最近|近来|\b(?:recently|lately)\b", lambda _, t: t - timedelta(days=29)),
]  # fmt: skip


def _unit(word: str) -> Unit:
    return next(unit for unit in _UNITS if unit == word)


_UNITS: tuple[Unit, ...] = ("day", "week", "month", "year")
Closed = Callable[[re.Match[str], date], _Range]
_CLOSED: list[tuple[str, Closed]] = [
    (_ISO, lambda m, _: _Range(*[date(int(m[1]), int(m[2]), int(m[3]))] * 2)),
    (r"(\d{4})年(\d{1,2})月份?|\b(\d{4})-(\d{2})(?![\d-])",
     lambda m, t: _month(m[2] or m[4], t, m[1] or m[3])),
    (rf"\b({_EN_MONTH})\.? (\d{{4}})\b", lambda m, t: _month(m[1], t, m[2])),
    (rf"{_ZH_MONTH}(\d{{1,2}}|[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九])[日号]",
     _day_of_month),
    (r"(?:第)?([一二三四1-4])季度|\bq([1-4])\b",
     lambda m, t: _quarter(t.year, _number(m[1] or m[2]))),
    (r"上个?季度|\b(?:the )?last quarter\b", lambda _, t: _last_quarter(t)),
    (r"上上个?月", lambda _, t: _within(t, "month", 2)),
    (r"上上个?(?:周|星期|礼拜)", lambda _, t: _within(t, "week", 2)),
    (r"上个?月|\b(?:the )?(?:last|previous) month\b", lambda _, t: _within(t, "month", 1)),
    (r"上个?(?:周|星期|礼拜)|\b(?:the )?(?:last|previous) week\b",
     lambda _, t: _within(t, "week", 1)),
    (r"去年|\b(?:the )?(?:last|previous) year\b", lambda _, t: _within(t, "year", 1)),
    (r"前天", lambda _, t: _within(t - timedelta(days=2), "day")),
    (r"昨天|\byesterday\b", lambda _, t: _within(t - timedelta(days=1), "day")),
    (r"今天|\btoday\b", lambda _, t: _within(t, "day")),
    (_ZH_MONTH, lambda m, t: _month(m[1], t)),
    (rf"\b({_EN_MONTH})\b", lambda m, t: _month(m[1], t)),
    (r"(\d{4})年|(?<=\bin )(20\d\d)\b|(?<=\bsince )(20\d\d)\b",
     lambda m, _: _within(date(int(m[1] or m[2] or m[3]), 1, 1), "year")),
]  # fmt: skip
