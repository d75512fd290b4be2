"""Reviews whose text is another's, word for word: pasted for a reward, or by a robot."""

from __future__ import annotations

from hashlib import blake2b

PASTED = 10
"""Letters that a text has at least to be called pasted: 很好 is what many people write."""
OFTEN = 3
"""Reviews that share a text before it is shown."""
_SHOWN = 120
_DIGEST = 8


class Copies:
    """Counts texts that come again, in bounded memory.

    Case and blanks do not count.

    Args:
        limit: texts that are remembered at least; of more, those that came once are forgotten.

    Attributes:
        repeated: reviews whose text had come before.
    """

    def __init__(self, limit: int = 200_000) -> None:
        self.repeated = 0
        self._limit = limit
        self._counts: dict[bytes, int] = {}
        self._texts: dict[bytes, str] = {}

    def add(self, text: str) -> bool:
        """Count a review's text; whether it is the first of its kind (every short one is)."""
        letters = "".join(text.split()).casefold()
        if len(letters) < PASTED:
            return True
        key = blake2b(letters.encode("utf-8", "surrogatepass"), digest_size=_DIGEST).digest()
        number = self._counts.get(key, 0) + 1
        self._counts[key] = number
        if number == 1:
            self._trim()
            return True
        self.repeated += 1
        if number == OFTEN:
            self._texts[key] = text[:_SHOWN].strip()
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
