"""Which words may stand for each other, read from the package and from people's own files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

from guandian.errors import GuandianError, likely, reason
from guandian.io.bounded import MOST_SETTINGS, read_text

KINDS = ("name", "gender", "region", "household", "brand")
"""What the shipped words tell of; people's files may name others."""
LANGUAGES = ("zh", "en")
GAP = "{}"
_KEYS = ("kind", "language", "sets", "frames", "left")
_FORM = "see the shipped file: guandian/text/swaps/terms.toml"


@dataclass(frozen=True)
class TermSets:
    """Words of one kind and language, in sets of which each may stand for each other one.

    Attributes:
        kind: what they tell of, such as `gender`.
        language: `zh` or `en`.
        sets: the words, at least two a set.
        frames: beginnings of texts with `{}` for a word.
        left: longer words that hold one and are left as they are.
    """

    kind: str
    language: str
    sets: tuple[tuple[str, ...], ...]
    frames: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @cached_property
    def places(self) -> Mapping[str, tuple[int, int]]:
        """Set of each word and where it stands in it, by the word as `folded_word` has it."""
        places: dict[str, tuple[int, int]] = {}
        for number, words in enumerate(self.sets):
            for position, word in enumerate(words):
                places.setdefault(folded_word(word), (number, position))
        return places

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches each word, and what is left as it is, the longest first."""
        words = sorted(
            {*self.places, *map(folded_word, self.left)}, key=lambda word: (-len(word), word)
        )
        # Words of letters and digits alone stand by themselves; Han characters have no such edge.
        edges = [_edged(word) for word in words]
        return re.compile("|".join(edges), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SwapTerms:
    """All words that may be swapped, and what is said of products behind their frames.

    Attributes:
        entries: by kind and language.
        statements: by language.
    """

    entries: tuple[TermSets, ...]
    statements: Mapping[str, tuple[str, ...]]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds, in the order of their first entries."""
        return tuple(dict.fromkeys(entry.kind for entry in self.entries))

    def merged(self) -> tuple[TermSets, ...]:
        """One entry for each kind and language: what one text has of a kind is swapped together."""
        keys = dict.fromkeys((entry.kind, entry.language) for entry in self.entries)
        return tuple(
            TermSets(
                kind,
                language,
                tuple(words for entry in entries for words in entry.sets),
                left=tuple(word for entry in entries for word in entry.left),
            )
            for kind, language in keys
            for entries in [[e for e in self.entries if (e.kind, e.language) == (kind, language)]]
        )

    def only(self, kinds: Sequence[str]) -> Self:
        """The entries of some kinds; all of them where none is named.

        Raises:
            GuandianError: a kind that there is not.
        """
        if strange := [kind for kind in kinds if kind not in self.kinds]:
            raise GuandianError(
                f"no words of a kind {strange[0]!r}",
                f"{likely(strange[0], self.kinds)}the kinds are {', '.join(self.kinds)}",
            )
        if not kinds:
            return self
        return replace(self, entries=tuple(e for e in self.entries if e.kind in kinds))

    def and_those_of(self, other: SwapTerms) -> SwapTerms:
        """These and the words of another file; what it says of products comes besides."""
        statements = {
            language: tuple(
                dict.fromkeys(
                    (*self.statements.get(language, ()), *other.statements.get(language, ()))
                )
            )
            for language in LANGUAGES
        }
        return SwapTerms((*self.entries, *other.entries), statements)


def shipped_terms() -> SwapTerms:
    """The words that come with the package."""
    text = files("guandian.text.swaps").joinpath("terms.toml").read_text("utf-8")
    return _parsed(tomllib.loads(text), "terms.toml")


def read_terms(file: Path | None = None) -> SwapTerms:
    """The shipped words, and those of a file of one's own besides.

    Raises:
        GuandianError: the file cannot be read, or is none of words; the place is named.
    """
    shipped = shipped_terms()
    if file is None:
        return shipped
    try:
        values = tomllib.loads(read_text(file, MOST_SETTINGS))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GuandianError(f"{file} holds no words to swap: {reason(error)}", _FORM) from error
    return shipped.and_those_of(_parsed(values, str(file)))


def folded_word(word: str) -> str:
    """A word as words are compared: without case."""
    return word.lower()


def _edged(word: str) -> str:
    escaped = re.escape(word)
    before = r"(?<![^\W_])" if word[:1].isascii() and word[:1].isalnum() else ""
    behind = r"(?![^\W_])" if word[-1:].isascii() and word[-1:].isalnum() else ""
    return before + escaped + behind


def _parsed(values: Mapping[str, Any], source: str) -> SwapTerms:
    """The words of a file's plain values.

    Raises:
        GuandianError: naming the place.
    """
    if strange := [key for key in values if key not in ("statements", "swaps")]:
        raise GuandianError(f"{source}: unknown key {strange[0]!r}", _FORM)
    statements = values.get("statements", {})
    rows = values.get("swaps", [])
    if not isinstance(statements, dict) or not isinstance(rows, list):
        raise GuandianError(f"{source}: needs [statements] and [[swaps]]", _FORM)
    if strange := [key for key in statements if key not in LANGUAGES]:
        raise GuandianError(f"{source}: statements.{strange[0]}: no such language", _FORM)
    said = {key: _words(row, f"{source}: statements.{key}") for key, row in statements.items()}
    return SwapTerms(
        tuple(_entry(row, f"{source}: swaps {k}") for k, row in enumerate(rows, 1)), said
    )


def _entry(row: Any, where: str) -> TermSets:
    if not isinstance(row, dict):
        raise GuandianError(f"{where}: is no table", _FORM)
    if strange := [key for key in row if key not in _KEYS]:
        raise GuandianError(f"{where}: unknown key {strange[0]!r}", f"known: {', '.join(_KEYS)}")
    kind, language = row.get("kind"), row.get("language")
    if not isinstance(kind, str) or not kind.strip():
        raise GuandianError(f"{where}: needs a kind", _FORM)
    if language not in LANGUAGES:
        raise GuandianError(f"{where}: language is {language!r}", "say zh or en")
    sets = row.get("sets")
    if not isinstance(sets, list) or not sets:
        raise GuandianError(f"{where}: needs sets of words", _FORM)
    words = tuple(_words(entry, f"{where}: sets {k}") for k, entry in enumerate(sets, 1))
    if few := [entry for entry in words if len({*map(folded_word, entry)}) < 2]:
        raise GuandianError(
            f"{where}: {few[0]!r} is no set of two words", "one word has nothing to stand for"
        )
    every = [folded_word(word) for entry in words for word in entry]
    if twice := [word for word in every if every.count(word) > 1]:
        raise GuandianError(f"{where}: {twice[0]!r} stands twice", "keep one of them")
    frames = _words(row.get("frames", []), f"{where}: frames", blank=True)
    if wrong := [frame for frame in frames if frame.count(GAP) != 1]:
        raise GuandianError(f"{where}: {wrong[0]!r} needs {GAP} once", _FORM)
    left = _words(row.get("left", []), f"{where}: left")
    return TermSets(kind.strip(), language, words, frames, left)


def _words(values: Any, where: str, *, blank: bool = False) -> tuple[str, ...]:
    """Words of a list; with `blank` they keep the blanks around them."""
    if not isinstance(values, list) or not all(isinstance(word, str) for word in values):
        raise GuandianError(f"{where}: needs a list of texts", _FORM)
    if not all(word.strip() for word in values):
        raise GuandianError(f"{where}: holds an empty text", _FORM)
    return tuple(word if blank else word.strip() for word in values)
