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
     "12315|消协|消费者协会|工商|市场监管|投诉|举报|律师|起诉|法院|曝光|报警|仲裁"
     r"|\b(?:lawyer|attorney|su(?:e|ing) you|legal action|charge ?back|police|trading standards"
     r"|complaint|report you|consumer protection)\b"),
    ("deadline", 0.5,
     "马上|立刻|立即|尽快|赶快|赶紧|急用|急需|很急|着急|加急|等着用|今天之?内|今晚|明天就要"
     r"|\b(?:asap|urgent(?:ly)?|immediately|right away|right now|as soon as possible|today|tonight"
     r"|by tomorrow|emergency)\b"),
    ("again", 0.4,
     "第[二三四五六七八九十2-9]次|又一?次|好几次|多少次|几天了|一直没|还是没|还没有?(?:收到|到|处理|解决|回)"
     "|没人(?:理|管|回)|催了"
     r"|\b(?:(?:second|third|fourth|fifth) time|still (?:not|no|waiting|haven'?t|hasn'?t)|yet again"
     r"|no ?(?:one|body) (?:replie[sd]|answer\w*|respond\w*)|keep asking|how many times)\b"),
    ("money", 0.35,
     "多扣|重复扣款|扣了两次|被盗刷|盗刷|乱扣费|骗钱|诈骗"
     r"|\b(?:charged (?:me )?twice|double charged|fraud\w*|stolen|unauthori[sz]ed|scam\w*)\b"),
)  # fmt: skip
_PATTERNS = tuple(
    (name, weight, re.compile(pattern, re.IGNORECASE)) for name, weight, pattern in _SIGNS
)
_NEGATED = re.compile(r"(?:不|没|别|无需|不用|不必|not?|don'?t|never)\s?$", re.IGNORECASE)
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
            if not _NEGATED.search(text, max(0, match.start() - 6), match.start()):
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
