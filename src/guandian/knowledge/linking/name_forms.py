"""Names and texts in the form in which they are compared, and how far two names are apart."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from guandian.text.cleaning import simplify

_REMEMBERED = 1 << 14
_SEPARATORS = frozenset(" \t\r\n-_·•.,'’/\u3000")


@dataclass(frozen=True, slots=True)
class FoldedText:
    """A text without what spellings differ by, with the way back.

    Attributes:
        text: simplified, of one width and case, without blanks, hyphens and dots.
        at: for each of its characters the place of its own in the raw text.
    """

    text: str
    at: tuple[int, ...]


def compared_form(text: str) -> FoldedText:
    """A text in the form in which names are compared."""
    letters, places = [], []
    for number, character in enumerate(text):
        for part in _folded(character):
            if part not in _SEPARATORS:
                letters.append(part)
                places.append(number)
    return FoldedText("".join(letters), tuple(places))


@lru_cache(_REMEMBERED)
def _folded(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character).casefold()
    # Character by character, for a name's phrase may stand in another one in a text.
    return simplify(plain)[0] if plain else plain


@lru_cache(_REMEMBERED)
def name_key(name: str) -> str:
    """The form of a name under which its spellings meet; itself where nothing would be left."""
    return compared_form(name).text or name


def most_edits(key: str) -> int:
    """How many edits a name of that form may be away: the shorter it is, the fewer."""
    return 0 if len(key) < 4 else 1 if len(key) < 8 else 2


def edits(first: str, second: str, most: int) -> int | None:
    """Edits from one name to another, swapped neighbours one of them; None where beyond `most`.

    Digits are never edited: X100 is no spelling of X200 (Damerau 1964, restricted).
    """
    if abs(len(first) - len(second)) > most or digits_of(first) != digits_of(second):
        return None
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, start=1):
        earlier, before, row = before, row, [i]
        for j, b in enumerate(second, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            swapped = i > 1 and j > 1 and a == second[j - 2] and first[i - 2] == b
            row.append(min(cost, earlier[j - 2] + 1) if swapped else cost)
        if min(row) > most:
            return None
    return row[-1] if row[-1] <= most else None


def digits_of(key: str) -> str:
    """The digits of a name, in their order."""
    return "".join(filter(str.isdigit, key))
