"""How soon a person should look at a message: signs in its words, and how unhappy it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import prod

from guandian.assist.understanding.understanding import Urgency, UrgencySign
from guandian.domain import Opinion, Polarity, Sentiment, Span

_SIGNS: tuple[tuple[str, float, str], ...] = (
    ("danger", 0.85,
     "起火|着火|冒烟|爆炸|漏电|触电|烧焦|烫伤|割伤|受伤|过敏|中毒|送医|住院|急诊"
     r"|\b(?:caught fire|on fire|smok(?:e|ing)|explod\w*|electric shock|burn(?:t|ed|ing)? "
     r"(?:my|me|smell)|injur\w*|allergic|hospital|poison\w*|bleeding)\b"),
    ("threat", 0.6,
     r"(?<!\d)12315(?!\d)|消协|消费者协会|工商(?!银行|大学|管理硕士|学院|联)|市场监管|投诉|举报|律师|起诉|法院"
     "|(?<!相机)(?<!镜头)(?<!手机)(?<!过度)(?<!自动)(?<!长)曝光(?!度|量|时间|补偿|率|值|参数|模式|怎|不足|过)"
     "|报警(?!器|声|音|灯|功能)|仲裁"
     r"|\b(?:lawyer|attorney|su(?:e|ing) you|legal action|charge ?back|police|trading standards"
     r"|complaint|report you|consumer protection)\b"),
    ("deadline", 0.5,
     "(?:马上|立刻|立即|尽快|赶快|赶紧)"
     "(?!就?(?:给[我您])?(?:收到|到|到货|送到|送达|送|发|发货|寄|回|回复|处理|解决|联系|退款?|换货?|补发)好?我?了)|急用|急需|很急|着急|加急|等着用|今天之?内|今晚|明天就要"
     r"|\b(?:asap|urgent(?:ly)?|immediately|right away|right now|as soon as possible|today|tonight"
     r"|by tomorrow|emergency)\b"),
    ("again", 0.4,
     "(?:第[二三四五六七八九十2-9]次|又一?次|好几次)"
     "(?!了?(?:来|在)?(?:这里|这家|你家|你们家|本店)?(?:购|买|回购|入住|入手|光顾|下单|消费|住|吃|点|来|用))|多少次|几天了|一直没|还是没|还没有?(?:收到|到|处理|解决|回)"
     "|没人(?:理|管|回)|催了"
     r"|\b(?:(?:second|third|fourth|fifth) time"
     r"(?! (?:i(?:'ve| have)? )?(?:buy|bought|order|purchas|stay|visit|com|us))"
     r"|still (?:not|no|waiting|haven'?t|hasn'?t)|yet again"
     r"|no ?(?:one|body) (?:replie[sd]|answer\w*|respond\w*)|keep asking|how many times)\b"),
    ("money", 0.35,
     "多扣|重复扣款|扣了两次|被盗刷|盗刷|乱扣费|骗钱|诈骗"
     r"|\b(?:charged (?:me )?twice|double charged|fraud\w*|stolen|unauthori[sz]ed|scam\w*)\b"),
)  # fmt: skip
_PATTERNS = tuple(
    (name, weight, re.compile(pattern, re.IGNORECASE)) for name, weight, pattern in _SIGNS
)
_NEGATED = re.compile(
    r"(?:(?:不|没有?|别|无|未|无需|不用|不必)(?:会|任何|出现|发生|引起|导致|什么)?"
    r"|not?|n'?t|never|without(?: any)?)\s?$",
    re.IGNORECASE,
)
_BEFORE = 40
_HAPPENED = re.compile(
    r"(?<!not )(?<!n't )(?<!have been )"
    r"\b(?:arrived|came|received|got|delivered|bought|ordered|opened|used|tried|wore)\b"
    r"(?:(?!need|want|must|\bby\b|please)[^.!?;\n])*$",
    re.IGNORECASE,
)
_DAYS = frozenset(("today", "tonight"))
"""No deadline where they tell when something happened."""
_SHOUTED = re.compile(r"[!！]{2,}|[?？]{3,}|(?:\b[A-Z]{3,}\b[ ,.!]*){3,}")
_SHOUTING = 0.2
_UNHAPPY = 0.35
_A_COMPLAINT = 0.15
"""Of each complaint, up to `_COMPLAINTS` of them."""
_COMPLAINTS = 2


def urgency(
    text: str, sentiment: Sentiment | None = None, opinions: tuple[Opinion, ...] = ()
) -> Urgency:
    """How urgent a message is: 1 - the product of what each sign leaves.

    The weights are chosen, not learned: they order messages, and are no probabilities.

    Args:
        text: masked; spans of signs point into it.
        sentiment: of the whole, where a miner told it.
        opinions: from the miner; complaints among them count.
    """
    signs = [*_of_words(text), *_of_mining(sentiment, opinions)]
    level = 1.0 - prod(1.0 - sign.weight for sign in signs)
    return Urgency(level, tuple(sorted(signs, key=lambda sign: -sign.weight)))


def _of_words(text: str) -> Iterator[UrgencySign]:
    """The first words of each kind; one that is denied does not count."""
    for name, weight, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - _BEFORE) : match.start()]
            happened = match.group().lower() in _DAYS and _HAPPENED.search(before)
            if not happened and not _NEGATED.search(before):
                yield UrgencySign(name, weight, Span(*match.span()))
                break
    if (shouted := _SHOUTED.search(text)) is not None:
        yield UrgencySign("shouting", _SHOUTING, Span(*shouted.span()))


def _of_mining(sentiment: Sentiment | None, opinions: tuple[Opinion, ...]) -> Iterator[UrgencySign]:
    if sentiment is not None and sentiment.label == Polarity.NEGATIVE:
        yield UrgencySign("unhappy", round(_UNHAPPY * sentiment.negative, 3), None)
    complaints = [opinion for opinion in opinions if opinion.polarity == Polarity.NEGATIVE]
    for opinion in complaints[:_COMPLAINTS]:
        yield UrgencySign("complaint", _A_COMPLAINT, opinion.evidence)
