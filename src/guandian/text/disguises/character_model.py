"""How likely a character follows another in a review, from counts over public reviews."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from guandian.assets import assets

BORDER, OTHER = "\n", "\ufffd"
"""Stand for the ends of a text and its parts, and for every character that is not known."""
MOST_CHARACTERS = 4200
LEAST = 2
"""Reviews in which a pair stands that is kept."""
_DISCOUNT = 0.6
"""Taken from each count for pairs that were not seen (absolute discounting, Ney et al. 1994)."""
_RUN = re.compile("[A-Za-z]+|[0-9]+|.", re.DOTALL)
_UNKNOWN = 8.0
"""What a character that is not known costs beside one of `OTHER`: there are thousands of them."""


@dataclass(frozen=True, eq=False)
class CharacterModel:
    """Log probabilities of characters that follow each other.

    Attributes:
        number: of each known character.
        characters: the known ones by their numbers.
        follows: [known, known], natural logarithms, of the second behind the first.
    """

    number: dict[str, int]
    characters: tuple[str, ...]
    follows: NDArray[np.float16]

    def of(self, character: str) -> int:
        """The number of a character, that of `OTHER` where it is not known."""
        return self.number.get(character, self.number[OTHER])


@cache
def character_model() -> CharacterModel:
    """The counts that ship with the package, smoothed; read once."""
    from safetensors.numpy import load_file

    table = load_file(assets() / "spelling" / "pairs.safetensors")
    characters = [chr(code) for code in table["characters"].tolist()]
    alone = table["counts"].astype(np.float64)
    share = (alone / alone.sum()).astype(np.float32)
    first, second = table["first"].astype(np.int64), table["second"].astype(np.int64)
    together = table["together"].astype(np.float32)
    total = np.bincount(first, together, len(characters)).astype(np.float32) + 1
    kinds = np.bincount(first, minlength=len(characters)).astype(np.float32)
    # what the discount sets free, and the whole of a character behind which nothing was seen
    free = (_DISCOUNT * kinds + 1) / total
    follows = free[:, None] * share[None, :]
    follows[first, second] += (together - _DISCOUNT) / total[first]
    np.log(follows, out=follows)
    number = {name: k for k, name in enumerate(characters)}
    follows[:, number[OTHER]] -= _UNKNOWN
    return CharacterModel(number, tuple(characters), follows.astype(np.float16))


def symbols(text: str) -> list[tuple[str, int, int]]:
    """The symbols of a text with their places: characters, but letters and digits by their runs.

    Letters count as `a`, digits as `0`, blanks as the end of a part.
    """
    read = []
    for match in _RUN.finditer(text):
        symbol = match.group()
        if symbol[0].isascii() and symbol[0].isalnum():
            symbol = "a" if symbol[0].isalpha() else "0"
        elif symbol.isspace():
            symbol = BORDER
        read.append((symbol, *match.span()))
    return read
