"""Texts that come as words: joined again, with the characters that each word takes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from guandian.domain import Span

HAN = r"[\u3400-\u9fff\U00020000-\U000323af]"
"""A pattern of one Chinese character."""
_HAN = re.compile(HAN)


@dataclass(frozen=True, slots=True)
class WordOffsets:
    """A text and where each of its words starts and ends (characters, half-open)."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, first: int, end: int) -> Span:
        """The characters of the words `first` to `end` (half-open).

        Raises:
            ValueError: when they are not inside the text.
        """
        if not 0 <= first < end <= len(self.starts):
            raise ValueError(f"words {first}-{end} are not inside the text's {len(self.starts)}")
        return Span(self.starts[first], self.ends[end - 1])


def join_words(words: Sequence[str]) -> WordOffsets:
    """Join words with blanks, or as Chinese is written where there is a Han character.

    In Chinese a blank stays only between two ASCII words (`happy hour`). A word that is itself
    white space stands for the blank.
    """
    chinese = _HAN.search("".join(words)) is not None
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    length = 0
    for word in words:
        if parts and _blank_between(parts[-1], word, chinese):
            parts.append(" ")
            length += 1
        starts.append(length)
        parts.append(word)
        length += len(word)
        ends.append(length)
    return WordOffsets("".join(parts), tuple(starts), tuple(ends))


def locate_words(text: str, words: Sequence[str]) -> WordOffsets | None:
    """Where the words stand in their text; None where others stand between, or one is a blank."""
    starts: list[int] = []
    ends: list[int] = []
    end = 0
    for word in words:
        bare = word.strip()
        start = text.find(bare, end)
        if not bare or start < 0 or text[end:start].strip():
            return None
        end = start + len(bare)
        starts.append(start)
        ends.append(end)
    return None if text[end:].strip() else WordOffsets(text, tuple(starts), tuple(ends))


def _blank_between(left: str, right: str, chinese: bool) -> bool:
    sides = left[-1] + right[0]
    if left[-1].isspace() or right[0].isspace():
        return False
    return not chinese or (sides.isascii() and sides.isalnum())
