"""A conversation: what it is about, which details were told, what was asked last."""

from __future__ import annotations

import re

from guandian.assist.dialogue.follow_ups import bare, read_follow_up
from guandian.assist.dialogue.question_topics import topic_of
from guandian.assist.dialogue.word_kinds import KnownWord, known_words
from guandian.text.segmentation import part_of_speech

REMEMBERED = 20
"""Turns that are kept."""
READ = 400
"""Characters of a message in which references are looked for; a longer one speaks for itself."""
_KEPT_CHARACTERS = 400
_LONGEST_CLOSING = 60
_POINTING = re.compile(
    r"它们?|[这那](?:个|款|件|双|条|台|种|张|套)(?![月人])(?:东西|宝贝|商品|产品)?"
)
_POINTING_ENGLISH = re.compile(r"\b(?:it|they|them|this one|that one)\b", re.IGNORECASE)
_ITS_ENGLISH = re.compile(r"\b(?:its|their)\b", re.IGNORECASE)
_OF_THE_SHOP = re.compile(
    r"你们|快递|发票|客服|门店|实体店|店铺|营业|人工|会员|优惠券|积分|怎么付款|怎么下单|包邮|顺丰"
    r"|\b(?:your|you)\b.*\b(?:store|shop|open|return policy|gift cards?|customer service)\b",
    re.IGNORECASE,
)
_MATTER = re.compile("退货|换货|退款|退换|安装|维修|保修|换|退")
_COST = re.compile("运费|费用|谁出|多久|几天|流程|要钱|收费")
"""What is asked of a matter, such as an exchange, and not of the thing alone."""
_CLOSING = re.compile(
    r"(?>(?:好|行|可以|嗯|哦|噢|知道|明白|了解|收到|清楚|懂|谢谢|多谢|感谢|辛苦|再见|拜拜|没事|没问题|不用|不客气"
    r"|\b(?:okay|ok|thank you|thanks|thank|thx|goodbye|bye|great|got it|i see|alright|sure"
    r"|so much|very much|a lot|all good|cheers)\b)"
    r"(?:[了啦哈啊呀的哦吧你您们])*+[\s,，.。!！~～、]*+)++",
    re.IGNORECASE | re.ASCII,
)
"""Nothing is asked in it: such words thank, agree or take leave."""
_NAMES = {"colour": "colour", "size": "size", "place": "place"}
_SAME_END = 1
_NO_THING = re.compile("[有能开了一点]|[版款装型]$")
_QUALITY = re.compile(r".{1,4}(?:量|率|度|费|价|价格|期|性|功能|尺寸|颜色|材质|噪音|重量)")
_PART = re.compile(r".*(?:头|芯|带|盖|套|垫|电池|配件|内胆|杆|架|线|屏|壳|轮|盒)")


class Conversation:
    """Completes messages from what was said before them.

    `resolve` looks, `remember` keeps; rules do both, nothing is learned, and what a message says
    is never acted on: it only becomes part of a question.
    """

    def __init__(self) -> None:
        self._turns: list[tuple[str, str]] = []
        self._last = ""
        self.topic = ""
        self.slots: dict[str, str] = {}

    @property
    def turns(self) -> tuple[tuple[str, str], ...]:
        """What was said: `customer` or `shop`, and the words, the last 20 turns."""
        return tuple(self._turns)

    def resolve(self, message: str) -> str:
        """The full question that a message means here; itself where it is one, or nothing helps."""
        message = message.strip()
        if not self._last or not message or len(message) > READ:
            return message
        if _is_closing(message):
            return message
        follow_up = read_follow_up(message)
        if follow_up.form == "other":
            return self._exchanged(follow_up.new)
        if follow_up.form == "addition":
            return _joined(follow_up.new, self._last)
        return self._completed(message)

    def remember(self, message: str, resolved: str, reply: str = "") -> None:
        """Keep a message, what it meant, and what was replied; all masked already."""
        self._turns += [("customer", message[:_KEPT_CHARACTERS])]
        self._turns += [("shop", reply[:_KEPT_CHARACTERS])] if reply else []
        del self._turns[:-REMEMBERED]
        if not resolved.strip() or len(resolved) > READ or _is_closing(resolved.strip()):
            return
        self._last = resolved
        self.topic = self._topic_after(message.strip(), resolved)
        for word in known_words(resolved):
            if word.kind in _NAMES:
                self.slots[word.kind] = word.span.of(resolved)

    def _topic_after(self, message: str, resolved: str) -> str:
        if self.topic and (
            self.topic in resolved or (message == resolved and _OF_THE_SHOP.search(message))
        ):
            return self.topic
        return topic_of(resolved) or self.topic

    def _completed(self, message: str) -> str:
        """A question of its own, with the topic where it names none."""
        if not self.topic or self.topic in message:
            return message
        english = message.isascii()
        pointing = (_POINTING_ENGLISH if english else _POINTING).search(message)
        the_topic = f"the {self.topic}" if english else self.topic
        if english and (its := _ITS_ENGLISH.search(message)):
            return f"{message[: its.start()]}{the_topic}'s{message[its.end() :]}"
        if pointing is not None and not (
            not english and self._names_thing(message, pointing.end())
        ):
            return message[: pointing.start()] + the_topic + message[pointing.end() :]
        if _OF_THE_SHOP.search(message) and not _COST.search(message):
            return message
        if english:
            return (
                f"{message.rstrip(' ?')}, {self.topic}?"
                if not topic_of(message)
                else _about(message, self.topic)
            )
        matter = _MATTER.search(self._last) if _COST.search(message) else None
        there = matter is None or matter.group() in message or matter.group() in self.topic
        return (
            self.topic
            + ("" if there or matter is None else matter.group())
            + message.removeprefix("那")
        )

    @staticmethod
    def _names_thing(message: str, at: int) -> bool:
        """Tell whether a noun of its own follows "这个": 这个台灯."""
        return bool(topic_of(message[at:])) and len(topic_of(message[at:])) > 1

    def _exchanged(self, new: str) -> str:
        """The last question with another value in the place of one of its kind."""
        ours = known_words(new)
        theirs = known_words(self._last)
        for word in ours:
            for other in theirs:
                if word.kind == other.kind and self._last.find(new) < 0:
                    return self._put(new, word, other)
        if ours and _has_question(new):
            return self._completed(new)
        if self.topic and _QUALITY.fullmatch(new):
            return self.topic + new
        if (alike := self._alike(new)) is not None:
            start, end = alike
            return self._last[:start] + new + self._last[end:]
        return _joined(new, self._last)

    def _put(self, new: str, word: KnownWord, other: KnownWord) -> str:
        value = word.span.of(new)
        last = self._last
        rest = bare((new[: word.span.start] + new[word.span.end :]).strip())
        exchanged = last[: other.span.start] + value + last[other.span.end :]
        if not rest or rest in last:
            return exchanged
        # "那件蓝色外套": what else is said of it stands before the question.
        return exchanged if new.isascii() else _joined(rest, exchanged)

    def _alike(self, new: str) -> tuple[int, int] | None:
        """Where the last question has a word that ends alike, or is the thing itself."""
        last, topic = self._last, self.topic
        if new.isascii() or not topic or topic not in last or _PART.fullmatch(new):
            return None
        start = last.index(topic)
        same = new[-_SAME_END:] == topic[-_SAME_END:]
        thing = len(new) >= 3 and part_of_speech(new).startswith("n")
        alone = thing and not known_words(new) and not _NO_THING.search(new)
        return (start, start + len(topic)) if same or alone else None


def _is_closing(words: str) -> bool:
    return len(words) <= _LONGEST_CLOSING and _CLOSING.fullmatch(words) is not None


def _has_question(words: str) -> bool:
    return bool(re.search(r"多少|怎么|几|什么|能|可以", words))


def _about(message: str, topic: str) -> str:
    return f"{message.rstrip(' ?')} ({topic})?"


def _joined(new: str, last: str) -> str:
    if new.isascii() and last.isascii():
        return f"{last.rstrip(' ?')}, {new}?"
    return new + last
