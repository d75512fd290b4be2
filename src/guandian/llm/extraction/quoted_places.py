"""The place of a quote in a text: letter by letter, or nowhere."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from guandian.domain import Span
from guandian.text.sentences import clauses

_TRIM = " \t\r\n\u3000\"'“”‘’「」『』.。,，;；:：!！?？…"
_MOST_PLACES = 60
"""Of one quote in one text: the rest is passed over."""


@dataclass
class QuotedText:
    """A text in which quotes are looked up, each place given to one opinion first.

    Attributes:
        text: cleaned.
        used: places that opinions have already.
    """

    text: str
    used: set[tuple[Span | None, Span | None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._folded = "".join(map(_fold, self.text))
        self._starts = [part.start for part in clauses(self.text)]

    def place(
        self, aspect: str | None, expression: str | None
    ) -> tuple[Span | None, Span | None] | None:
        """Where an opinion stands: its words that are nearest to each other, in one clause first.

        Of equal places the first that no opinion has yet.

        Returns:
            The spans of aspect and expression; None where one that is quoted does not stand there,
            or nothing is quoted.
        """
        aspects = self._places(aspect) if aspect else [None]
        expressions = self._places(expression) if expression else [None]
        pairs = [pair for pair in ((a, e) for a in aspects for e in expressions) if any(pair)]
        if not pairs:
            return None
        best = min(pairs, key=self._cost)
        self.used.add(best)
        return best

    def _cost(self, pair: tuple[Span | None, Span | None]) -> tuple[int, bool, int, int]:
        spans = sorted(span for span in pair if span is not None)
        borders = bisect_left(self._starts, spans[-1].end) - bisect_right(
            self._starts, spans[0].start
        )
        gap = max(spans[-1].start - spans[0].end, 0)
        return borders, pair in self.used, gap, spans[0].start

    def _places(self, quote: str) -> list[Span]:
        """Every place of a quote, upper and lower case and full width aside."""
        for wording in (quote, quote.strip(_TRIM)):
            words = "".join(map(_fold, wording)).split()
            if not words:
                continue
            pattern = re.compile(r"\s+".join(map(re.escape, words)))
            places = [
                Span(*match.span())
                for match, _ in zip(
                    pattern.finditer(self._folded), range(_MOST_PLACES), strict=False
                )
                if _whole_words(self._folded, match.start(), match.end())
            ]
            if places:
                return places
        return []


def _fold(character: str) -> str:
    """One character for each, or offsets would move."""
    folded = unicodedata.normalize("NFKC", character).casefold()
    return folded if len(folded) == 1 else character


def _whole_words(text: str, start: int, end: int) -> bool:
    """Tell whether no Latin word or number is cut: `ok` does not stand in `book`."""
    return not any(
        _latin(left) and _latin(right)
        for left, right in (
            (text[start - 1 : start], text[start : start + 1]),
            (text[end - 1 : end], text[end : end + 1]),
        )
    )


def _latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def parts_of(text: str, most: int) -> Iterator[Span]:
    """Parts of a long text of at most `most` characters, cut at the ends of clauses."""
    borders: Sequence[int] = [0, *(part.end for part in clauses(text)), len(text)]
    start = 0
    for border, following in pairwise(sorted({*borders})):
        if following - start > most and border > start:
            yield Span(start, border)
            start = border
        while following - start > most:
            yield Span(start, start + most)
            start += most
    if start < len(text):
        yield Span(start, len(text))
