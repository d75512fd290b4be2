"""Kinds of words that may stand for each other in a question: colours, sizes, places, payments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from guandian.domain import Span

_COLOUR = (
    "玫瑰金|香槟色?|卡其色?|咖啡色|咖色|米白色?|米色|墨绿色?|藏青色?|深[蓝灰绿]色?|浅[蓝灰绿粉]色?|天蓝色?|粉红色?"
    "|[黑白红蓝绿黄紫灰粉橙棕金银](?:色|(?=的|款))|(?<=那)[黑白红蓝绿黄紫灰粉橙棕](?=呢)"
    r"|\b(?:rose gold|navy|khaki|black|white|red|blue|green|yellow|purple|gr[ae]y|pink|orange|brown"
    r"|gold|silver|beige)\b"
)
_SIZE = (
    r"(?<![A-Za-z\d])(?:[2-9]?X{0,4}[LS]|M|均)码?(?![A-Za-z])|(?<!\d)\d{2}(?:\.5)?码"
    r"|\bsize [xsml\d]{1,4}\b"
)
_UNIT = (
    "升|寸|匹|毫米|厘米|米|片|支|瓦|斤|公斤|克|毫升|岁|个月|天|年|件|个|GB?|TB?|MB?|ml|kg|cm|mm"
    "|inch(?:es)?|people|mAh"
)
_NUMBER = (
    r"(?<![A-Za-z\d.])(?P<amount>\d+(?:\.\d+)?|[一二两三四五六七八九十]+(?=[升寸匹]))"
    rf"(?P<unit>{_UNIT})?(?![\d.])"
    r"|\b(?P<word>one|two|three|four|five|six|seven|eight|nine|ten)\b"
)
_PLACE_LEADS = r"(?<=\bto )[A-Z][a-z]+(?: [A-Z][a-z]+)?"
_PLACES = [
    "北京",
    "上海",
    "天津",
    "重庆",
    "广州",
    "深圳",
    "成都",
    "杭州",
    "武汉",
    "西安",
    "南京",
    "苏州",
    "长沙",
    "郑州",
    "青岛",
    "大连",
    "厦门",
    "福州",
    "济南",
    "合肥",
    "沈阳",
    "昆明",
    "哈尔滨",
    "长春",
    "石家庄",
    "太原",
    "南昌",
    "南宁",
    "贵阳",
    "兰州",
    "海口",
    "三亚",
    "乌鲁木齐",
    "拉萨",
    "西宁",
    "银川",
    "呼和浩特",
    "宁波",
    "无锡",
    "佛山",
    "东莞",
    "温州",
    "珠海",
    "河北",
    "山西",
    "辽宁",
    "吉林",
    "黑龙江",
    "江苏",
    "浙江",
    "安徽",
    "福建",
    "江西",
    "山东",
    "河南",
    "湖北",
    "湖南",
    "广东",
    "海南",
    "四川",
    "贵州",
    "云南",
    "陕西",
    "甘肃",
    "青海",
    "内蒙古",
    "内蒙",
    "广西",
    "西藏",
    "宁夏",
    "新疆",
    "香港",
    "澳门",
    "台湾",
    "国外",
    "海外",
]
_EN_PLACES = [
    "Canada",
    "Mexico",
    "France",
    "Germany",
    "Spain",
    "Italy",
    "Japan",
    "China",
    "Australia",
    "India",
    "Brazil",
    "London",
    "Paris",
    "Berlin",
    "Madrid",
    "Rome",
    "Tokyo",
    "Sydney",
    "Ireland",
    "Scotland",
    "Europe",
    "Alaska",
    "Hawaii",
    "Texas",
    "California",
]


@dataclass(frozen=True, slots=True)
class KnownWord:
    """A word of a kind, and where it stands.

    Attributes:
        kind: two words of one kind may stand for each other.
        span: in the text.
    """

    kind: str
    span: Span


def known_words(text: str) -> list[KnownWord]:
    """The words of known kinds in a text, in order, none within another."""
    hits = sorted(_hits(text), key=lambda hit: (hit.span.start, -hit.span.end))
    separate: list[KnownWord] = []
    for hit in hits:
        if not separate or hit.span.start >= separate[-1].span.end:
            separate.append(hit)
    return separate


def _hits(text: str) -> Iterator[KnownWord]:
    for kind, pattern in _patterns():
        for match in pattern.finditer(text):
            if match.start() == match.end():
                continue
            name = kind
            if kind == "number":
                unit = match["unit"] or ("" if match["amount"] else "word")
                name = f"number {unit.removesuffix('B').lower()}"
            yield KnownWord(name, Span(*match.span()))


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    lines = (Path(__file__).parent / "kinds.txt").read_text("utf-8").splitlines()
    kinds = []
    for number, line in enumerate(line for line in lines if line and not line.startswith("#")):
        chinese, *english = line.split("|")
        words = sorted(chinese.split(), key=len, reverse=True)
        forms = [
            re.escape(word) if not word.isascii() else rf"\b{re.escape(word)}\b" for word in words
        ]
        longest = sorted(english, key=len, reverse=True)
        forms += [rf"\b{re.escape(word.removesuffix('s'))}(?:s|\b)" for word in longest]
        # A model's number belongs to its name: 小米14.
        pattern = rf"(?:{'|'.join(forms)})(?:\d{{1,2}}(?![\dA-Za-z.]))?"
        kinds.append((f"line {number}", re.compile(pattern, re.IGNORECASE)))
    places = "|".join([*_PLACES, *(rf"\b{name}\b" for name in _EN_PLACES), _PLACE_LEADS])
    return (
        ("colour", re.compile(_COLOUR, re.IGNORECASE)),
        ("size", re.compile(_SIZE)),
        ("place", re.compile(places)),
        *kinds,
        ("number", re.compile(_NUMBER)),
    )
