"""Which sentences of the passages that were found answer a question, by its words and its kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from guandian.assist.answers.orders import is_order
from guandian.assist.answers.passages import Passage
from guandian.assist.answers.search_words import READ, character_pairs, search_words
from guandian.domain import Span
from guandian.text.sentences import sentences

WHOLE = 400
"""Characters up to which an answer of an FAQ or a past reply is given whole."""
_MOST = 3
_NEAR = 0.75
"""A further sentence is quoted when its score is at least that share of the best one's."""
_LOOKED_AT = 3
_OWN, _PASSAGE, _PLACE, _KIND = 1.0, 0.35, 0.15, 0.25
_NUMBER = re.compile(
    r"\d+(?:[.,]\d+)*|[零一二两三四五六七八九十百千万亿]+(?=[个人名次场枚元亿万位年月天岁座届分米吨只])"
)
_DAY = re.compile(
    r"\d{4}\s*年|\d{1,2}\s*月\s*\d{1,2}\s*[日号]?|\d{1,2}\s*[日号]|\d{1,2}[:：]\d{2}|\d{1,2}\s*点|\d{4}[-/.]\d{1,2}"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d{1,4}|\b(?:19|20)\d{2}\b"
    r"|工作日|小时|分钟|hours?|days?|weeks?",
    re.IGNORECASE,
)
_ASKS_DAY = re.compile(
    r"时间|什么时候|何时|哪[天年月日]|几[号点月]|日期|多久"
    r"|\bwhen\b|\bdate\b|what (?:year|day|time)|how long",
    re.IGNORECASE,
)
_ASKS_NUMBER = re.compile(
    r"多少|几[个人名次场枚元位天岁座届分米只]|人数|数量|总数|金额|票房|价格|比分|得分|排名|总和"
    r"|\bhow (?:many|much|old|tall)\b|\bnumber of\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks for.

    Attributes:
        weights: its words and pairs of characters, each with its rarity.
        fixed: its numbers and words of Latin letters, which an answer must be about.
        kind: of value that is asked for: a day, a number, or any.
    """

    weights: Mapping[str, float]
    fixed: frozenset[str]
    kind: re.Pattern[str] | None

    @classmethod
    def of(cls, question: str, rarity: Mapping[str, float], unseen: float) -> Asked:
        """Read a question; `unseen` is the rarity of what no passage has."""
        question = question[:READ]
        tokens = {*search_tokens(question)}
        kind = _DAY if _ASKS_DAY.search(question) else None
        if kind is None and _ASKS_NUMBER.search(question):
            kind = _NUMBER
        fixed = frozenset(token for token in tokens if token.isascii() and len(token) > 1)
        return cls({token: rarity.get(token, unseen) for token in tokens}, fixed, kind)

    def share(self, tokens: Iterable[str]) -> float:
        """The share of the question, by rarity, that stands among tokens."""
        there = {*tokens}
        total = sum(self.weights.values())
        met = sum(weight for token, weight in self.weights.items() if token in there)
        return met / total if total else 0.0

    def has_kind(self, text: str) -> bool:
        """Tell whether a text has a value of the kind that the question does not have itself."""
        if self.kind is None:
            return True
        return any(match.group() not in self.weights for match in self.kind.finditer(text))


def choose_sentences(query: Asked, passages: Sequence[Passage]) -> list[tuple[Passage, Span]]:
    """The sentences to quote, in the order of the passages and of their texts.

    Args:
        query: the question.
        passages: what was found, best first.

    Returns:
        Spans in the passages' texts; of an FAQ or a past reply that is short, all its sentences.
    """
    if not passages:
        return []
    best = passages[0]
    if best.kind != "manual" and len(best.text) <= WHOLE:
        return [(best, span) for span in _quotable(best.text)]
    scored = []
    for rank, passage in enumerate(passages[:_LOOKED_AT]):
        if passage.kind != "manual" and rank:
            continue
        whole = query.share(search_tokens(passage.searched))
        spans = _quotable(passage.text)
        rows = [search_tokens(span.of(passage.text)) for span in spans]
        for number, span in enumerate(spans):
            score = _OWN * query.share(rows[number]) + _PASSAGE * whole - _PLACE * rank
            score += _KIND * (query.kind is not None and query.has_kind(span.of(passage.text)))
            scored.append((score, rank, span))
    if not scored:
        return []
    scored.sort(key=lambda row: (-row[0], row[1], row[2].start))
    top = scored[0][0]
    chosen = [row for row in scored[:_MOST] if row[0] >= _NEAR * top]
    chosen.sort(key=lambda row: (row[1], row[2].start))
    return [(passages[rank], span) for _, rank, span in chosen]


def _quotable(text: str) -> list[Span]:
    return [span for span in sentences(text) if not is_order(span.of(text))]


def best_window(query: Asked, passage: Passage) -> tuple[float, str]:
    """The largest share of a question that two neighbouring sentences of a passage hold, and they.

    What the passage is an answer to counts with each.
    """
    spans = sentences(passage.text)
    head = search_tokens(passage.question)
    best, words_there = 0.0, passage.text
    for number, span in enumerate(spans):
        end = spans[min(number + 1, len(spans) - 1)].end
        window = passage.text[span.start : end]
        share = query.share([*head, *search_tokens(window)])
        if share > best:
            best, words_there = share, window
    return best, words_there


@lru_cache(1 << 12)
def search_tokens(text: str) -> tuple[str, ...]:
    """Words and pairs of characters of a text; remembered, as passages come again."""
    return (*search_words(text), *character_pairs(text))
