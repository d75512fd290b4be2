"""How much of a question's words a passage has, words that it has in part included."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from guandian.assist.answers.passages import Passage
from guandian.assist.answers.sentence_choice import search_tokens
from guandian.text.cleaning import clean

_HAN = re.compile("[\u3400-\u9fff]")
_IN_PART = 0.7
"""What a word counts of which a passage has all characters, but not as one word: 退款, 退了款."""
_STEM = 4
"""Words of Latin letters that begin with as many alike are one word in part: deliver, delivery."""


def met(words: Mapping[str, float], passage: Passage) -> float:
    """The share of a question's words, by their rarity, that a passage has, from 0 to 1.

    Args:
        words: with their rarity.
        passage: looked through with what it is an answer to.
    """
    total = sum(words.values())
    text, there, stems = _looked_through(passage.searched)
    return sum(rarity * _there(word, text, there, stems) for word, rarity in words.items()) / max(
        total, 1e-9
    )


def _there(word: str, text: str, there: frozenset[str], stems: frozenset[str]) -> float:
    if word in there:
        return 1.0
    if _HAN.search(word):
        return _IN_PART * sum(letter in text for letter in word) / len(word)
    return _IN_PART * (len(word) >= _STEM and word[:_STEM] in stems)


@lru_cache(1 << 12)
def _looked_through(text: str) -> tuple[str, frozenset[str], frozenset[str]]:
    """A clean text in small letters, its words, and how they begin; passages come again."""
    words = frozenset(search_tokens(text))
    stems = frozenset(word[:_STEM] for word in words if len(word) >= _STEM)
    return clean(text)[0].lower(), words, stems
