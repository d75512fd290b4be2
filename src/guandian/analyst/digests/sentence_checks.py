"""Whether a written sentence says what its quotes and numbers say, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from guandian.analyst.digests.digest import KeyPoint, QuotedWords
from guandian.analyst.digests.stated_numbers import stated_figure, stated_numbers
from guandian.display.shares import percent
from guandian.domain import Mined, Polarity
from guandian.text.letters import signs

Judge = Callable[[str], Mined]
"""Mines a sentence."""
LONGEST = 300
"""Characters of a sentence, at most."""
LEAST_SUPPORT = 0.5
"""The share of a sentence's own words that must stand in what it cites."""
_ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]|https?:|www\.")
_SPOKEN = re.compile('“([^”]*)”|"([^"]*)"|「([^」]*)」|『([^』]*)』|‘([^’]*)’')
_FRAME = signs(
    "buyers buyer customers customer users user reviewers reviewer people reviews review say says"
    " said mention mentions mentioned complain complains complained complaint complaints criticise"
    " criticize criticised criticized criticism praise praises praised like likes liked dislike"
    " report reports reported find finds found describe described note noted that which with this"
    " the and are was were its for from about because their there some also being have has had of"
    " those read positive negative overall experience calling call called who in is it as to a an"
)
_FRAME_ZH = (
    "评论条评论提到认为表示反映称赞批评抱怨吐槽指出觉得满意不满买家用户顾客消费者有人好评差评给了"
    "占所读的了是很在也都就和与及并且因为对其这那等被让说称为有不条其中比例占比约共"
)


def fault_of(
    sentence: str, point: KeyPoint, cited: Sequence[QuotedWords], judge: Judge | None
) -> str:
    """Why a sentence is dropped: `malformed`, `number`, `support` or `polarity`; else empty.

    Args:
        sentence: that a model wrote.
        point: that it is about.
        cited: the quotes that it rests on, one or more.
        judge: mines the sentence; None leaves out whether it judges as the point does.
    """
    if not sentence or len(sentence) > LONGEST or _ODD.search(sentence):
        return "malformed"
    own = _without_quotations(sentence, cited)
    if own is None:
        return "support"
    if not set(stated_numbers(own)) <= _given(point):
        return "number"
    if not _is_supported(sentence, point, cited):
        return "support"
    if judge is not None and _judges_otherwise(judge(sentence), point.polarity):
        return "polarity"
    return ""


def _given(point: KeyPoint) -> set[str]:
    given = {str(point.reviews)}
    if point.share is not None:
        given.add(f"{stated_figure(float(percent(point.share.value)))}%")
    return given


def _without_quotations(sentence: str, cited: Sequence[QuotedWords]) -> str | None:
    """A sentence without what it quotes; None where that stands in no quote word for word."""
    for match in _SPOKEN.finditer(sentence):
        words = next(group for group in match.groups() if group is not None).strip(" ,.，。!！")
        if not any(words in quote.text for quote in cited):
            return None
    return _SPOKEN.sub(" ", sentence)


def _is_supported(sentence: str, point: KeyPoint, cited: Sequence[QuotedWords]) -> bool:
    """Whether it shares words with every quote, and says little that is in none."""
    name = signs(f"{point.name.zh} {point.name.en} {point.key}")
    own = frozenset(sign for sign in signs(sentence) if not _is_frame(sign)) - name
    quoted = [signs(quote.text) for quote in cited]
    if not own or not all(own & its for its in quoted):
        return False
    return len(own & frozenset().union(*quoted)) >= LEAST_SUPPORT * len(own)


def _is_frame(sign: str) -> bool:
    return sign in _FRAME or sign in _FRAME_ZH or sign.isdecimal()


def _judges_otherwise(mined: Mined, side: Polarity) -> bool:
    """Whether anything that a sentence judges is the other side than the point's."""
    sides = {opinion.polarity for opinion in mined.opinions} or {mined.sentiment.label}
    other = {Polarity.NEGATIVE: Polarity.POSITIVE, Polarity.POSITIVE: Polarity.NEGATIVE}
    return other.get(side) in sides
