"""Reviews whose text is another's: pasted for a reward, by a shop or by a robot."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from hashlib import blake2b

from guandian.domain import Review
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

    Case, width, blanks, punctuation and signs do not count. A text of a few words, or several in
    columns of their own, is a copy only beyond what many people may write: ten reviews, or one in
    twenty.

    Args:
        limit: texts that are remembered at least; of more, those that came once are forgotten.

    Attributes:
        repeated: reviews that are copies.
        parted: other reviews of several columns, of which one is a copy.
        most: the beginning of the text that has most copies, and how often it stands; None where
            there is no copy.
    """

    def __init__(self, limit: int = 200_000) -> None:
        self.repeated = self.parted = 0
        self.most: tuple[str, int] | None = None
        self._first = 0
        self._limit = limit
        self._counts: dict[bytes, int] = {}
        self._texts: dict[bytes, str] = {}

    def add(self, text: str, among: str = "", *, short: bool | None = None) -> bool:
        """Count a review's text; tell whether it is no copy.

        Args:
            text: the text.
            among: it equals only texts `among` the same.
            short: whether many people may write it; None counts its words.
        """
        number = self._count(text, among)
        short = _is_short(text) if short is None else short
        if number == 1 or (number <= max(_FEW, self._first // _MANY) and short):
            self._first += 1
            return True
        self.repeated += 1
        self._show(text, among, number)
        return False

    def add_parts(
        self, review: Review, judging: Collection[str], among: str = ""
    ) -> frozenset[str] | None:
        """Count a review of one or several columns, as `add` does.

        Args:
            review: the review.
            judging: the names of its columns with an opinion, "" where it has one column.
            among: as in `add`.

        Returns:
            The columns whose text is another's, short ones never; None where the review is a
            copy, as a whole or in all columns that judge.
        """
        # A column that says what another one says makes the review no longer.
        columns = {name: span.of(review.text) for name, span in review.parts.items()}
        different = {_said(text): text for text in (columns or {"": review.text}).values()}
        whole, short = "\n".join(different.values()), all(map(_is_short, different.values()))
        if not self.add(whole, among, short=short):
            return None
        if len(different) < 2:
            return frozenset()
        texts = {name: columns[name] for name in judging if name}
        pasted = set[str]()
        for text in {_said(text): text for text in texts.values()}.values():
            if not _is_short(text) and (number := self._count(text, among)) > 1:
                self._show(text, among, number)
                pasted |= {name for name, its in texts.items() if _said(its) == _said(text)}
        if pasted and len(pasted) == len(texts):
            self._first -= 1
            self.repeated += 1
            return None
        self.parted += bool(pasted)
        return frozenset(pasted)

    def pasted(self, most: int = 10) -> list[tuple[str, int]]:
        """The beginnings of the texts that came `OFTEN` times or more, with how often."""
        texts = [(text, self._counts[key]) for key, text in self._texts.items()]
        return sorted(texts, key=lambda row: -row[1])[:most]

    def _count(self, text: str, among: str) -> int:
        key = _key(text, among)
        number = self._counts[key] = self._counts.get(key, 0) + 1
        if number == 1:
            self._trim()
        return number

    def _show(self, text: str, among: str, number: int) -> None:
        key = _key(text, among)
        if number >= OFTEN and key not in self._texts:
            self._texts[key] = _beginning(text)
        if self.most is None or number > self.most[1]:
            self.most = _beginning(text), number

    def _trim(self) -> None:
        if len(self._counts) >= 2 * self._limit:
            again = {key: n for key, n in self._counts.items() if n > 1}
            self._counts = again if len(again) < self._limit else {}
            self._texts = {k: text for k, text in self._texts.items() if k in self._counts}


def _key(text: str, among: str) -> bytes:
    words = f"{_said(text)}\0{among}".encode("utf-8", "surrogatepass")
    return blake2b(words, digest_size=_DIGEST).digest()


@lru_cache(8)
def _said(text: str) -> str:
    return letters(text)


def _is_short(text: str) -> bool:
    return len(_said(text)) < _PASTED or len(_WORDS.findall(text)) < _PASTED


def _beginning(text: str) -> str:
    return " ".join(text.split())[:_SHOWN]
