"""Reviews whose text is another's: pasted for a reward, by a shop or by a robot."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Self

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
_ENOUGH_WORDS = re.compile(rf"(?:[\W_]*+(?:[{_HAN}]|[^\W_{_HAN}]++)){{{_PASTED}}}")


@dataclass(frozen=True, slots=True)
class Wording:
    """What makes a review the copy of another, without its text.

    Attributes:
        whole: digest of the letters of its different columns, 8 bytes.
        short: whether many people may write that.
        several: whether it has two or more columns that say different things.
        columns: name, digest and shortness of its columns with an opinion; none where `several`
            is false.
    """

    whole: bytes
    short: bool
    several: bool = False
    columns: tuple[tuple[str, bytes, bool], ...] = ()

    @classmethod
    def of(cls, review: Review, judging: Collection[str]) -> Self:
        """The wording of a review, of which the columns `judging` hold an opinion."""
        different = _different(review)
        whole, short = "\n".join(different), all(map(_is_short, different))
        if len(different) < 2:
            return cls(_digest(whole), short)
        texts = {name: review.parts[name].of(review.text) for name in sorted(judging) if name}
        columns = ((name, _digest(text), _is_short(text)) for name, text in texts.items())
        return cls(_digest(whole), short, several=True, columns=tuple(columns))


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
        self._first = self._single = 0
        self._limit = limit
        self._counts: dict[bytes, int] = {}
        self._texts: dict[bytes, str] = {}
        self._columns: dict[bytes, tuple[bytes, ...]] = {}

    def add(self, text: str, among: str = "", *, short: bool | None = None) -> bool:
        """Count a review's text; tell whether it is no copy.

        Args:
            text: the text.
            among: it equals only texts `among` the same.
            short: whether many people may write it; None counts its words.
        """
        digest = _digest(text)
        number = self._count(digest, among)
        if self._is_new(number, short=_is_short(text) if short is None else short):
            return True
        self.repeated += 1
        self._show(text, digest, among, number)
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
        return self.weigh(Wording.of(review, judging), among, review)

    def weigh(
        self, wording: Wording, among: str = "", review: Review | None = None
    ) -> frozenset[str] | None:
        """As `add_parts`, from the wording alone; of `review` what is copied is listed."""
        number = self._count(wording.whole, among)
        is_new = self._is_new(number, short=wording.short)
        digests = {digest: name for name, digest, short in reversed(wording.columns) if not short}
        if not is_new:
            self.repeated += 1
            if review is not None:
                self._show("\n".join(_different(review)), wording.whole, among, number, digests)
        pasted = set[str]()
        for digest, first in reversed(digests.items()):
            if (number := self._count(digest, among)) > 1:
                if review is not None:
                    self._show(review.parts[first].of(review.text), digest, among, number)
                pasted |= {name for name, its, _ in wording.columns if its == digest}
        if not is_new:
            return None
        if pasted and len(pasted) == len(wording.columns):
            self._first -= 1
            self.repeated += 1
            return None
        self.parted += bool(pasted)
        return frozenset(pasted)

    def pass_over(self, number: int) -> None:
        """Count so many texts that stand nowhere else, each as a whole, without knowing them."""
        self._first += number
        while number >= (room := 2 * self._limit - len(self._counts) - self._single):
            number -= room
            self._single += room
            self._trim()
        self._single += number

    def recall(self, digests: Sequence[bytes], among: Sequence[str] | None = None) -> None:
        """Learn the texts that were passed over, of which the last ones are remembered.

        Args:
            digests: of all of them, in their order.
            among: which each stood, as in `add`.
        """
        last = range(len(digests) - self._single, len(digests))
        keys = (_key(digests[index], among[index] if among else "") for index in last)
        self._counts |= dict.fromkeys(keys, 1)
        self._single = 0

    def pasted(self, most: int = 10) -> list[tuple[str, int]]:
        """The beginnings of the texts that came `OFTEN` times or more, with how often.

        A review of several columns is listed as a whole, or by the column that came more often.
        """
        listed, counted = dict(self._texts), self._counts
        for whole in self._texts:
            for column in self._columns.get(whole, ()):
                more = counted.get(column, 0) > counted[whole]
                listed.pop(whole if more else column, None)
        texts = [(text, counted[key]) for key, text in listed.items()]
        return sorted(texts, key=lambda row: -row[1])[:most]

    def _is_new(self, number: int, *, short: bool) -> bool:
        is_new = number == 1 or (number <= max(_FEW, self._first // _MANY) and short)
        self._first += is_new
        return is_new

    def _count(self, digest: bytes, among: str) -> int:
        key = _key(digest, among)
        number = self._counts[key] = self._counts.get(key, 0) + 1
        if number == 1:
            self._trim()
        return number

    def _show(
        self, text: str, digest: bytes, among: str, number: int, columns: Iterable[bytes] = ()
    ) -> None:
        key = _key(digest, among)
        if number >= OFTEN and key not in self._texts:
            self._texts[key] = _beginning(text)
            self._columns[key] = tuple(_key(its, among) for its in columns)
        if self.most is None or number > self.most[1]:
            self.most = _beginning(text), number

    def _trim(self) -> None:
        if len(self._counts) + self._single >= 2 * self._limit:
            self._single = 0
            again = {key: n for key, n in self._counts.items() if n > 1}
            self._counts = again if len(again) < self._limit else {}
            self._texts = {k: text for k, text in self._texts.items() if k in self._counts}
            self._columns = {k: its for k, its in self._columns.items() if k in self._counts}


def _different(review: Review) -> list[str]:
    """The texts of the columns; one that says what another says makes the review no longer."""
    columns = [span.of(review.text) for span in review.parts.values()] or [review.text]
    return list({_said(text): text for text in columns}.values())


def _digest(text: str) -> bytes:
    return blake2b(_said(text).encode("utf-8", "surrogatepass"), digest_size=_DIGEST).digest()


def _key(digest: bytes, among: str) -> bytes:
    if not among:
        return digest
    words = digest + among.encode("utf-8", "surrogatepass")
    return blake2b(words, digest_size=_DIGEST).digest()


@lru_cache(8)
def _said(text: str) -> str:
    return letters(text)


def _is_short(text: str) -> bool:
    if len(_said(text)) < _PASTED:
        return True
    return _ENOUGH_WORDS.match(text) is None


def _beginning(text: str) -> str:
    return " ".join(text.split())[:_SHOWN]
