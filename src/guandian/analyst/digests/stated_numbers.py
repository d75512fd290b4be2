"""The numbers that a sentence states, in figures and in words, Chinese and English."""

from __future__ import annotations

import re
import unicodedata

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_EN = {word: value for value, word in enumerate(_ONES.split())}
_EN |= {word: 10 * value for value, word in enumerate(_TENS.split(), 2)}
_EN |= {"hundred": 100, "thousand": 1000, "million": 1_000_000, "dozen": 12}
_SPELLED = re.compile(
    rf"\b(?:{'|'.join(sorted(_EN, key=len, reverse=True))})s?(?:[\s-]+(?:and[\s-]+)?"
    rf"(?:{'|'.join(sorted(_EN, key=len, reverse=True))})s?)*\b"
)
_FIGURE = re.compile(
    r"\d+(?:[,\u202f\u00a0']\d{3})+(?:\.\d+)?(?!\d)"
    r"|\d+(?:\.\d+)?(?:[十百千万亿成倍]|[km]\b)?|[½⅓⅔¼¾⅛]"
)
_HAN_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
    "俩": 2,
    "壹": 1,
    "贰": 2,
    "叁": 3,
}
_HAN_UNITS = {
    "十": 10,
    "拾": 10,
    "百": 100,
    "佰": 100,
    "千": 1000,
    "仟": 1000,
    "万": 10_000,
    "亿": 10**8,
}
_OF_HAN = "零一二三四五六七八九〇两俩壹贰叁十拾百佰千仟万亿"
_HAN = re.compile(
    f"百分之[{_OF_HAN}点]+|[{_OF_HAN}]+分之[{_OF_HAN}]+"
    f"|(?<![\\d.第])[{_OF_HAN}点几数半]+(?=[条个位名人倍次天月年周家款台星折元块%])"
    f"|(?<![\\d.])[二三四五六七八九〇两十百千万]{{2,}}"
)
_VAGUE = re.compile(
    r"\b(?:half|halves|most|majority|minority|every(?:one|body)?|nobody|no one|none|all (?:the )?"
    r"(?:buyers|reviews?|reviewers|customers|users|people|of)|(?:third|quarter|fifth|tenth)s?"
    r"|dozens|hundreds|thousands|twice|double[ds]?|triple[ds]?|once|couple|several|few|many|percent"
    r"|per cent)\b|一半|半数|过半|大半|大多数?|多数|绝大部分|大部分|少数|小部分"
    r"|所有|全部|人人|每个人|没有人|无人"
    r"|[一二三四五六七八九两几数]成|无数|成倍|翻倍|几乎都|普遍|数[十百千万]"
)
_PERCENT = re.compile(r"\s?(?:%|percent|per cent)")
_WHOLE = ("percent", "per cent", "many", "several", "few")
"""Vague words that state no number by themselves beside one that is given."""


def stated_numbers(text: str) -> list[str]:
    """The numbers that a text states: values without separators, and words of quantity as they are.

    `1,234` is `1234`, `12.50` is `12.5`, `twelve` and `十二` are `12`; `half` and `大多数` stay
    words, for they state what nobody counted. A share bears `%`: `24.3%`, `百分之十` is `10%`.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    stated = [match[0] for match in _VAGUE.finditer(folded) if match[0] not in _WHOLE]
    for pattern, read in ((_FIGURE, _plain), (_SPELLED, _spelled), (_HAN, _in_han)):
        for match in pattern.finditer(folded):
            sign = "%" if _PERCENT.match(folded, match.end()) or "百分之" in match[0] else ""
            stated.append(f"{read(match[0])}{sign}")
    return stated


def stated_figure(value: float) -> str:
    """A number as `stated_numbers` writes it."""
    return _plain(f"{value}")


def _plain(figure: str) -> str:
    figure = re.sub(r"[,\u202f\u00a0']", "", figure)
    return figure.rstrip("0").rstrip(".") if "." in figure else figure.lstrip("0") or "0"


def _spelled(words: str) -> str:
    total = present = 0
    for word in re.findall(r"[a-z]+", words):
        value = _EN.get(word, _EN.get(word.removesuffix("s"), 0))
        if value >= 100:
            total, present = total + max(1, present) * value, 0
        else:
            present += value
    return str(total + present)


def _in_han(words: str) -> str:
    text = words.removeprefix("百分之")
    if any(char in "几数半点" for char in text) or "分之" in text:
        return words  # no whole number
    total = part = digit = 0
    for char in text:
        if char in _HAN_DIGITS:
            digit = 10 * digit + _HAN_DIGITS[char]
            continue
        unit = _HAN_UNITS[char]
        if unit >= 10_000:
            total, part, digit = (total + part + digit) * unit, 0, 0
        else:
            part, digit = part + max(1, digit) * unit, 0
    return str(total + part + digit)
