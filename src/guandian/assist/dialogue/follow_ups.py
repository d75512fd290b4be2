"""Messages that a question before them completes: "那蓝色的呢？", "what about the blue one?"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from guandian.assist.dialogue.word_kinds import known_words

Form = Literal["other", "addition", "whole"]
"""Another value for a part of the last question; a case that is added to it; a question itself."""

_OTHER = tuple(re.compile(pattern, re.IGNORECASE) for pattern in (
    r"(?:不对|不是的?|错了|说错了|搞错了|打错了)[，,。\s]*(?:我?说的是|是|我要的是|应该是|我想问的是)?(?P<new>.+?)",
    r"(?:那|那么|如果)?(?:是|换成?|改成?|要是)?(?P<new>[^，,。？?]{1,16}?)(?:的话)?呢",
    r"(?P<new>[^，,。？?]{1,12}?)(?:有没有|有吗|也有吗|也可以吗|也行吗|可以吗|行吗|也能吗|也是吗|的也一样吗|怎么样)",
    r"(?:no|sorry|oops|actually)[,.\s]+(?:i mean|i meant|make that)\s+(?P<new>.+?)",
    r"(?:and |but |so )?(?:what|how) about (?P<new>.+?)",
    r"(?:and|or) (?P<new>(?:(?:to|in|on|at|for|with|the) )?[^,?.]{1,30}?)",
))  # fmt: skip
_CASE = re.compile(r"(?:and )?what if (?P<new>.+?)", re.IGNORECASE)
_TAIL = re.compile(r"[\s。？?！!~～.]*$")
_PLAIN_BORDERS = re.compile(
    r"^(?:[那这][件个款双条台种]?|是|和|跟|the |a |an |in |on |at |to |for |with |my |your )+"
    r"|(?:的|款|one|ones|version|那[个款件种])+$",
    re.IGNORECASE,
)
_POINTED = re.compile(r"那[件个款双条台种][^吗呢什么怎哪几多能可会有是要]{1,12}")
_VERB_CASE = re.compile(r".+(?:了|过|坏|丢|损坏|破|湿)")


@dataclass(frozen=True, slots=True)
class FollowUp:
    """How a message goes on.

    Attributes:
        form: what it does with the question before it.
        new: the words that it brings: the value or the case, bare; the message itself otherwise.
    """

    form: Form
    new: str


def read_follow_up(message: str) -> FollowUp:
    """Tell how a message goes on; a question of its own is `whole`."""
    text = _TAIL.sub("", message.strip()).lstrip(" ,，")
    if match := _CASE.fullmatch(text):
        return FollowUp("addition", match["new"])
    for pattern in _OTHER:
        if (match := pattern.fullmatch(text)) and (new := bare(match["new"])):
            return FollowUp("addition" if _VERB_CASE.fullmatch(new) else "other", new)
    return _alone(text, message)


def bare(words: str) -> str:
    """Without what only points: articles, 那, 的, "one"."""
    before = None
    words = words.strip()
    while before != words:
        before, words = words, _PLAIN_BORDERS.sub("", words).strip()
    return words or before


def _alone(text: str, message: str) -> FollowUp:
    """A value without a question around it: "那件蓝色外套", "XL"."""
    if _POINTED.fullmatch(text):
        return FollowUp("other", bare(text))
    words = known_words(text)
    covered = sum(word.span.end - word.span.start for word in words)
    if words and covered >= 0.8 * len(bare(text)):
        return FollowUp("other", bare(text))
    return FollowUp("whole", message)
