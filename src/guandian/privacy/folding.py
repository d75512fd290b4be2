"""A text as the recognisers read it: one form for what is written in several, and the way back."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from guandian.text.alignment import Alignment, apply_edits

# Marks without width that stand between the digits of a hidden number, and parts of keycaps.
_WITHOUT_WIDTH = re.compile(
    "[\xad\u034f\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20e3\ufe00-\ufe0f\ufeff]+"
)
_TRADITIONAL = (
    "電號機郵單證護車聯係訂運遞樓棟區縣鎮鄉灣廣東門園臺碼銀戶陳張劉黃楊趙吳鄭馮韓許鄧蕭葉蘇盧賴羅謝龍馬孫魯萬寧齊鐘鍾譚鄒閻賈顧龔嚴衛這個兒買賣長劍麗華國偉強軍紅蘭鳳嬌潔瑩穎靜賓傑豐"
    "慶貴從發為與轉給問請於務員導購師傳話"
)
_SIMPLIFIED = (
    "电号机邮单证护车联系订运递楼栋区县镇乡湾广东门园台码银户陈张刘黄杨赵吴郑冯韩许邓萧叶苏卢赖罗谢龙马孙鲁万宁齐钟钟谭邹阎贾顾龚严卫这个儿买卖长剑丽华国伟强军红兰凤娇洁莹颖静宾杰丰"
    "庆贵从发为与转给问请于务员导购师传话"
)
_NUMERALS = str.maketrans(
    "零〇洞一壹幺么二贰兩三叁四肆五伍六陆七柒拐八捌九玖勾", "00011112223344556677788999"
)
CHINESE_NUMERAL = re.compile("[零〇一壹幺二贰三叁四肆五伍六陆七柒八捌九玖]")


def folded_form(text: str) -> tuple[str, Alignment]:
    """Make width, digits, dashes, blanks and common traditional characters of one form.

    Returns:
        The folded text and its alignment with `text`: one to one but for marks without width,
        which leave no trace.
    """
    if text.isascii():
        return text, Alignment.identity(len(text))
    folded = text.translate(_forms())
    if not _WITHOUT_WIDTH.search(folded):
        return folded, Alignment.identity(len(text))
    edits = ((match.start(), match.end(), "") for match in _WITHOUT_WIDTH.finditer(folded))
    return apply_edits(folded, edits)


def end_of_keycap(text: str, end: int) -> int:
    """The end of a span of the raw text with the marks that belong to its last character."""
    while end < len(text) and text[end] in "\ufe0f\u20e3":
        end += 1
    return end


def with_digits(folded: str) -> str:
    """The text with every Chinese numeral of one digit written as that digit, one to one."""
    return folded.translate(_NUMERALS)


@cache
def _forms() -> dict[int, str]:
    forms = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    for code in (*range(0x660, 0x66A), *range(0x2460, 0x2469), *range(0x2776, 0x277F),
                 *range(0x1D7CE, 0x1D800), 0x24EA, 0x24FF):  # fmt: skip
        forms[code] = str(unicodedata.digit(chr(code)))
    forms |= dict.fromkeys((*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63), "-")
    forms |= dict.fromkeys((*range(0x2000, 0x200B), 0x9, 0xA0, 0x202F, 0x205F, 0x3000), " ")
    forms |= dict.fromkeys((0x2022, 0x30FB, 0xFF65), "·")
    return forms | {ord(a): b for a, b in zip(_TRADITIONAL, _SIMPLIFIED, strict=True)}
