"""Parts of a labelled text that may be changed: whole words, and Han characters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from guandian.domain import Labelled, Span
from guandian.text.edits import spans
from guandian.text.segmentation import WORD, JiebaSegmenter

_HAN = re.compile("[\u3400-\u9fff]+")
# A word of letters on its own: no part of a name such as `X2`, `wi-fi` or `@shop`.
_LATIN = re.compile(rf"(?<![\w@#'’-])(?=({WORD.pattern}(?:['’]{WORD.pattern})?))\1(?![\w'’-])")
# Markup, entities and addresses are no words. Lengths are bounded: the text may be hostile.
_OPAQUE = re.compile(
    r"<[^<>]{1,200}>|&#?\w{1,10};|(?:https?://|www\.)[!-~]{1,500}|[\w.+-]{1,40}@[\w.-]{1,60}"
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a labelled text that no span cuts.

    Attributes:
        text: its characters.
        span: where they stand.
        outside: whether no aspect, expression or entity holds it.
        named: whether an entity holds it.
    """

    text: str
    span: Span
    outside: bool
    named: bool


def words(record: Labelled) -> list[Word]:
    """The words of a raw text in order: of Chinese by jieba, else of letters alone.

    Words within markup and addresses, and those that a span cuts, are left out.
    """
    gold = spans(record)
    entities = {entity.span for entity in record.entities or ()}
    whole_words: list[Word] = []
    for span in _all_words(record.text):
        holding = [marked for marked in gold if marked.start < span.end and span.start < marked.end]
        if all(marked.start <= span.start and span.end <= marked.end for marked in holding):
            named = not entities.isdisjoint(holding)
            whole_words.append(Word(span.of(record.text), span, not holding, named))
    return whole_words


def han_places(text: str) -> list[int]:
    """The places of the Han characters of a raw text, without those in markup and addresses."""
    return [offset for run in _runs(text) for offset in range(run.start, run.end)]


def plain_places(text: str) -> list[int]:
    """The places of a raw text that stand in no markup and no address."""
    opaque = {at for match in _OPAQUE.finditer(text) for at in range(*match.span())}
    return [at for at in range(len(text)) if at not in opaque]


def is_han(word: str) -> bool:
    """Tell whether a word begins with a Han character."""
    return _HAN.match(word) is not None


def _all_words(text: str) -> list[Span]:
    segmenter = _segmenter()
    candidates = [Span(*match.span()) for match in _LATIN.finditer(text)]
    for run in _runs(text):
        for word in segmenter.words(run.of(text)):
            candidates.append(Span(run.start + word.start, run.start + word.end))  # noqa: PERF401
    candidates.sort()
    return list(_outside(candidates, text))


def _runs(text: str) -> list[Span]:
    return list(_outside((Span(*match.span()) for match in _HAN.finditer(text)), text))


def _outside(candidates: Iterable[Span], text: str) -> Iterator[Span]:
    """The spans, in order, that touch no markup and no address."""
    opaque = [match.span() for match in _OPAQUE.finditer(text)]
    index = 0
    for span in candidates:
        while index < len(opaque) and opaque[index][1] <= span.start:
            index += 1
        if index == len(opaque) or span.end <= opaque[index][0]:
            yield span


@cache
def _segmenter() -> JiebaSegmenter:
    return JiebaSegmenter()
