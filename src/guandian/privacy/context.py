"""What stands around a number: words that say what it is."""

from __future__ import annotations

import re

_LETTERS = re.compile("[A-Za-z]+$")
PHONE_CUE = re.compile(
    "电话|手机|联系|致电|来电|拨打|拨|座机|固话|热线|传真|短信|号码|微信|加我|打给|打我|"
    r"\b(?:tel|phone|telephone|mobile|cell|call|text|whatsapp|fax|contact|reach|number|sms|dial)\b",
    re.IGNORECASE,
)
OTHER_NUMBER = re.compile(
    "(?:订单|单号|编号|型号|货号|条码|条形码|款号|批号|序列号|防伪|追溯|版本|编码|批次|商品号|"
    "流水号|交易号|店铺号|验证码|许可证|备案|批准文号|执照|专利|"
    r"ISBN|EAN|UPC|IMEI|SKU|ASIN|DOI|\bS/?N|\bP/?N|\bmodel|\bserial|\bitem|\bbarcode|\bbatch|\border|\bversion|\bfirmware)"
    r"(?:号码|编号|号|码|串|ID|no\.?|number|num)?(?: ?is)?[ :#.=是为]{0,3}$",
    re.IGNORECASE,
)
COUNTED = re.compile(
    r" ?(?:元|块|件|台|个|次|人|字|米|公里|万|亿|毫安|克|斤|岁|mah|%)", re.IGNORECASE
)
_JOINED = frozenset((
    "tel", "phone", "mobile", "mob", "cell", "call", "ph", "v", "vx", "wx", "q", "qq", "wechat",
    "whatsapp", "sms", "m", "t", "no", "id", "card", "number", "num",
))  # fmt: skip


def words_before(text: str, start: int, most: int = 14) -> str:
    """The characters of the same line before `start`, so many at most."""
    return text[max(0, start - most) : start].rpartition("\n")[2]


def stands_alone(text: str, start: int, end: int) -> bool:
    """Tell whether no word or longer number holds the characters, words such as `tel` aside."""
    word = _LETTERS.search(text[max(0, start - 9) : start])
    if word and word.group().lower() not in _JOINED:
        return False
    if (
        start > 1
        and text[start - 1] in "-._/"
        and text[start - 2].isascii()
        and text[start - 2].isalnum()
    ):
        return text[start - 1] == "/" and text[start - 2].isdigit()
    following = text[end : end + 3]
    if following[:1].isascii() and following[:1].isalpha():
        return re.match(r"(?i)(?:qq|wx|vx|v)(?![A-Za-z0-9])", following) is not None
    return True


def is_cued(text: str, start: int, cue: re.Pattern[str], most: int = 14) -> bool:
    """Tell whether a cue stands at most so many characters before `start`, in its sentence."""
    return cue.search(re.split("[。!?;]", words_before(text, start, most))[-1]) is not None


def is_other_number(text: str, start: int) -> bool:
    """Tell whether the words right before say that a number is of a thing."""
    return OTHER_NUMBER.search(words_before(text, start, 24)) is not None


def groups(number: str) -> list[int]:
    """How many digits stand together, group by group."""
    return [len(group) for group in re.findall(r"[0-9]+", number)]
