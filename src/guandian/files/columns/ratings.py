"""A rating as a number, however a shop or a person writes it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

_STAR = "[★⭐🌟✭✮]"
_NUMBER = re.compile(
    r"(?:rated|rating|score|评分|打分|星级)?[:：]?\s*"
    r"(?P<value>\d{1,3}(?:\.\d+|,\d{1,2})?)\s*(?:分(?=\s*/))?"
    rf"(?:颗?星半?(?:[级,，]|好评|中评|差评)*(?:最多\s*(?P<most>\d+)\s*颗星)?|分|(?P<percent>%)"
    rf"|-?\s*stars?|{_STAR}+"
    r"|\s*(?:/|out of|of|von|sur|su|de)\s*(?P<of>\d{1,3})(?:[.,]0)?"
    r"\s*(?:分|星|stars?|sternen|étoiles|estrellas)?)?"
)
_HAN = re.compile(r"([一二两三四五])颗?星(半)?级?(?:好评|中评|差评)?")
_POINTS = re.compile(r"([一二两三四五六七八九十])分(半)?")
_DIGITS = {digit: number for number, digit in enumerate("一二三四五六七八九十", start=1)} | {
    "两": 2
}
_SIGNS = re.compile(rf"({_STAR}{{1,10}})(1⁄2)?([☆✩]*)\s*(?:\(?\d(?:\.\d+)?\)?)?")
_WITHIN = re.compile(r"(.+?)\s*\((.+)\)")
_LONGEST = 100
"""Characters of a rating with a remark."""
_BEST = re.compile(
    r"满分(?:为|是|:)?\s*(\d+|[五十百])|(\d+|[五十百])\s*[分星级]制|[01]\s*(?:-|~|–|—|至|到|to)\s*(\d+)"
    r"|(?:out of|max\.?|maximum|/)\s*(\d+)"
)
_BESTS = {"五": 5, "十": 10, "百": 100}
_ENGLISH = re.compile(r"(one|two|three|four|five)(?: and a (half))?[ -]stars?")
_SPOKEN = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_CODE = re.compile(r"(?:allstar|star|sml-str|irr-star)[ _-]?([1-5])[05]?")

_GRADES = {
    5: "好评 很好 非常好 超赞 赞 非常满意 很满意 十分满意 超级满意 特别满意 极其满意 极为满意"
    " 完全满意 超满意 力荐 强烈推荐 非常推荐 五星好评 满分 顶 优 优秀 👍"
    "|positive|excellent|very good|great|perfect|very satisfied|extremely satisfied"
    "|completely satisfied|recommended|recommend|recommends"
    "|thumbs up|like|liked|true|yes|up",
    4: "满意 推荐 好 较好 比较好 比较满意 较满意 较为满意 基本满意 还算满意 挺满意 良好 良 不错"
    "|good|satisfied|somewhat satisfied",
    3: "中评 一般 一般般 还行 普通 中等 中 中性 及格 尚可 还可以"
    "|neutral|average|okay|ok|fair|mixed|neither satisfied nor dissatisfied",
    2: "不满意 较差 差 比较差 不太满意 不大满意 较不满意 比较不满意 不太好"
    "|poor|dissatisfied|unsatisfied|somewhat dissatisfied",
    1: "差评 很差 非常差 极差 不推荐 非常不满意 很不满意 十分不满意 极不满意 极其不满意 极度不满意"
    " 极为不满意 特别不满意 完全不满意 超级不满意 👎"
    "|negative|terrible|awful|very poor|bad|very bad|very dissatisfied|extremely dissatisfied"
    "|completely dissatisfied|very unsatisfied|not recommended"
    "|doesn't recommend|does not recommend|thumbs down|dislike|disliked|false|no|down",
}
_NOTHING = frozenset(
    {
        "", "-", "--", "—", "——", "/", "n/a", "na", "#n/a", "null", "none", "nan", "nil",
        "无", "暂无", "暂无评分", "未评分", "无评分", "未评价", "未打分",
    }
)  # fmt: skip


def _words() -> Mapping[str, float]:
    grades: dict[str, float] = {}
    for grade, names in _GRADES.items():
        chinese, *english = names.split("|")
        grades.update(dict.fromkeys([*chinese.split(), *english], float(grade)))
    return grades


_OF_FIVE = _words()
_SCALES = (5.0, 10.0, 100.0)


class Rating(NamedTuple):
    """A rating in its own unit, and the best that could be given where the cell says it."""

    value: float
    best: float | None = None


def as_rating(text: str) -> Rating | None:
    """The number in `4`, `4,5`, `4星`, `四星半`, `★★★★☆`, `4 stars`, `4/5`, `80%`; else None.

    Words are of five: 好评 and `recommended` 5, 中评 3, 差评 1. A number beyond the best that
    its cell states, as in `7/5`, is none.
    """
    plain = unicodedata.normalize("NFKC", text).casefold().strip().rstrip("。!").strip()
    plain = plain.replace("\ufe0f", "")
    rating = _read(plain)
    if rating is None and len(plain) <= _LONGEST and (parts := _WITHIN.fullmatch(plain)):
        rating = _with_words(parts[1], parts[2])
    return rating if rating and rating.value <= (rating.best or rating.value) else None


def best_named(words: str) -> float | None:
    """The best that can be given as words such as the name of a column state it, else None.

    `评分（满分10分）`, `十分制`, `1-5分` and `out of 10` do.
    """
    match = _BEST.search(unicodedata.normalize("NFKC", words).casefold())
    if match is None:
        return None
    number = next(filter(None, match.groups()))
    best = _BESTS.get(number) or int(number)
    return float(best) if 1 < best <= _SCALES[-1] else None


def likely_best(counts: Mapping[float, int]) -> float:
    """The best that could be given, by the bulk of the ratings: 1, 5, 10 or 100.

    A few beyond it, as typing errors are, move no scale: it takes more than one in ten above 5,
    and half of all above 10. Nothing but zeros and ones are thumbs down and up; ones without a
    zero are single stars. Parts of one are percent as a spreadsheet stores them, unless they are
    half stars.

    Args:
        counts: how often each rating was given.
    """
    total = sum(counts.values())
    above = {limit: sum(n for value, n in counts.items() if value > limit) for limit in _SCALES}
    if not total:
        return _SCALES[0]
    if 2 * above[_SCALES[1]] >= total:
        return _SCALES[2]
    if 10 * (above[_SCALES[0]] - above[_SCALES[1]]) > total:
        return _SCALES[1]
    values = {value for value in counts if value <= _SCALES[0]}
    thumbs = values == {0.0, 1.0} or any(value % 0.5 for value in values)
    return 1.0 if max(values) <= 1 and thumbs else _SCALES[0]


def _read(plain: str) -> Rating | None:
    if match := _NUMBER.fullmatch(plain):
        half = 0.5 if "星半" in plain else 0.0
        best = match["of"] or match["most"] or ("100" if match["percent"] else None)
        return Rating(float(match["value"].replace(",", ".")) + half, float(best) if best else None)
    if match := _HAN.fullmatch(plain):
        return Rating(_DIGITS[match[1]] + (0.5 if match[2] else 0.0), _SCALES[0])
    if match := _POINTS.fullmatch(plain):
        return Rating(_DIGITS[match[1]] + (0.5 if match[2] else 0.0))
    if match := _SIGNS.fullmatch(plain):
        signs = len(match[1]) + bool(match[2]) + len(match[3])
        best = float(signs) if match[3] and signs >= _SCALES[0] else None
        return Rating(len(match[1]) + (0.5 if match[2] else 0.0), best)
    if match := _ENGLISH.fullmatch(plain):
        return Rating(_SPOKEN[match[1]] + (0.5 if match[2] else 0.0), _SCALES[0])
    if match := _CODE.fullmatch(plain):
        return Rating(float(match[1]), _SCALES[0])
    word = _OF_FIVE.get(plain)
    return None if word is None else Rating(word, _SCALES[0])


def _with_words(before: str, within: str) -> Rating | None:
    """The rating in `5分(非常满意)`, `满意(4分)`, `8分(满分10分)`: its number, where it has one."""
    outer, inner = _read(before), _read(within)
    if outer and (best := best_named(within)):
        return Rating(outer.value, best)
    if outer is None or inner is None:
        return None
    number, word = (inner, outer) if before in _OF_FIVE else (outer, inner)
    return number if number.best or number.value != word.value else word


def says_no_rating(text: str) -> bool:
    """Tell whether a cell stands where nobody rated: nothing, a dash, `N/A`, 暂无评分."""
    return text.strip().casefold() in _NOTHING
