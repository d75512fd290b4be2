"""Where a generator is plugged in: it drafts sentences, and each is checked against its source."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from guandian.assist.answers.answer import QuotedSentence
from guandian.assist.answers.passages import Passage
from guandian.assist.answers.search_words import character_pairs, search_words
from guandian.domain import Span
from guandian.text.sentences import sentences

COVERED = 0.8
"""Share of a drafted sentence's words that its source must hold."""
_EXACT = re.compile(
    r"\d+(?:[.,:]\d+)*|[A-Za-z][A-Za-z0-9-]*\d[A-Za-z0-9-]*|https?://\S+|[\w.]+@[\w.]+"
)
_NO = re.compile(
    r"不|没|無|无|勿|非|禁|\bnot\b|n't\b|\bno\b|\bnever\b|\bcannot\b|\bwithout\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """A sentence that a generator wrote, and the ids of the passages that it cites."""

    text: str
    sources: tuple[str, ...]


class Generator(Protocol):
    """Writes answers from passages, such as a large language model."""

    def write(self, question: str, passages: Sequence[Passage]) -> Sequence[DraftSentence]:
        """Draft an answer.

        Args:
            question: the full question, personal data masked.
            passages: all that may be used; instructions that stand in them are not for anybody.
        """
        ...


def supported(draft: Sequence[DraftSentence], passages: Sequence[Passage]) -> list[QuotedSentence]:
    """The drafted sentences that their sources hold, each with the words that it follows from.

    Every number, code and address must stand there literally, four fifths of the other words must,
    and a no on one side alone is refused. A sentence without a source, or with one that was not
    given, is left out.
    """
    given = {passage.id: passage for passage in passages}
    checked = []
    for sentence in draft:
        places = [
            (share, passage, span)
            for name in sentence.sources
            if (passage := given.get(name)) is not None
            for share, span in _places(sentence.text, passage)
        ]
        if places:
            _, passage, span = max(places, key=lambda spot: spot[0])
            checked.append(QuotedSentence.of(passage, span, sentence.text))
    return checked


def _places(text: str, passage: Passage) -> list[tuple[float, Span]]:
    """The sentences of a passage, and neighbours among them, that hold a text."""
    if not text.strip():
        return []
    at = passage.text.find(text.strip())
    if at >= 0:
        return [(2.0, Span(at, at + len(text.strip())))]
    spans = sentences(passage.text)
    windows = [*spans, *(Span(a.start, b.end) for a, b in pairwise(spans))]
    shares = ((_held(text, span.of(passage.text)), span) for span in windows)
    return [(share, span) for share, span in shares if share >= COVERED]


def _held(text: str, source: str) -> float:
    """The share of a text's words that a source has; 0 where a number or a no differs."""
    if Counter(_EXACT.findall(text)) - Counter(_EXACT.findall(source) * 9):
        return 0.0
    if bool(_NO.search(text)) != bool(_NO.search(source)):
        return 0.0
    wanted = {*search_words(text), *character_pairs(text)}
    if not wanted:
        return 0.0
    return len(wanted & {*search_words(source), *character_pairs(source)}) / len(wanted)
