"""Words of Chinese and mixed text, with a dictionary of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from guandian.domain import Span
from guandian.errors import BadRow, GuandianError
from guandian.io.bounded import MOST_WORDS, read_text
from guandian.text.cleaning import clean
from guandian.wording import say

# Letters that stand alone: numbers in circles and the like, kana, Han.
_ALONE = (
    "\u00aa\u00b2\u00b3\u00b9\u00ba\u00bc-\u00be\u2070-\u218f\u2460-\u24ff\u2e80-\u30ff"
    "\u31a0-\u31ff\u3200-\u9fff\uf900-\ufaff\uff66-\uff9f\U0001f000-\U0003ffff"
)
_LETTER = rf"[^\W\d_{_ALONE}]"
WORD = re.compile(rf"{_LETTER}+(?:[\u0300-\u036f]{_LETTER}*)*")
"""A word of an alphabetic script, its accents included."""

_TAGS = frozenset((
    "a", "ad", "ag", "an", "b", "c", "d", "df", "dg", "e", "eng", "f", "g", "h", "i", "j",
    "k", "l", "m", "mg", "mq", "n", "ng", "nr", "nrfg", "nrt", "ns", "nt", "nw", "nz", "o",
    "p", "q", "r", "rg", "rr", "rz", "s", "t", "tg", "u", "ud", "ug", "uj", "ul", "uv",
    "uz", "v", "vd", "vg", "vi", "vn", "vq", "w", "x", "y", "z", "zg", "un", "LOC", "ORG",
    "PER", "TIME",
))  # fmt: skip
"""Parts of speech, as jieba's own dictionary and its models name them."""
_MOST = 10**9
"""No word is counted so often; the segmenter counts in 64 bits."""
_SURROGATE = re.compile("[\ud800-\udfff]")
# What only an emoji of several characters holds: joiners, keycaps, letters of flags, skin tones.
_EMOJI_PART = re.compile(
    "[\u200d\u20e3\ufe0f\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
)


class Segmenter(Protocol):
    """Splits a text into words."""

    def words(self, text: str) -> list[Span]:
        """The words of `text` in order, without overlap; together all but white space."""


@dataclass(frozen=True, slots=True)
class UserWord:
    """A word of a user's dictionary; without a frequency it gets one that keeps it together."""

    word: str
    frequency: int | None = None
    tag: str | None = None

    @property
    def line(self) -> str:
        """As it stands in a user's dictionary."""
        parts = (self.word, self.frequency, self.tag)
        return " ".join(str(part) for part in parts if part is not None)


class JiebaSegmenter:
    """Segmentation by jieba's dictionary and hidden Markov model (the Rust implementation).

    Args:
        user_words: words that are kept together; they are cleaned as reviews are.
    """

    def __init__(self, user_words: Iterable[UserWord] = ()) -> None:
        import rjieba

        self._jieba = rjieba.Jieba()
        self._user_words = [(entry, clean(entry.word)[0]) for entry in user_words]
        for entry, word in self._user_words:
            self._jieba.add_word(word, entry.frequency, entry.tag)

    @property
    def notes(self) -> list[str]:
        """The user words that no text can match as meant, each with its reason.

        A word that is cut where it stands alone is cut in every text: what is more likely there
        is more likely among other words.
        """
        notes = []
        for entry, word in self._user_words:
            if entry.tag is not None and entry.tag not in _TAGS:
                notes.append(
                    f"{entry.line!r}: "
                    + say(
                        "read as the word {word!r}, tag {tag!r}; a word cannot hold a blank",
                        word=entry.word,
                        tag=entry.tag,
                    )
                )
            cut = [span.of(word) for span in self.words(word)]
            if cut != [word]:
                notes.append(
                    f"{entry.line!r}: "
                    + say("can never match, it is always cut into")
                    + f" {' | '.join(cut) or say('(nothing)')}"
                )
        return notes

    def words(self, text: str) -> list[Span]:
        """The words of `text` in order; a number, a Latin word, an emoji or a mark is one too."""
        text = _SURROGATE.sub("\ufffd", text)
        inside = _inside(text)
        words: list[Span] = []
        for word, start, end in self._jieba.tokenize(text):
            if start in inside:  # jieba knows no accents and cuts through emoji
                words[-1] = Span(words[-1].start, end)
            elif not word.isspace():
                words.append(Span(start, end))
        return words


@lru_cache(1 << 14)
def part_of_speech(word: str) -> str:
    """The tag of a word that stands alone, as jieba's dictionary names them (`n`, `nr`, `v`)."""
    import rjieba

    tagged = rjieba.tag(word)
    return str(tagged[-1][1]) if tagged else ""


def _inside(text: str) -> frozenset[int]:
    """The places that a word cannot begin at: within words with accents, and within emoji."""
    if text.isascii():
        return frozenset()
    whole = [match.span() for match in WORD.finditer(text) if not match.group().isascii()]
    if _EMOJI_PART.search(text):
        import emoji

        whole += [(item["match_start"], item["match_end"]) for item in emoji.emoji_list(text)]
    return frozenset(offset for start, end in whole for offset in range(start + 1, end))


def read_user_words(path: str | Path) -> Iterator[UserWord]:
    """Read a user dictionary in jieba's format: `word [frequency] [tag]`, one a line, UTF-8.

    Blank lines and lines that begin with `#` are passed over.

    Raises:
        BadRow: a line has more than three parts, or a frequency that is not a number.
        GuandianError: the file is not UTF-8.
    """
    try:
        lines = read_text(Path(path), MOST_WORDS).splitlines()
    except UnicodeDecodeError as error:
        raise GuandianError(f"{path} is not UTF-8: {error.reason}", "save it as UTF-8") from error
    for number, line in enumerate(lines, start=1):
        parts = line.split()
        if not parts or parts[0].startswith("#"):
            continue
        word, *rest = parts
        if len(rest) > 2:
            raise BadRow(str(path), number, "", f"{len(parts)} parts, not word, frequency and tag")
        frequency = int(rest.pop(0)) if rest and rest[0].isdecimal() else None
        if frequency is not None and frequency >= _MOST:
            raise BadRow(str(path), number, "frequency", f"{frequency} is too large")
        if len(rest) > 1:
            raise BadRow(str(path), number, "frequency", f"{rest[0]!r} is not a whole number")
        yield UserWord(word, frequency, rest[0] if rest else None)
