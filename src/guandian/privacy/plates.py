"""Plates of cars, those of eight characters (new energy) among them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guandian.privacy.context import is_cued
from guandian.privacy.personal_data import Candidate, DataType

_PLATE = re.compile(
    "(?P<province>[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使])"
    r"(?P<office>[A-Za-z])(?P<cut> ?[·.\-*]? ?)"
    r"(?P<number>(?:[DFABCEGHJKdfabceghjk][A-HJ-NP-Za-hj-np-z0-9]\d{4}|\d{5}[DFABCEGHJKdfabceghjk])"
    r"|[A-HJ-NP-Za-hj-np-z0-9]{4}[A-HJ-NP-Za-hj-np-z0-9挂学警港澳领试超])"
    r"(?![A-Za-z0-9])"
)
_CUE = re.compile(
    "车牌|牌照|牌号|车号|车主|司机|挪车|停车|尾号|号牌|上牌|车位|开车|座驾|私家车|的车|轿车|货车|违停|"
    "plate|快递车|出租|网约车|滴滴",
    re.IGNORECASE,
)
# Province signs that end or begin ordinary words: 最新A12345, 李宁A12345, 纯黑B00123.
_ORDINARY = frozenset("新黑宁云贵青使")
_CITY = re.compile("[北南东望]京|天津|[江姑]苏|[四银]川")
_BEFORE_PLATE = re.compile(r"(?:^|[\s,.:;!?()\[\]，。、：；！？“”\"'是的为叫挂了在辆着个])$")


def car_plates(folded: str) -> Iterator[Candidate]:
    """Plates of cars in a folded text; a model's number behind a sign such as 新 is none."""
    for match in _PLATE.finditer(folded):
        number, start = match["number"], match.start()
        cued = is_cued(folded, start, _CUE, 16) or bool(_CUE.match(folded, match.end()))
        cued = cued or _CUE.search(folded[match.end() : match.end() + 4]) is not None
        if sum(character.isdigit() for character in number) < 3 - cued:
            continue
        if cued or _is_surely_a_plate(folded, match):
            yield *match.span(), DataType.PLATE, 0.97 if cued else 0.93


def _is_surely_a_plate(folded: str, match: re.Match[str]) -> bool:
    """Tell whether what no word calls a plate can be nothing else."""
    if not (match["office"] + match["number"]).isupper() or match["office"] in "IO":
        return False
    start = match.start()
    if _CITY.match(folded, max(0, start - 1), start + 1):
        return False  # 北京A12345 is no plate of the office A
    if match["province"] not in _ORDINARY or "·" in match["cut"]:
        return True
    before = folded[max(0, start - 1) : start]
    return not match["cut"] and _BEFORE_PLATE.search(before) is not None
