"""Passages that say one thing with different values: numbers, names, a no where the other has none.

Sentences that are alike word for word but for a value are compared; nothing is known of the world,
so a false statement that no other passage tells otherwise is not noticed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import combinations

from guandian.assist.answers.answer import Contradiction
from guandian.assist.answers.passages import Passage
from guandian.domain import Span
from guandian.text.segmentation import JiebaSegmenter, part_of_speech
from guandian.text.sentences import sentences

ALIKE = 0.75
"""Share of the longer sentence's words that stand in the other one too, in the same order."""
LEAST = 6
_LONGEST_VALUE = 6
_MOST_SENTENCES = 40
_NO = frozenset(
    [
        "不",
        "没",
        "没有",
        "无",
        "非",
        "未",
        "别",
        "勿",
        "not",
        "no",
        "never",
        "cannot",
        "n't",
        "without",
    ]
)
_VALUE = re.compile(r"\d|[一二两三四五六七八九十百千万亿]|[A-Z]")
_NOTHING = re.compile(r"[\W_]*")
_NAMES = ("nr", "ns", "nt", "nz", "n", "eng", "vn")

_Sentence = tuple[tuple[str, ...], tuple[Span, ...]]


def contradictions(passages: Sequence[Passage]) -> list[Contradiction]:
    """The contradictions between passages, at most one a pair, in the order of the passages."""
    cut = [sentence_words(passage.text) for passage in passages]
    return [
        pair
        for a, b in combinations(range(len(passages)), 2)
        if (pair := _between(passages[a], passages[b], cut[a], cut[b]))
    ]


def _between(
    first: Passage, second: Passage, ours: Sequence[_Sentence], theirs: Sequence[_Sentence]
) -> Contradiction | None:
    for words, spans in ours:
        for other_words, other_spans in theirs:
            if words == other_words or not _may_be_alike(words, other_words):
                continue
            for ours_at, theirs_at in _differences(words, other_words):
                left, right = _covered(spans, ours_at), _covered(other_spans, theirs_at)
                return Contradiction(
                    first.id,
                    second.id,
                    left,
                    right,
                    left.of(first.text),
                    right.of(second.text),
                )
    return None


def _may_be_alike(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Tell quickly what is not: too few words are shared, in whatever order."""
    shorter = min(len(ours), len(theirs))
    if ALIKE * max(len(ours), len(theirs)) > shorter or shorter < LEAST:
        return False
    return len({*ours} & {*theirs}) >= 0.6 * ALIKE * len({*ours})


def _differences(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[slice, slice]]:
    """Where two sentences of one make have different values, in places of words, none empty."""
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    blocks = matcher.get_opcodes()
    same = sum(end - start for kind, start, end, _, _ in blocks if kind == "equal")
    if same < max(LEAST, ALIKE * max(len(ours), len(theirs))):
        return
    for number, (kind, start, end, other, other_end) in enumerate(blocks):
        if kind == "equal" or (number in (0, len(blocks) - 1) and kind != "replace"):
            continue
        left, right = ours[start:end], theirs[other:other_end]
        if max(len(left), len(right)) <= _LONGEST_VALUE and _contrary(left, right):
            # What stands on one side alone is shown with the word before it: 支持, 不支持.
            more = 1 if kind != "replace" else 0
            yield slice(start - more, end), slice(other - more, other_end)


def _contrary(left: Sequence[str], right: Sequence[str]) -> bool:
    left, right = _telling(left), _telling(right)
    if bool(_NO & {*left}) != bool(_NO & {*right}):
        return not ({*left} ^ {*right}) - _NO or bool(left and right)
    if not left or not right or "".join(left) in "".join(right) or "".join(right) in "".join(left):
        return False
    numbers = [any(_VALUE.search(word) for word in side) for side in (left, right)]
    if any(numbers):
        return all(numbers)
    return all(any(_is_name(word) for word in side) for side in (left, right))


def _telling(words: Sequence[str]) -> list[str]:
    return [word for word in words if not _NOTHING.fullmatch(word)]


def _is_name(word: str) -> bool:
    return len(word) > 1 and part_of_speech(word).startswith(_NAMES)


def _covered(spans: Sequence[Span], part: slice) -> Span:
    return Span(spans[part.start].start, spans[part.stop - 1].end)


@lru_cache(1 << 11)
def sentence_words(text: str) -> tuple[_Sentence, ...]:
    """The sentences of a text as words with their places; remembered, as passages come again."""
    rows = []
    for span in sentences(text)[:_MOST_SENTENCES]:
        inside = _segmenter().words(span.of(text))
        words = [Span(span.start + word.start, span.start + word.end) for word in inside]
        rows.append((tuple(word.of(text) for word in words), tuple(words)))
    return tuple(rows)


@lru_cache(1)
def _segmenter() -> JiebaSegmenter:
    return JiebaSegmenter()
