"""Details of a message that an answer needs: numbers of orders, colours, sizes, days, amounts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guandian.assist.understanding.understanding import Slot
from guandian.domain import Span
from guandian.privacy import PersonalData
from guandian.text.alignment import Alignment

_COLOURS = (
    "玫瑰金|香槟色|卡其|咖啡色|咖色|墨绿|藏青|深蓝|浅蓝|天蓝|粉红|[黑白红蓝绿黄紫灰粉橙棕金银]色"
)
_ENGLISH_COLOURS = (
    "rose gold|navy|khaki|black|white|red|blue|green|yellow|purple|gr[ae]y|pink|orange|brown|gold"
    "|silver|beige"
)
_RULES: tuple[tuple[str, str], ...] = (
    ("colour", rf"(?:{_COLOURS})|[黑白红蓝绿黄紫灰粉橙棕金银](?=的|款|版|那|这)"
     rf"|\b(?:{_ENGLISH_COLOURS})\b"),
    ("size", r"(?<![A-Za-z\d])(?:[2-5]?X{1,3}[LS]|(?<=[尺码号穿])\s?[SML]|[SML](?=码|号))"
     r"(?![A-Za-z])|\d{2}(?:\.5)?\s?码|\bsize \d{1,2}(?:\.5)?\b|\bsize [xsml]{1,3}\b"
     r"|\b(?:extra )?(?:large|medium|small) size\b"),
    ("amount", r"[¥￥$€£]\s?\d{1,7}(?:[.,]\d{1,2})?"
     r"|(?<!\d)\d{1,7}(?:\.\d{1,2})?\s?(?:元|块钱?|dollars?|euros?|pounds|rmb|yuan)"),
    ("date", r"(?<!\d)(?:20\d\d[-/年.])?\d{1,2}[-/月]\d{1,2}[日号]?(?!\d)"
     r"|大前天|前天|昨天|今天|明天|后天|(?:上|下|这|本)?(?:周|星期|礼拜)[一二三四五六日天]|上周|下周"
     r"|\b(?:yesterday|today|tomorrow|last (?:week|month)|next week"
     r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b"),
    ("quantity", r"(?<![\d.第])(?:\d{1,4}|[一两二三四五六七八九十])\s?"
     r"(?:件|个|台|双|套|盒|瓶|箱|条|部|本|只)(?!月)"
     r"|\b(?:\d{1,4}|two|three|four|five|six) (?:pairs?|pieces?|boxes|items|units)\b"),
)  # fmt: skip
_PATTERNS = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _RULES)
_MOST = 50


def find_slots(
    masked: str, personal: tuple[PersonalData, ...], alignment: Alignment
) -> tuple[Slot, ...]:
    """The details of a message, in their order, at most fifty.

    Args:
        masked: the message with personal data written over.
        personal: what was found in the raw message, by its spans there.
        alignment: of the masked message with the raw one.
    """
    tokens = [
        (str(data.type), span)
        for data in personal
        if (span := alignment.to_clean(data.span)) is not None
    ]
    hidden = [span for _, span in tokens]
    slots = [*tokens]
    for name, span in _by_rule(masked):
        if not any(span.start < other.end and other.start < span.end for other in hidden):
            slots.append((name, span))
    slots.sort(key=lambda slot: slot[1])
    return tuple(Slot(name, span.of(masked), span) for name, span in slots[:_MOST])


def _by_rule(masked: str) -> Iterator[tuple[str, Span]]:
    spans: list[tuple[int, int]] = []
    for name, pattern in _PATTERNS:
        for number, match in enumerate(pattern.finditer(masked)):
            if number >= _MOST:
                break
            start, end = match.span()
            if not any(start < last and first < end for first, last in spans):
                spans.append((start, end))
                yield name, Span(start, end)
