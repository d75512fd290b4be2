"""Which opinions of a review a reply speaks of, and how their aspects are named in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from guandian.assist.replies.guards import check_reply
from guandian.assist.replies.reply_phrases import ReplyLanguage
from guandian.domain import Mined, Opinion, Polarity, Review, Span
from guandian.privacy.finding import find

SURE = 0.5
"""Confidence from which an opinion is praised or apologised for by name."""
SURE_WITH = 0.25
"""The same where the whole review feels alike: spans may be off, the judgement hardly is."""
SURER = 0.65
"""The same against the sentiment of the whole review."""
_HAN = re.compile("[\u3400-\u9fff]+")
_FIRST, _LAST = 1, 12
_FIRST_EN, _LAST_EN = 2, 40
_MOST_WORDS = 6
_LEADING_ZH = re.compile(
    "^(?:我们?的?|你们?的?|您的?|他们?的?|她的|这个|这款|那个|这种|这|那|该|的|就是|还有|而且)(?=..)"
)
_LEADING_EN = re.compile(
    r"^(?:(?:the|this|that|these|those|my|our|your|his|her|its|their|a|an|any|some|all|every|no)\s+)+",
    re.IGNORECASE,
)
_MARKS = re.compile(r"[^\w\s'’&+.-]|_|\.(?! )")
_LIGHT_ZH = re.compile("(?:[的了过]|下来|上去)$")
_DOING_ZH = re.compile(".(?:着|起来)")
_PLATFORM = re.compile(
    "京东(?:商城|自营)?|淘宝|天猫|亚马逊|当当|拼多多|美团|饿了么|百度外卖|携程|苏宁|唯品会|抖音|amazon|ebay|walmart"
)
"""Nobody apologises in the name of the place where a shop sells."""
_BODY = re.compile(
    "(?:头发|发质|头皮|皮肤|肤色|脸|脸上|脸部|面部|手|双手|手上|嘴|嘴唇|嘴巴|眼睛|鼻子|肚子|胃|牙|牙齿|牙龈|脚|腰|耳朵|毛孔)"
    "|(?:hair|scalp|skin|face|hands?|lips?|eyes?|teeth|gums|stomach|feet|foot|back|neck|ears?)"
)
"""What a thing does to it is judged, not the thing itself."""
_CLAUSE_ZH = re.compile("[的了是我你您他她它这那不很太没吗呢吧啊就都还也被把让给到在]")
_WEAK = re.compile(
    r"还[可行]|可以|凑合|一般|将就|马马虎虎|过得去|但|只是|就是|如果|希望|[不没无别比差慢贵坏破烂脏吵糟]|"
    r"\b(?:ok|okay|fine|decent|alright|not (?:bad|too|so)|fairly|pretty much|good enough|but|"
    r"however|although)\b"
)


@dataclass(frozen=True, slots=True)
class NamedAspect:
    """An aspect that a reply names.

    Attributes:
        words: of the review, verbatim.
        shown: as they stand in the reply, in quotes or behind an article where they need it.
        span: where they stand in the raw review.
        category: of the opinion.
        polarity: of the opinion.
        expression: the praise in the review's words, empty where it is not to be quoted.
    """

    words: str
    shown: str
    span: Span
    category: str
    polarity: Polarity
    expression: str = ""


@dataclass(frozen=True, slots=True)
class Points:
    """What a reply can speak of, the surest first.

    Attributes:
        praise, complaints: with an aspect that may be named.
        others: aspects that may be named of opinions that are neutral or unsure.
        praised, blamed: categories of sure opinions without a name.
    """

    praise: tuple[NamedAspect, ...]
    complaints: tuple[NamedAspect, ...]
    others: tuple[NamedAspect, ...]
    praised: tuple[str, ...]
    blamed: tuple[str, ...]


def points_of(
    review: Review, mined: Mined, language: ReplyLanguage, avoid: Iterable[str]
) -> Points:
    """Sort the opinions of a review into what is praised, complained of and only mentioned."""
    text, label = review.text, mined.sentiment.label
    unwanted = tuple(word.casefold() for word in avoid)
    names: dict[Polarity, dict[str, NamedAspect]] = {polarity: {} for polarity in Polarity}
    unsure: dict[str, NamedAspect] = {}
    unnamed: dict[Polarity, list[str]] = {polarity: [] for polarity in Polarity}
    for opinion in sorted(mined.opinions, key=lambda opinion: -opinion.confidence):
        against = Polarity.NEUTRAL not in (label, opinion.polarity) and opinion.polarity != label
        with_it = opinion.polarity == label != Polarity.NEUTRAL
        bar = SURER if against else SURE_WITH if with_it else SURE
        sure = opinion.confidence >= bar
        name = _named(opinion, text, language, unwanted)
        if name is None:
            if sure:
                unnamed[opinion.polarity].append(opinion.category)
        elif sure and not (
            opinion.polarity is Polarity.NEGATIVE and _PLATFORM.fullmatch(name.words.lower())
        ):
            names[opinion.polarity].setdefault(name.words.lower(), name)
        else:
            unsure.setdefault(name.words.lower(), name)
    good, bad = names[Polarity.POSITIVE], names[Polarity.NEGATIVE]
    disputed = good.keys() & bad.keys()
    others = names[Polarity.NEUTRAL] | {key: good[key] for key in disputed} | unsure
    return Points(
        _apart(name for key, name in good.items() if key not in disputed),
        _apart(name for key, name in bad.items() if key not in disputed),
        _apart(name for key, name in others.items() if key not in good or key in disputed),
        tuple(unnamed[Polarity.POSITIVE]),
        tuple(unnamed[Polarity.NEGATIVE]),
    )


def _apart(names: Iterable[NamedAspect]) -> tuple[NamedAspect, ...]:
    """Names of which none holds another: `screen` and `the screen` are one."""
    apart: list[NamedAspect] = []
    for name in names:
        words = name.words.lower()
        if not any(words in other.words.lower() or other.words.lower() in words for other in apart):
            apart.append(name)
    return tuple(apart)


def _named(
    opinion: Opinion, text: str, language: ReplyLanguage, avoid: Sequence[str]
) -> NamedAspect | None:
    if opinion.aspect is None:
        return None
    words, span = _stripped(opinion.aspect, text, language)
    if not _sayable(words, language) or any(word in words.casefold() for word in avoid):
        return None
    shown = _shown(words, language, starts=_starts_sentence(text, span.start))
    expression = ""
    if opinion.polarity is Polarity.POSITIVE and opinion.expression is not None:
        praise = opinion.expression.of(text)
        quotable = _quotable(praise, language) and not any(
            word in praise.casefold() for word in avoid
        )
        expression = praise if quotable and opinion.confidence >= SURER else ""
    return NamedAspect(words, shown, span, opinion.category, opinion.polarity, expression)


def _stripped(span: Span, text: str, language: ReplyLanguage) -> tuple[str, Span]:
    """The aspect without what points or owns: `我的电池` is named as `电池`."""
    words = span.of(text)
    leading = (_LEADING_ZH if language == "zh" else _LEADING_EN).match(words)
    start = leading.end() if leading else 0
    rest = words[start:].strip()
    if language == "zh" and len(rest) > _FIRST + 1:
        rest = rest.removesuffix("的")
    if not rest:
        return words, span
    start = words.index(rest, start)
    return rest, Span(span.start + start, span.start + start + len(rest))


def _sayable(words: str, language: ReplyLanguage) -> bool:
    """Whether the words of an aspect may stand in a reply."""
    if sum(sign.isdigit() for sign in words) > 4 or _MARKS.search(words):
        return False
    if language == "zh":
        if (
            not _FIRST <= len(words) <= _LAST
            or words in _unnameable()
            or not re.search(r"\w", words)
        ):
            return False
        if re.search("[我你您他她]|什么|怎么|但是|因为|所以|如果", words):
            return False
        if _LIGHT_ZH.search(words):
            return False
        if len(words) == 1 and not _HAN.fullmatch(words):
            return False
    else:
        parts = re.findall(r"[^\W\d_]+", words.lower())
        if not _FIRST_EN <= len(words) <= _LAST_EN or not 1 <= len(parts) <= _MOST_WORDS:
            return False
        empty = _unnameable() & {parts[0], parts[-1]}
        if (empty and (len(parts) == 1 or not words.istitle())) or _HAN.search(words):
            return False
        if words.isupper() and len(words) > 5:
            return False
    return not check_reply(words) and not find(words)


def _quotable(praise: str, language: ReplyLanguage) -> bool:
    """Whether praise may be quoted: short, whole and warm enough for it."""
    longest, shortest = (10, 3) if language == "zh" else (40, 8)
    if not shortest <= len(praise) <= longest or _WEAK.search(praise.lower()):
        return False
    if re.search(r"[^\w\s'’，-]|[0-9_]", praise) or praise.strip() != praise:
        return False
    return not check_reply(praise) and not find(praise)


def _shown(words: str, language: ReplyLanguage, *, starts: bool) -> str:
    if _BODY.fullmatch(words.lower()):
        return f"用后{words}的感受" if language == "zh" else f"the effect on your {words.lower()}"
    if language == "zh" and _DOING_ZH.fullmatch(words):
        return f"{words}的感受"
    if language == "en":
        lowered = words[0].lower() + words[1:] if starts and words[1:].islower() else words
        # A name of its own, not an abbreviation, stands without an article.
        named = not starts and all(
            part[:1].isupper() and part[1:].islower() for part in words.split()
        )
        return lowered if named else f"the {lowered}"
    simple = _HAN.fullmatch(words) and 2 <= len(words) <= 4 and not _CLAUSE_ZH.search(words)
    return words if simple else f"“{words}”"


def _starts_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip()
    return not before or before[-1] in ".!?\n:;,\"'(-"


@cache
def _unnameable() -> frozenset[str]:
    """Words that name nothing of a product or a shop."""
    text = files("guandian.assist.replies").joinpath("unnameable.txt").read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.split())
