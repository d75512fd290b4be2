"""Reviews whose text is another's: pasted for a reward, by a shop or by a robot."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b

from guandian.text.letters import letters

OFTEN = 3
"""Reviews that share a text before it is listed."""
_PASTED = 6
"""Han characters or other words that a text has at least to be called pasted wherever it comes
again: 很好 is what many people write."""
_FEW, _MANY = 10, 20
"""A shorter text counts so often at least, and up to one review in so many."""
_SHOWN = 120
_DIGEST = 8
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORDS = re.compile(rf"[{_HAN}]|[^\W_{_HAN}]+")


class Copies:
    """Tells the first of equal texts from its copies, in bounded memory.

    Case, width, blanks, punctuation and signs do not count. A text of a few words is a copy only
    beyond what many people may write: ten reviews, or one in twenty.

    Args:
        limit: texts that are remembered at least; of more, those that came once are forgotten.

    Attributes:
        repeated: reviews that are copies.
        most: the beginning of the text that has most copies, and how often it stands; None where
            there is no copy.
    """

    def __init__(self, limit: int = 200_000) -> None:
        self.repeated = 0
        self.most: tuple[str, int] | None = None
        self._first = 0
        self._limit = limit
        self._counts: dict[bytes, int] = {}
        self._texts: dict[bytes, str] = {}

    def add(self, text: str, among: str = "") -> bool:
        """Count a review's text, equal only to those `among` the same; whether it is no copy."""
        told = f"{_said(text)}\0{among}".encode("utf-8", "surrogatepass")
        key = blake2b(told, digest_size=_DIGEST).digest()
        number = self._counts.get(key, 0) + 1
        self._counts[key] = number
        if number == 1:
            self._trim()
        if number == 1 or (number <= max(_FEW, self._first // _MANY) and _is_short(text)):
            self._first += 1
            return True
        self.repeated += 1
        if number >= OFTEN and key not in self._texts:
            self._texts[key] = _beginning(text)
        if self.most is None or number > self.most[1]:
            self.most = _beginning(text), number
        return False

    def pasted(self, most: int = 10) -> list[tuple[str, int]]:
        """The beginnings of the texts that came `OFTEN` times or more, with how often."""
        found = [(text, self._counts[key]) for key, text in self._texts.items()]
        return sorted(found, key=lambda each: -each[1])[:most]

    def _trim(self) -> None:
        if len(self._counts) >= 2 * self._limit:
            again = {key: n for key, n in self._counts.items() if n > 1}
            self._counts = again if len(again) < self._limit else {}
            self._texts = {k: text for k, text in self._texts.items() if k in self._counts}


@lru_cache(1)
def _said(text: str) -> str:
    return letters(text)


def _is_short(text: str) -> bool:
    return len(_said(text)) < _PASTED or len(_WORDS.findall(text)) < _PASTED


def _beginning(text: str) -> str:
    return " ".join(text.split())[:_SHOWN]
