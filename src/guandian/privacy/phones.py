"""Telephone numbers: mobiles and landlines of China, and what is surely one elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guandian.privacy.context import (
    COUNTED,
    PHONE_CUE,
    groups,
    is_cued,
    is_other_number,
    stands_alone,
)
from guandian.privacy.folding import CHINESE_NUMERAL, with_digits
from guandian.privacy.personal_data import Candidate, DataType

_MOBILE = re.compile(
    r"(?<!\d)(?P<country>\(?(?:\+|00)?86\)?[ -]{0,2})?"
    r"(?P<number>1[ \-.·]{0,2}[3-9](?:[ \-.·]{0,2}\d){9})(?!\d)"
    r"(?P<extension>-\d{1,4}(?![-\d])|转\d{1,6}(?!\d))?"
)
# How a mobile number is spoken or printed; a list of sizes is cut in other ways.
_CUTS = frozenset((
    (11,), (3, 4, 4), (3, 8), (4, 3, 4), (4, 4, 3), (5, 6), (7, 4), (3, 3, 5), (6, 5), (3, 4, 2, 2),
    (3, 2, 2, 2, 2), (5, 3, 3), (3, 5, 3), (1, 10), (2, 9), (2, 3, 3, 3),
    (2, 2, 2, 2, 2, 1), (1, 2, 2, 2, 2, 2),
    (1,) * 11,
))  # fmt: skip
_AREAS = (
    "10|2[0-57-9]|31\\d|335|349|35\\d|37[0-79]|39[1-68]|41[1-9]|42[179]|43[1-9]|440|45[1-9]|46[4789]"
    "|47\\d|48[23]|51\\d|52[37]|53\\d|54[36]|55\\d|56[1-6]|57\\d|580|59[1-9]|63[1-5]|66[0238]|69[12]|701"
    "|71\\d|72[248]|73\\d|74[3-6]|75\\d|76[0236-9]|77\\d|79\\d|81[2-8]|82[5-7]|83\\d|85[1-9]|87\\d|88[3678]"
    "|89[1-8]|90[1-369]|91[1-79]|93\\d|94[13]|95[1-5]|97[0-79]|99\\d"
)
_LANDLINE = re.compile(
    rf"(?<![\d.])(?:(?P<country>\(?(?:\+|00)86\)?[ -]?)0?|(?P<bracket>\()?0)(?P<area>{_AREAS})"
    r"(?P<cut>\)? ?-? ?)(?P<local>[2-8]\d{2,3}[ -]?\d{4})(?!\d)"
    r"(?P<extension>(?:-| ?转 ?| ?ext\.? ?|#)\d{1,6}(?![-\d]))?"
)
_LOCAL = re.compile(
    r"(?:电话|座机|固话|家电)(?:号码|号)?[ :是为]{0,3}(?P<number>[2-8]\d{2,3}[ -]?\d{4})(?![-\d])"
)
_ABROAD = re.compile(r"(?<![\d+])(?:\+|00)(?!86)[1-9]\d{0,2}(?:[ .-]?\(?\d{1,4}\)?){2,6}(?!\d)")
_NORTH_AMERICA = re.compile(
    r"(?<![\d.+-])(?:1[ .-])?(?P<area>\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])"
    r"[2-9]\d{2}[ .-]\d{4}(?![\d-])"
    r"(?: ?(?:ext|x)\.? ?\d{1,5})?"
)
_FREE_OF_CHARGE = ("400", "800", "888", "877", "866", "855", "844", "833")
_CUED = re.compile(
    r"(?i)\b(?:phone|tel|telephone|mobile|cell|call|text|whatsapp|contact)\b"
    r"(?: (?:me|us|him|her|number|no|is|at|on|or|my|number's)\.?){0,4}[ :.#]{0,3}"
    r"(?P<number>\(?0?\d{2,5}\)?(?:[ -]?\d{2,6}){1,4})(?![\d-])"
)


def phone_numbers(folded: str) -> Iterator[Candidate]:
    """Telephone numbers of people in a folded text; numbers of hotlines (400, 800) are none."""
    yield from _mobiles(folded, folded)
    if len(CHINESE_NUMERAL.findall(folded)) > 2:
        spoken = with_digits(folded)
        for candidate in _mobiles(spoken, folded):
            if CHINESE_NUMERAL.search(folded, candidate[0], candidate[1]):
                yield candidate
    yield from _landlines(folded)
    yield from _others(folded)


def _mobiles(digits: str, folded: str) -> Iterator[Candidate]:
    for match in _MOBILE.finditer(digits):
        start, end = match.span()
        cued = is_cued(folded, start, PHONE_CUE)
        whole = match["country"] is not None
        cuts = tuple(groups(match["number"]))
        if cuts == (1, 3, 3, 4) and not whole:
            continue  # as North America writes its own
        if not stands_alone(digits, start, match.end("number")) and not match["extension"]:
            continue
        if not cued and not whole:
            if is_other_number(folded, start) or COUNTED.match(folded, end):
                continue
            if cuts not in _CUTS:
                continue
        longer = cuts[0] == 4 and re.search(r"\d{4} $", digits[max(0, start - 5) : start])
        if longer and not cued:
            continue
        if digits[end : end + 2] and re.match(r"[-.]\d", digits[end : end + 2]):
            continue
        yield start, end, DataType.MOBILE, 0.99 if cued or whole else 0.97


def _landlines(folded: str) -> Iterator[Candidate]:
    for match in _LANDLINE.finditer(folded):
        start, end = match.span()
        length = len(re.sub("[ -]", "", match["local"]))
        bracket, cut = match["bracket"], match["cut"]
        if (len(match["area"]) == 2 and length != 8) or bool(bracket) != (")" in cut):
            continue
        if not stands_alone(folded, start, match.end("local")) or is_other_number(folded, start):
            continue
        cued = is_cued(folded, start, PHONE_CUE)
        if not cued and re.search(r"\d[ -]$", folded[max(0, start - 2) : start]):
            continue  # groups of a longer number
        if cut or match["country"] or cued:
            yield start, end, DataType.LANDLINE, 0.97 if cued else 0.93
    for match in _LOCAL.finditer(folded):
        yield *match.span("number"), DataType.LANDLINE, 0.85


def _others(folded: str) -> Iterator[Candidate]:
    for match in _ABROAD.finditer(folded):
        if 9 <= sum(groups(match.group())) <= 15 and stands_alone(folded, *match.span()):
            yield *match.span(), DataType.PHONE, 0.93
    for match in _NORTH_AMERICA.finditer(folded):
        if match["area"].strip("() .-") in _FREE_OF_CHARGE or is_other_number(
            folded, match.start()
        ):
            continue
        if stands_alone(folded, *match.span()):
            yield *match.span(), DataType.PHONE, 0.9
    for match in _CUED.finditer(folded):
        length = sum(groups(match["number"]))
        paid = match["number"].lstrip("( ")[:3] not in _FREE_OF_CHARGE
        if paid and 9 <= length <= 13 and stands_alone(folded, *match.span("number")):
            yield *match.span("number"), DataType.PHONE, 0.85
