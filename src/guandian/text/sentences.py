"""Sentences and clauses of Chinese and English text, by rules."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guandian.domain import Span

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CLOSERS = "\"'”’」』）)】》\\]"
NEW_LINE = r"[\n\r\x0b\x0c\x85\u2028\u2029]"

# What may end a sentence. Every branch begins with a character of its own, so that hostile
# text costs no more than its length.
_STOP = re.compile(
    rf"(?P<line>{NEW_LINE}\s*)"
    rf"|(?P<mark>[。｡！？!?‼⁉…][。｡！？!?‼⁉….]*|\.+)(?P<closers>[{_CLOSERS}]*)"
)
_SOFT = re.compile(
    r"(?P<comma>[，,；;][，,；;\s]*)"
    r"|(?P<dash>[~～—][~～—\s]*|--+|…+|\.{2,})"
    rf"|(?<=[{_HAN}])(?P<space>[ \t\u3000]+)(?=[{_HAN}])"
    r"|(?P<contrast>(?<![不非])但(?![凡愿])|(?<![A-Za-z])but(?![A-Za-z]))"
)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_ITEM_NUMBER = re.compile(r"(?<![^\n\r])\d{1,2}$")  # "1. screen" at the beginning of a line
_ADDRESS = re.compile(r"(?:https?://|www\.)[!-~]*[A-Za-z0-9/]", re.IGNORECASE)
_LAST_WORD = re.compile(r"[A-Za-z](?:[A-Za-z.]*[A-Za-z])?$")
_TRIM = " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u2028\u2029\u3000，,；;。｡！？!?‼⁉….~～—、：:"

_NEVER_LAST = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "st",
        "vs",
        "e.g",
        "i.e",
        "eg",
        "ie",
        "cf",
        "approx",
        "fig",
        "vol",
        "ver",
        "jr",
        "sr",
        "gen",
        "rep",
        "dept",
        "est",
    ]
)
_SELDOM_LAST = frozenset(
    [
        "etc",
        "inc",
        "ltd",
        "co",
        "corp",
        "a.m",
        "p.m",
        "am",
        "pm",
        "u.s",
        "u.k",
        "min",
        "max",
        "no",
        "oz",
        "ft",
        "lb",
    ]
)
_NOT_BUT = ("nothing", "anything", "everything", "all", "none")


def sentences(text: str) -> list[Span]:
    """The sentences of `text` in order, each with its closing marks, without outer space.

    Together they cover every character that is not white space.
    """
    spans: list[Span] = []
    start = 0
    for _, end in _sentence_ends(text):
        _append_stripped(spans, text, start, end)
        start = end
    _append_stripped(spans, text, start, len(text))
    return spans


def clauses(text: str) -> list[Span]:
    """The clauses of `text` in order, without outer space and delimiters.

    Sentences end a clause; so do commas, semicolons, dashes, spaces between Chinese
    characters, and the place before 但 and "but". Every letter and digit is in exactly one
    clause. A text of delimiters alone is one clause, an empty or blank one none.
    """
    borders = list(_sentence_ends(text))
    borders += _soft_borders(text)
    borders.sort()
    spans: list[Span] = []
    start = 0
    for before, after in borders:
        _append_trimmed(spans, text, start, before)
        start = max(start, after)
    _append_trimmed(spans, text, start, len(text))
    if not spans:
        _append_stripped(spans, text, 0, len(text))
    return spans


def _append_stripped(spans: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    begin = start + len(piece) - len(piece.lstrip())
    stop = start + len(piece.rstrip())
    if begin < stop:
        spans.append(Span(begin, stop))


def _append_trimmed(spans: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    begin = start + len(piece) - len(piece.lstrip(_TRIM))
    stop = start + len(piece.rstrip(_TRIM))
    if begin < stop:
        spans.append(Span(begin, stop))


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """The matches of `pattern` that do not begin inside a web address."""
    addresses: list[tuple[int, int]] = []
    if "://" in text or "www." in text.lower():
        addresses = [match.span() for match in _ADDRESS.finditer(text)]
    index = 0
    for match in pattern.finditer(text):
        while index < len(addresses) and addresses[index][1] <= match.start():
            index += 1
        if index == len(addresses) or match.start() < addresses[index][0]:
            yield match


def _sentence_ends(text: str) -> Iterator[tuple[int, int]]:
    """The ends of sentences: (before the closing marks, after them)."""
    for match in _matches(_STOP, text):
        start, end = match.span()
        if match["line"] is not None or _ends(text, match["mark"], match["closers"], end):
            yield start, end


def _ends(text: str, mark: str, closers: str, end: int) -> bool:
    """Tell whether `mark`, which with its closing quotes and brackets runs to `end`, is an end."""
    following = text[end : end + 1]
    if not following:
        return True
    if mark == ".":
        return _is_full_stop(text, end - len(closers) - 1, end)
    if mark.strip("….") == "":
        return not text[end : end + 8].lstrip()[:1].islower()
    # “太好了！”的感觉: the sentence that holds the quotation goes on.
    in_quotation = any(closer in "”’」』" for closer in closers) and mark[-1] not in "。｡"
    return not (in_quotation and following.isalnum())


def _is_full_stop(text: str, start: int, end: int) -> bool:
    """Tell whether the single "." at `start` (its closers end at `end`) ends a sentence."""
    previous, following = text[start - 1 : start], text[end : end + 1]
    head = text[max(0, start - 16) : start]
    if following.isspace():
        coming = text[end : end + 8].lstrip()[:1]
        if previous.isdigit():
            return _ITEM_NUMBER.search(head) is None
        match = _LAST_WORD.search(head)
        word = match.group() if match else ""
        if word.lower() in _NEVER_LAST or (len(word) == 1 and word.isupper() and word != "I"):
            return False
        if word.lower() in _SELDOM_LAST:
            return coming.isupper()
        return True
    if following.isascii() and following.isalnum():
        match = _LAST_WORD.search(head)
        if match is not None and (len(match.group()) == 1 or not previous.islower()):
            return False  # U.S.A, HD.Radio
        return following.isupper() and text[end + 1 : end + 2].islower() and not previous.isdigit()
    return not (following.isascii() or (previous.isdigit() and following.isalnum()))


def _soft_borders(text: str) -> Iterator[tuple[int, int]]:
    """The ends of clauses within sentences: (before the delimiter, after it)."""
    for match in _matches(_SOFT, text):
        start, end = match.span()
        if match["contrast"] is not None:
            before = text[max(0, start - 12) : start].rstrip().lower()
            if not before.endswith(_NOT_BUT):
                yield start, start
        elif match["comma"] is not None:
            if match["comma"] != "," or _THOUSANDS.match(text, start) is None:
                yield start, end
        elif match["dash"] is None or not _is_range(text, start, end):
            yield start, end


def _is_range(text: str, start: int, end: int) -> bool:
    """Tell whether the dash stands in a range of numbers (5~10)."""
    return text[start - 1 : start].isdigit() and text[end : end + 1].isdigit()
