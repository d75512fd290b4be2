"""A text cut into the units that an explanation may take away: words, or phrases of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Span
from guandian.text.pieces import Encoded
from guandian.text.segmentation import Segmenter
from guandian.text.sentences import clauses

_MARKS = 0xFFFF
"""The last code point of what may be a mark; above it stand emoji and rare characters."""
_ACROSS = 1000.0
"""Cost of a phrase that goes over the end of a clause: the last thing to be done."""


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """The units of a text, in its order.

    Attributes:
        spans: characters of the cleaned text that each covers, without the marks at its ends.
        of_token: int [tokens], the unit of each token.
    """

    spans: tuple[Span, ...]
    of_token: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.spans)

    def tokens(self, coalitions: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which tokens are kept [R, tokens] where those units [R, units] are."""
        return np.asarray(coalitions[:, self.of_token])


def cut_units(
    text: str,
    encoded: Encoded,
    segmenter: Segmenter,
    most: int,
    wanted: Sequence[Span] = (),
) -> Units:
    """Cut a text into words, and join words to phrases where there would be too many.

    Marks go with the word before them. Phrases are made inside clauses and, as long as there
    are others to join, outside of the spans that are wanted word by word.

    Args:
        text: cleaned.
        encoded: its tokens, one at least.
        segmenter: knows the words.
        most: units, 1 at least.
        wanted: spans of the text of which every word is to be told.
    """
    words = _words(text, encoded, segmenter)
    of_token = np.searchsorted([word.start for word in words], encoded.starts, side="right") - 1
    sizes = np.bincount(of_token, minlength=len(words)).astype(float)
    ends = sorted({clause.end for clause in clauses(text)})
    costs = [
        size + sum(4 * size for span in wanted if _meet(word, span))
        for word, size in zip(words, sizes.tolist(), strict=True)
    ]
    groups = [[index] for index in range(len(words))]
    across = [_ACROSS * _ends_clause(word, ends) for word in words[:-1]]
    between = [costs[k] + costs[k + 1] + across[k] for k in range(len(words) - 1)]
    while len(groups) > most:
        k = between.index(min(between))
        groups[k] += groups.pop(k + 1)
        costs[k] += costs.pop(k + 1)
        del between[k], across[k]
        for at in (k - 1, k):
            if 0 <= at < len(between):
                between[at] = costs[at] + costs[at + 1] + across[at]
    group_of = np.empty(len(words), np.int64)
    for number, group in enumerate(groups):
        group_of[group] = number
    spans = (Span(words[group[0]].start, words[group[-1]].end) for group in groups)
    return Units(tuple(_without_marks(span, text) for span in spans), group_of[of_token])


def _words(text: str, encoded: Encoded, segmenter: Segmenter) -> list[Span]:
    """The words that a token begins in, marks joined to the one before."""
    starts = set(encoded.starts.tolist())
    words: list[Span] = []
    for word in segmenter.words(text):
        if not any(group_of in starts for group_of in range(word.start, word.end)):
            continue
        if words and not (_says(word, text) and _says(words[-1], text)):
            words[-1] = Span(words[-1].start, word.end)
        else:
            words.append(word)
    first = int(encoded.starts[0])
    if not words or words[0].start > first:
        words.insert(0, Span(first, words[0].start if words else len(text)))
    return words


def _says(word: Span, text: str) -> bool:
    return any(map(_speaks, word.of(text)))


def _speaks(character: str) -> bool:
    """Tell whether a character is no mark: a letter, a digit, an emoji."""
    return character.isalnum() or ord(character) > _MARKS


def _without_marks(span: Span, text: str) -> Span:
    """A span without the marks before and behind its words; whole where there are marks alone."""
    places = [at for at in range(span.start, span.end) if _speaks(text[at])]
    return Span(places[0], places[-1] + 1) if places else span


def _meet(word: Span, span: Span) -> bool:
    return word.start < span.end and span.start < word.end


def _ends_clause(word: Span, ends: Sequence[int]) -> bool:
    at = bisect_right(ends, word.start)
    return at < len(ends) and ends[at] <= word.end + 1
