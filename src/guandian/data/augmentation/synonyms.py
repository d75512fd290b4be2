"""Words that say the same, words that judge, and negations: what may be changed and what not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path

from guandian.errors import BadRow, GuandianError
from guandian.io.bounded import MOST_WORDS, read_text

_HOLDS_ONE = re.compile("[不没未勿甭否]")
_NEGATIONS = frozenset(
    "无 非 别 莫 毫无 并非 绝非 无法 无须 无需 难以 休想 "  # noqa: SIM905
    "no not non none nobody nothing neither nor never nowhere without cannot cant wont dont doesnt "
    "didnt isnt wasnt hardly barely scarcely rarely seldom lack lacks lacked fail fails".split()
)
_POLARITIES = ("+", "-", "=")


def is_negation(word: str) -> bool:
    """Tell whether a word negates, alone (`never`) or within (`不好`, `don't`)."""
    folded = word.lower().replace("’", "'")
    return folded in _NEGATIONS or folded.endswith("n't") or bool(_HOLDS_ONE.search(word))


@dataclass(frozen=True)
class SynonymLexicon:
    """Groups of words that say the same in a review.

    Attributes:
        others: for each word (lower case), the words that may take its place, of equal polarity.
        polar: the words (lower case) that judge.
    """

    others: Mapping[str, tuple[str, ...]]
    polar: frozenset[str]

    def guards(self, word: str) -> bool:
        """Tell whether a word judges or negates: it is never deleted, moved or made another."""
        folded = word.lower()
        return is_negation(word) or folded in self.polar or bool(self._long_ones.search(folded))

    @cached_property
    def _long_ones(self) -> re.Pattern[str]:
        """Finds the Chinese words of two characters and more within another word."""
        words = sorted(word for word in self.polar if len(word) > 1 and not word.isascii())
        return re.compile("|".join(map(re.escape, words)) or r"(?!)")


def load_lexicon(own: Path | None = None) -> SynonymLexicon:
    """The project's lexicon, and a user's own, which wins where both know a word.

    Args:
        own: one group a line, divided by tabs: polarity (`+`, `-` or `=`), then the words.

    Raises:
        BadRow: a line without a polarity or words, a word that stands twice, or a negation.
        GuandianError: the file is missing or not UTF-8.
    """
    shipped = _shipped()
    if own is None:
        return shipped
    try:
        lines = read_text(own, MOST_WORDS).splitlines()
    except OSError as error:
        raise GuandianError(f"no lexicon {own}: {error.strerror}", "name another file") from error
    except UnicodeDecodeError as error:
        raise GuandianError(f"{own} is not UTF-8: {error.reason}", "save it as UTF-8") from error
    added = _lexicon(_groups(lines, str(own)))
    return SynonymLexicon({**shipped.others, **added.others}, shipped.polar | added.polar)


@cache
def _shipped() -> SynonymLexicon:
    name = "synonyms.tsv"
    text = files("guandian.data.augmentation").joinpath(name).read_text(encoding="utf-8")
    return _lexicon(_groups(text.splitlines(), name))


def _lexicon(groups: Iterator[tuple[str, Sequence[str]]]) -> SynonymLexicon:
    others: dict[str, tuple[str, ...]] = {}
    polar: set[str] = set()
    for polarity, words in groups:
        for word in words:
            others[word] = tuple(other for other in words if other != word)
        if polarity != "=":
            polar.update(words)
    return SynonymLexicon(others, frozenset(polar))


def _groups(lines: Sequence[str], source: str) -> Iterator[tuple[str, Sequence[str]]]:
    """The polarity and the words (lower case) of each line."""
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        polarity, *rest = (part.strip() for part in line.split("\t"))
        words = [word.lower() for word in rest if word]
        if polarity not in _POLARITIES or not words:
            reason = f"needs {', '.join(_POLARITIES)}, a tab and words divided by tabs: {line!r}"
            raise BadRow(source, number, "", reason)
        for word in words:
            if word in seen:
                raise BadRow(source, number, "", f"{word!r} stands twice in the file")
            if word in _NEGATIONS:
                raise BadRow(source, number, "", f"{word!r} negates: nothing takes its place")
            seen.add(word)
        yield polarity, words
