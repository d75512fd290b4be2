"""An index of two characters side by side: it finds what a plain `contains` finds.

Texts and words are compared as `guandian report --containing` does: cleaned, and without regard to
case. A gram is a character and the one behind it, or nothing behind the last one, as one number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from guandian.domain import Span
from guandian.text.cleaning import clean

_BITS = 21
"""Of a code point."""
_PLACE = 24
"""Bits of a place within a text; what stands behind the first 16 million characters is not
searched."""

Integers = np.ndarray[Any, np.dtype[np.int64]]


def folded(text: str) -> str:
    """A text as it is compared."""
    return clean(text)[0].casefold() if text else ""


def grams_of(texts: Sequence[str], rows: Sequence[int]) -> tuple[Integers, Integers]:
    """The grams of folded texts and their places, by gram.

    Returns:
        Codes of grams, and places: the row of the text, then the character's in it.
    """
    texts = [text[: 1 << _PLACE] for text in texts]
    coded = "\0".join([*texts, ""]).encode("utf-32-le")
    codes = np.frombuffer(coded, np.uint32).astype(np.int64)
    lengths = np.fromiter((len(text) + 1 for text in texts), np.int64, len(texts))
    row = np.repeat(np.asarray(rows, np.int64), lengths)
    starts = np.repeat(np.cumsum(lengths) - lengths, lengths)
    places = (row << _PLACE) | (np.arange(len(codes)) - starts)
    inside = codes[:-1] != 0
    grams = ((codes[:-1] << _BITS) | codes[1:])[inside]
    order = np.argsort(grams, kind="stable")
    return grams[order], places[:-1][inside][order]


def rows_of(places: Integers) -> Integers:
    """The rows that places stand in."""
    return places >> _PLACE


def range_of(words: str) -> tuple[int, int] | None:
    """The least and the greatest gram that begins with a single character; None for others."""
    if len(words) != 1:
        return None
    return ord(words) << _BITS, (ord(words) << _BITS) | ((1 << _BITS) - 1)


def wanted_grams(words: str) -> dict[int, list[int]]:
    """The grams that cover folded words of two characters or more, and where in them they stand."""
    last = len(words) - 2
    grams: dict[int, list[int]] = {}
    for offset in sorted({*range(0, last + 1, 2), last}):
        gram = (ord(words[offset]) << _BITS) | ord(words[offset + 1])
        grams.setdefault(gram, []).append(offset)
    return grams


def matching_rows(postings: Mapping[int, Integers], grams: Mapping[int, list[int]]) -> Integers:
    """The rows of the texts that hold all grams where they belong.

    Args:
        postings: the places of each gram.
        grams: as `wanted_grams` gives them.
    """
    empty: Integers = np.empty(0, np.int64)
    lists = sorted(
        (
            (postings.get(gram, empty), offset)
            for gram, offsets in grams.items()
            for offset in offsets
        ),
        key=lambda pair: len(pair[0]),
    )
    places = lists[0][0] - lists[0][1]
    rows = different_rows(places)
    for others, offset in lists[1:]:
        if not len(rows):
            break
        places = _in_both(places, others[is_among(rows_of(others), rows)] - offset)
        rows = different_rows(places)
    return rows


def different_rows(places: Integers) -> Integers:
    """The rows that places stand in, each once, sorted."""
    rows = rows_of(places)
    if not len(rows):
        return rows
    is_there = np.zeros(int(rows.max()) + 1, bool)
    is_there[rows] = True
    return np.flatnonzero(is_there)


def is_among(rows: Integers, wanted: Integers) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which rows are among the wanted ones, of which there is one at least, sorted."""
    is_wanted = np.zeros(int(wanted[-1]) + 2, bool)
    is_wanted[wanted] = True
    among: np.ndarray[Any, np.dtype[np.bool_]] = is_wanted[np.minimum(rows, len(is_wanted) - 1)]
    return among


def hits_of(words: str, text: str) -> list[Span]:
    """Where folded words stand in a raw text, without overlap, in order."""
    cleaned, alignment = clean(text)
    whole, origin = "", list[int]()
    for index, character in enumerate(cleaned):
        piece = character.casefold()
        whole += piece
        origin += [index] * len(piece)
    hits, start = list[Span](), whole.find(words) if words else -1
    while start >= 0:
        end = start + len(words)
        hits.append(alignment.to_raw(Span(origin[start], origin[end - 1] + 1)))
        start = whole.find(words, end)
    return hits


def joined_grams(tables: Iterable[tuple[Integers, Integers]]) -> tuple[Integers, Integers]:
    """Several indexes as one."""
    many = list(tables)
    grams = np.concatenate([grams for grams, _ in many])
    places = np.concatenate([places for _, places in many])
    order = np.argsort(grams, kind="stable")
    return grams[order], places[order]


def _in_both(places: Integers, others: Integers) -> Integers:
    """The places of both; each holds a place once."""
    joined = np.sort(np.concatenate([places, others]), kind="stable")  # runs that are sorted
    return np.asarray(joined[:-1][joined[1:] == joined[:-1]])
