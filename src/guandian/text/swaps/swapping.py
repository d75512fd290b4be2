"""Texts with their words swapped: from frames, and wherever a text holds such words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from guandian.text.alignment import Alignment, apply_edits
from guandian.text.swaps.swap_terms import GAP, SwapTerms, TermSets, folded_word


@dataclass(frozen=True, slots=True)
class FrameTexts:
    """One frame and statement with each word of a set: texts that say the same.

    Attributes:
        kind, language: of the words.
        words: in the order of their set.
        texts: one for each word.
        start: where the word stands in each text, in code points.
    """

    kind: str
    language: str
    words: tuple[str, ...]
    texts: tuple[str, ...]
    start: int


@dataclass(frozen=True, slots=True)
class SwappedText:
    """A text in which every word of a kind was swapped for another of its set.

    Attributes:
        kind, language: of the words.
        text: the swapped one.
        alignment: from the swapped text to the one before.
        words: what stood there and what stands there now, in the order of the text.
    """

    kind: str
    language: str
    text: str
    alignment: Alignment
    words: tuple[tuple[str, str], ...]


def frame_texts(terms: SwapTerms) -> Iterator[FrameTexts]:
    """Every frame of every set of words with every statement of its language."""
    for entry in terms.entries:
        for frame in entry.frames:
            start = frame.index(GAP)
            for statement in terms.statements.get(entry.language, ()):
                for words in entry.sets:
                    texts = tuple(frame.replace(GAP, word) + statement for word in words)
                    yield FrameTexts(entry.kind, entry.language, words, texts, start)


def swapped_texts(text: str, terms: SwapTerms, most: int = 2) -> Iterator[SwappedText]:
    """A text with its words of each kind swapped, in up to `most` ways a kind.

    All words of a kind change together, each for the word so many places on in its set: of pairs
    such as 老公 and 老婆 there is one way.

    Args:
        text: raw.
        terms: the words.
        most: ways of a kind and language.
    """
    for entry in terms.merged():
        seen = {text}
        for step in range(1, most + 1):
            swapped = swapped_by(text, entry, step)
            if swapped is None:
                break
            if swapped.text not in seen:
                seen.add(swapped.text)
                yield swapped


def swapped_by(text: str, entry: TermSets, step: int) -> SwappedText | None:
    """A text with every word of an entry swapped for the one `step` places on in its set.

    Returns:
        None where it holds none of them.
    """
    edits: list[tuple[int, int, str]] = []
    words: list[tuple[str, str]] = []
    for match in entry.pattern.finditer(text):
        position = entry.places.get(folded_word(match.group()))
        if position is None:  # a longer word that is left as it is
            continue
        row = entry.sets[position[0]]
        other = _cased(row[(position[1] + step) % len(row)], match.group())
        edits.append((*match.span(), other))
        words.append((match.group(), other))
    if not edits:
        return None
    swapped, alignment = apply_edits(text, edits)
    return SwappedText(entry.kind, entry.language, swapped, alignment, tuple(words))


def _cased(word: str, like: str) -> str:
    """A word in the case of the one that it replaces."""
    if len(like) > 1 and like.isupper():
        return word.upper()
    if like.isascii() and like.islower():
        return word.lower()
    if like[:1].isupper() and like[:1].isascii():
        return word[:1].upper() + word[1:]
    return word


def first_words(text: str, terms: SwapTerms) -> tuple[str, Alignment]:
    """A text with every listed word written as the first one of its set, and the way back.

    Whatever the case of the word: two texts that differ by words of one set become equal.
    """
    alignment = Alignment.identity(len(text))
    for entry in terms.merged():
        edits = [
            (*match.span(), entry.sets[position[0]][0])
            for match in entry.pattern.finditer(text)
            if (position := entry.places.get(folded_word(match.group()))) is not None
        ]
        if edits:
            text, later = apply_edits(text, edits)
            alignment = alignment.then(later)
    return text, alignment
