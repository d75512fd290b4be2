"""Ways to change a labelled text: each proposes edits that leave its labels true.

Synonyms, deletion and swap are those of Wei and Zou (2019, arXiv:1901.11196); to them come similar
words and, for Chinese, characters that sound alike or look alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from random import Random
from typing import Literal, Protocol, TypeVar, get_args

from guandian.data.augmentation.changeable import Word, han_places, is_han, words
from guandian.data.augmentation.characters import homophones, look_alikes
from guandian.data.augmentation.similar_words import Vectors
from guandian.data.augmentation.synonyms import SynonymLexicon, is_negation
from guandian.domain import Labelled
from guandian.errors import GuandianError
from guandian.text.disguises.spellings import NEGATING, readings, split_parts
from guandian.text.edits import Edit, spans

Kind = Literal[
    "synonyms", "similar", "delete", "swap", "homophones", "look_alikes", "split", "pinyin", "thin"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
Item = TypeVar("Item")
_ARTICLE = re.compile(r"(?<![A-Za-z])(an?)\s+$", re.IGNORECASE)


class Change(Protocol):
    """One way to change a text."""

    def edits(self, record: Labelled, random: Random) -> list[Edit]:
        """Edits of the raw text under which every label of it stays true; none if it cannot."""


def changes(
    kinds: Sequence[Kind], share: float, lexicon: SynonymLexicon, vectors: Vectors | None = None
) -> tuple[Change, ...]:
    """The changes of those kinds.

    Args:
        kinds: names of `KINDS`.
        share: of a text's words (or Han characters) that are changed; one at least.
        lexicon: words that say the same, and what is guarded.
        vectors: of words, which the kind `similar` needs.

    Raises:
        GuandianError: what a kind needs is not there.
    """
    if "similar" in kinds and vectors is None:
        raise GuandianError("similar words are found by vectors", "name a file of vectors")
    if message := lacking(kinds):
        raise GuandianError(message, "pip install 'guandian[train]'")
    by_kind: dict[Kind, Change] = {
        "synonyms": Synonyms(share, lexicon),
        "delete": Delete(share, lexicon),
        "swap": Swap(share, lexicon),
        "homophones": Characters(share, lexicon, "sound"),
        "look_alikes": Characters(share, lexicon, "look"),
        "split": Disguised(share, "split"),
        "pinyin": Disguised(share, "pinyin"),
        "thin": Thin(share),
    }
    if vectors is not None:
        by_kind["similar"] = Similar(share, lexicon, vectors)
    return tuple(by_kind[kind] for kind in dict.fromkeys(kinds))


def lacking(kinds: Sequence[str]) -> str:
    """Name in words the package that one of the kinds needs and that is missing; else empty."""
    need = "homophones" in kinds and find_spec("pypinyin") is None
    return "homophones need pypinyin" if need else ""


@dataclass(frozen=True)
class Synonyms:
    """Words replaced by words that say the same, inside aspects and expressions too.

    A span then covers what stands there in its place. Names of entities stay.
    """

    share: float
    lexicon: SynonymLexicon

    def edits(self, record: Labelled, random: Random) -> list[Edit]:
        """Replacements of whole words."""
        all_words = words(record)
        replaceable = [w for w in all_words if not w.named and self._others(w, record.text)]
        return [
            _replacement(word, random.choice(self._others(word, record.text)))
            for word in _drawn(replaceable, self.share, len(all_words), random)
        ]

    def _others(self, word: Word, text: str) -> list[str]:
        others = self.lexicon.others.get(word.text.lower(), ())
        article = _ARTICLE.search(text, max(0, word.span.start - 5), word.span.start)
        return [other for other in others if article is None or _follows(article[1], other)]


@dataclass(frozen=True)
class Similar:
    """Words outside every span replaced by words with similar vectors.

    What judges or negates is neither replaced nor written: words of opposite polarity have similar
    vectors.
    """

    share: float
    lexicon: SynonymLexicon
    vectors: Vectors

    def edits(self, record: Labelled, random: Random) -> list[Edit]:
        """Replacements of whole words."""
        if _implied(record):
            return []
        all_words = words(record)
        free = [w for w in all_words if w.outside and not self.lexicon.guards(w.text)]
        replaceable = [w for w in free if self._others(w)]
        return [
            _replacement(word, random.choice(self._others(word)))
            for word in _drawn(replaceable, self.share, len(all_words), random)
        ]

    def _others(self, word: Word) -> list[str]:
        near = self.vectors.nearest(word.text.lower())
        return [
            other
            for other in near
            if is_han(other) == is_han(word.text) and not self.lexicon.guards(other)
        ]


@dataclass(frozen=True)
class Delete:
    """Words outside every span deleted, two at least kept; never what judges or negates."""

    share: float
    lexicon: SynonymLexicon

    def edits(self, record: Labelled, random: Random) -> list[Edit]:
        """Deletions of whole words, each with one blank beside it."""
        if _implied(record):
            return []
        all_words = words(record)
        drawn = _drawn(_free(all_words, self.lexicon), self.share, len(all_words), random)
        gold = spans(record)
        edits: list[Edit] = []
        for word in drawn[: max(0, len(all_words) - 2)]:
            start, end = word.span.start, word.span.end
            blank = record.text[end : end + 1] == " "
            if blank and not any(span.start <= end < span.end for span in gold):
                end += 1
            edits.append(Edit(start, end, ""))
        return edits


@dataclass(frozen=True)
class Swap:
    """Neighbouring words outside every span changed about; never what judges or negates."""

    share: float
    lexicon: SynonymLexicon

    def edits(self, record: Labelled, random: Random) -> list[Edit]:
        """Rewritings of two words and the blank between them."""
        if _implied(record):
            return []
        all_words, text = words(record), record.text
        free = _free(all_words, self.lexicon)
        pairs = [
            (first, second)
            for first, second in pairwise(free)
            if text[first.span.end : second.span.start] in ("", " ") and first.text != second.text
        ]
        edits: list[Edit] = []
        starts: set[int] = set()
        for first, second in _drawn(pairs, self.share, len(all_words), random):
            if starts.isdisjoint((first.span.start, second.span.start)):
                starts.update((first.span.start, second.span.start))
                between = text[first.span.end : second.span.start]
                swapped = second.text + between + first.text
                edits.append(Edit(first.span.start, second.span.end, swapped))
        return edits


@dataclass(frozen=True)
class Characters:
    """Han characters, inside spans too, replaced by ones that sound or look alike.

    Lengths stay. Characters that negate, or that judge by themselves, are not written; those that
    negate are not overwritten.
    """

    share: float
    lexicon: SynonymLexicon
    by: Literal["sound", "look"]

    def edits(self, record: Labelled, random: Random) -> list[Edit]:
        """Replacements of single characters."""
        text = record.text
        offsets = [offset for offset in han_places(text) if text[offset] not in NEGATING]
        alike = homophones if self.by == "sound" else look_alikes
        others = {
            offset: allowed
            for offset, candidates in alike(text, offsets).items()
            if (allowed := [character for character in candidates if not self._says(character)])
        }
        drawn = _drawn(list(others), self.share, len(offsets), random)
        return [Edit(offset, offset + 1, random.choice(others[offset])) for offset in drawn]

    def _says(self, character: str) -> bool:
        return character in NEGATING or character in self.lexicon.polar


@dataclass(frozen=True)
class Disguised:
    """Han characters, inside spans too, written as their two parts or as they are read.

    A span then covers what stands there. Characters that negate are left alone.
    """

    share: float
    by: Literal["split", "pinyin"]

    def edits(self, record: Labelled, random: Random) -> list[Edit]:
        """Replacements of single characters by two and more."""
        text = record.text
        offsets = [offset for offset in han_places(text) if text[offset] not in NEGATING]
        written = {offset: self._written(text[offset]) for offset in offsets}
        able = [offset for offset in offsets if written[offset]]
        drawn = _drawn(able, self.share, len(offsets), random)
        return [Edit(offset, offset + 1, written[offset]) for offset in drawn]

    def _written(self, character: str) -> str:
        if self.by == "split":
            return split_parts().get(character, "")
        return readings().get(character, ("",))[0]


@dataclass(frozen=True)
class Thin:
    """Characters of any kind deleted, each alike: what a smoothed model votes on.

    Huang et al. 2024 (CERT-ED, arXiv:2408.00728) train on such copies, as a promise against edits
    is made by a model's answers to them. A text with opinions or entities is left as it is: their
    words would be gone.
    """

    share: float

    def edits(self, record: Labelled, random: Random) -> list[Edit]:
        """Deletions; one character is kept at least."""
        if record.quads or record.entities:
            return []
        places = range(len(record.text))
        gone = [at for at in places if random.random() < self.share]
        if len(gone) == len(record.text):
            gone = gone[1:]
        return [Edit(at, at + 1, "") for at in gone]


def _free(candidates: Sequence[Word], lexicon: SynonymLexicon) -> list[Word]:
    """Words outside every span that may go: not what judges or negates, nor what is negated."""
    free: list[Word] = []
    negated = False
    for word in candidates:
        if word.outside and not negated and not lexicon.guards(word.text):
            free.append(word)
        negated = is_negation(word.text)
    return free


def _implied(record: Labelled) -> bool:
    """Tell whether the text implies an expression, by words that nobody marked."""
    return any(quad.expression is None for quad in record.quads or ())


def _drawn(items: Sequence[Item], share: float, of: int, random: Random) -> list[Item]:
    """A sample of the items, as many as the share of `of`; one at least where there is one."""
    return random.sample(items, min(len(items), max(1, round(share * of))))


def _replacement(word: Word, other: str) -> Edit:
    """Another word in the place and the case of a word."""
    if word.text[:1].isupper():
        whole = len(word.text) > 1 and word.text.isupper()
        other = other.upper() if whole else other[:1].upper() + other[1:]
    return Edit(word.span.start, word.span.end, other)


def _follows(article: str, word: str) -> bool:
    return (len(article) == 2) == (word[0] in "aeiou")
