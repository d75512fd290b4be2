"""Which of many names are a few edits away from one, without a look at each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from guandian.knowledge.linking.name_forms import digits_of, edits, most_edits


class NearNames:
    """Names by their digits, length and characters.

    Digits are never edited, and an edit takes at most one character from a name: one that is `k`
    edits away has one of any `k + 1` different characters of it. The rarest are looked up.

    Args:
        keys: the forms in which names are compared, each once.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._named: dict[tuple[str, int], list[str]] = defaultdict(list)
        self._with: dict[tuple[str, int, str], list[str]] = defaultdict(list)
        for key in keys:
            digits = digits_of(key)
            self._named[digits, len(key)].append(key)
            for character in {*key}.difference(digits):
                self._with[digits, len(key), character].append(key)

    def of(self, key: str) -> Iterator[tuple[str, int]]:
        """The names that are not the same and near enough, each with its edits.

        Args:
            key: a name's form, known or not.
        """
        most, digits = most_edits(key), digits_of(key)
        letters = {*key}.difference(digits)
        for length in range(len(key) - most, len(key) + most + 1) if most else ():
            for other in self._like(digits, length, letters, most):
                # Sets first: most of what shares a character shares too few of them.
                if len(letters.difference(other)) > most:
                    continue
                distance = edits(key, other, most)
                if distance:
                    yield other, distance

    def _like(self, digits: str, length: int, letters: set[str], most: int) -> Iterable[str]:
        """Names of some digits and length that may be near, each once."""
        if len(letters) <= most:
            return self._named.get((digits, length), ())
        met = sorted((self._with.get((digits, length, c), ()) for c in letters), key=len)
        return dict.fromkeys(name for names in met[: most + 1] for name in names)
