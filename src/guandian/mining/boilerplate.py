"""Reviews that nobody wrote: what shops and spreadsheets put where a buyer said nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from guandian.errors import GuandianError
from guandian.text.bounded import MOST_WORDS, read_text
from guandian.text.cleaning import clean

SET_ASIDE = "text: filler that a platform or a program wrote, not an opinion; set aside"
"""The warning that such a review bears."""

COMMENT = "//"
_DIGITS = re.compile(r"\d+")
_PARTS = re.compile(r"[\n。！!？?；;|]+|\.(?=\s|$)")
_IGNORED = ("P", "Z", "Sm", "Sk", "Cc")


class Boilerplate:
    """Texts that are no opinions when a whole review says nothing else.

    Args:
        texts: as platforms write them. Case, width, blanks and punctuation do not count, and any
            number stands for any other.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._keys = frozenset(key for text in texts if (key := _key(clean(text)[0])))
        self._longest = max(map(len, self._keys), default=0)

    @property
    def digest(self) -> str:
        """Equal for equal lists."""
        return sha256("\n".join(sorted(self._keys)).encode()).hexdigest()

    def holds(self, cleaned: str) -> bool:
        """Whether a cleaned review is one of the texts, or several of them one after the other."""
        if len(cleaned) <= 4 * self._longest and _key(cleaned) in self._keys:
            return True
        some = False
        for part in _PARTS.split(cleaned):
            key = _key(part)
            if key and key not in self._keys:
                return False
            some = some or bool(key)
        return some


def boilerplate(file: Path | None = None) -> Boilerplate:
    """The shipped list, with the texts of a person's own file besides.

    Args:
        file: UTF-8, a text a line; blank lines and lines that begin with `//` are none.

    Raises:
        GuandianError: the file cannot be read.
    """
    if file is None:
        return _shipped()
    try:
        own = read_text(file, MOST_WORDS)
    except (OSError, UnicodeDecodeError) as error:
        raise GuandianError(
            f"cannot read the list of boilerplate {file}: {error}",
            "give a UTF-8 text file with a text a line",
        ) from error
    return Boilerplate([*_lines(_shipped_text()), *_lines(own)])


@cache
def _shipped() -> Boilerplate:
    return Boilerplate(_lines(_shipped_text()))


def _shipped_text() -> str:
    return files("guandian.mining").joinpath("boilerplate.txt").read_text(encoding="utf-8")


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip() and not line.startswith(COMMENT)]


def _key(text: str) -> str:
    """What of a cleaned text counts: letters, emoji, and a 0 for every number."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = (each for each in folded if not unicodedata.category(each).startswith(_IGNORED))
    return _DIGITS.sub("0", "".join(kept))
