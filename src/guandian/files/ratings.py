"""A rating as a number, however a shop or a person writes it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

_STAR = "[★⭐🌟✭✮]"
_NUMBER = re.compile(
    r"(?:rated|rating|score|评分|打分|星级)?[:：]?\s*"
    r"(\d{1,3}(?:\.\d+|,\d{1,2})?)\s*"
    rf"(?:颗?星半?(?:[级,，]|好评|中评|差评)*(?:最多\s*\d+\s*颗星)?|分|%|-?\s*stars?|{_STAR}+"
    r"|(?:/|out of|of|von|sur|su|de)\s*\d+(?:[.,]0)?"
    r"\s*(?:分|星|stars?|sternen|étoiles|estrellas)?)?"
)
_HAN = re.compile(r"([一二两三四五])颗?星(半)?级?(?:好评|中评|差评)?")
_DIGITS = {one: number for number, one in enumerate("一二三四五", start=1)} | {"两": 2}
_SIGNS = re.compile(rf"({_STAR}{{1,10}})(1⁄2)?[☆✩]*\s*(?:\(?\d(?:\.\d+)?\)?)?")
_ENGLISH = re.compile(r"(one|two|three|four|five)(?: and a (half))?[ -]stars?")
_SPOKEN = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_CODE = re.compile(r"(?:allstar|star|sml-str|irr-star)[ _-]?([1-5])[05]?")

_GRADES = {
    5: "好评 很好 非常好 超赞 赞 非常满意 很满意 十分满意 力荐 强烈推荐 五星好评 满分 顶 👍"
    "|positive|excellent|very good|great|perfect|very satisfied|recommended|recommend|recommends"
    "|thumbs up|like|liked|true|yes|up",
    4: "满意 推荐 好 较好 比较满意 良好 不错|good|satisfied",
    3: "中评 一般 还行 普通 中等 中性 及格|neutral|average|okay|ok|fair|mixed",
    2: "不满意 较差 差 比较差 不太满意|poor|dissatisfied|unsatisfied",
    1: "差评 很差 非常差 极差 不推荐 非常不满意 很不满意 十分不满意 👎"
    "|negative|terrible|awful|very poor|bad|very bad|very dissatisfied|not recommended"
    "|doesn't recommend|does not recommend|thumbs down|dislike|disliked|false|no|down",
}
_NOTHING = frozenset(
    {
        "", "-", "--", "—", "——", "/", "n/a", "na", "#n/a", "null", "none", "nan", "nil",
        "无", "暂无", "暂无评分", "未评分", "无评分", "未评价", "未打分",
    }
)  # fmt: skip


def _words() -> Mapping[str, float]:
    found: dict[str, float] = {}
    for grade, names in _GRADES.items():
        chinese, *english = names.split("|")
        found.update(dict.fromkeys([*chinese.split(), *english], float(grade)))
    return found


_OF_FIVE = _words()


def as_rating(text: str) -> float | None:
    """The number in `4`, `4,5`, `4星`, `四星半`, `★★★★☆`, `4 stars`, `4/5`, `80%`; else None.

    Words are of five: 好评 and `recommended` 5, 中评 3, 差评 1.
    """
    plain = unicodedata.normalize("NFKC", text).casefold().strip().rstrip("。!").strip()
    plain = plain.replace("\ufe0f", "")
    if found := _NUMBER.fullmatch(plain):
        half = 0.5 if "星半" in plain else 0.0
        return float(found[1].replace(",", ".")) + half
    if found := _HAN.fullmatch(plain):
        return _DIGITS[found[1]] + (0.5 if found[2] else 0.0)
    if found := _SIGNS.fullmatch(plain):
        return len(found[1]) + (0.5 if found[2] else 0.0)
    if found := _ENGLISH.fullmatch(plain):
        return _SPOKEN[found[1]] + (0.5 if found[2] else 0.0)
    if found := _CODE.fullmatch(plain):
        return float(found[1])
    return _OF_FIVE.get(plain)


def says_no_rating(text: str) -> bool:
    """Whether a cell holds what stands where nobody rated: nothing, a dash, `N/A`, 暂无评分."""
    return text.strip().casefold() in _NOTHING
