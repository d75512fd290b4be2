"""Known phrases in a text: the longest at every place, from left to right."""

from __future__ import annotations

from collections.abc import Container, Iterable

from guandian.domain import Span


def lower_case(text: str) -> str:
    """`text` in lower case, character by character, so that offsets stay what they are."""
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)


class Phrases:
    """A set of phrases to find; Latin ones only as whole words.

    Args:
        phrases: the phrases, folded.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        self._phrases = frozenset(phrases)
        lengths: dict[str, set[int]] = {}
        for phrase in self._phrases:
            lengths.setdefault(phrase[:1], set()).add(len(phrase))
        self._lengths = {first: sorted(sizes, reverse=True) for first, sizes in lengths.items()}

    def find(self, text: str) -> list[Span]:
        """The phrases in the folded `text`, in order, no two overlapping."""
        spans: list[Span] = []
        position = 0
        while position < len(text):
            end = self._longest(text, position)
            if end:
                spans.append(Span(position, end))
            position = end or position + 1
        return spans

    def _longest(self, text: str, start: int) -> int:
        for length in self._lengths.get(text[start], ()):
            end = min(start + length, len(text))
            if text[start:end] in self._phrases and is_whole(text, start, end):
                return end
        return 0


def is_whole(text: str, start: int, end: int) -> bool:
    """Tell whether a Latin word is cut neither at `start` nor at `end`."""
    return not (_joined(text, start) or _joined(text, end))


def before(text: str, end: int, phrases: Container[str], longest: int) -> str:
    """The longest of `phrases` that stands right before `end`, or nothing."""
    for start in range(max(0, end - longest), end):
        if text[start:end] in phrases and not _joined(text, start):
            return text[start:end]
    return ""


def longest_phrase_at(text: str, start: int, phrases: Container[str], longest: int) -> str:
    """The longest of `phrases` that stands right after `start`, or nothing."""
    for end in range(min(len(text), start + longest), start, -1):
        if text[start:end] in phrases and not _joined(text, end):
            return text[start:end]
    return ""


def _joined(text: str, position: int) -> bool:
    if not 0 < position < len(text):
        return False
    left, right = text[position - 1], text[position]
    return left.isascii() and right.isascii() and left.isalnum() and right.isalnum()
