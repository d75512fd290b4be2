"""The store's own names in a question: products, brands, sources, aspects, categories."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from guandian.analyst.questions.tool_calls import CHOICES, Dimensions
from guandian.data.taxonomy import taxonomy
from guandian.store.snapshot import StoreReader

MOST_NAMES = 20_000
"""Of one dimension that are looked up, those with the most opinions."""
_LONGEST = 80
_SHOWN = 8
"""Names of a dimension that a refusal tells."""
GIVEN: tuple[Dimensions, ...] = ("product", "brand", "source")
"""Dimensions that a file's columns name, as against what was mined."""
MINED: tuple[Dimensions, ...] = ("aspect", "category")
GAP = "\ue001"
"""Stands in a question where a name stood."""
_HAN_JOINS, _LATIN_JOINS = frozenset(("", "的")), frozenset((" ", "'s ", "’s "))
"""What stands between a name and another that it says the owner of; a blank between Han lists."""


@dataclass(frozen=True, slots=True)
class NamedThing:
    """A name of the store in a question.

    Attributes:
        dimension: of the name; the first one where several have it.
        key: by which the store knows it.
        others: the key in other dimensions that have the same name.
        joined: whether it stands right behind another name, as 续航 in 手机续航.
    """

    dimension: Dimensions
    key: str
    others: Mapping[Dimensions, str] = field(default_factory=dict)
    joined: bool = False


@dataclass(frozen=True)
class KnownNames:
    """All names of a store, folded, with what goes by them.

    Attributes:
        keys: of each dimension, those with the most opinions first.
        folded: by dimension, the key of each folded name.
    """

    keys: Mapping[Dimensions, Sequence[str]]
    folded: Mapping[Dimensions, Mapping[str, str]]

    @classmethod
    def of(cls, reader: StoreReader) -> KnownNames:
        """The names of one state of a store."""
        keys: dict[Dimensions, list[str]] = {}
        known: dict[Dimensions, dict[str, str]] = {}
        for dimension in CHOICES:
            rows = reader.breakdown(by=dimension, limit=MOST_NAMES)
            keys[dimension] = [row.key for row in rows]
            names = known[dimension] = {}
            for row in rows:
                for name in (row.key, row.name.zh, row.name.en):
                    names.setdefault(fold_name(name), row.key)
        aspects = set(keys["aspect"])
        for name, key in reader.aspect_names.items():
            if key in aspects:
                known["aspect"].setdefault(fold_name(name), key)
        for key, category in taxonomy().items():
            if key in keys["category"]:
                for name in (key, category.zh, category.en):
                    known["category"].setdefault(fold_name(name), key)
        return cls(keys, known)

    def take(
        self,
        question: str,
        dimensions: Iterable[Dimensions],
        reserved: frozenset[str] = frozenset(),
    ) -> tuple[list[NamedThing], str]:
        """The names in a folded question, the longest first, and the question with gaps there.

        Args:
            question: folded by `fold_name`.
            dimensions: whose names are looked up; of equal names the first one has it.
            reserved: words of questions, which are no names here.
        """
        order, things, at, behind, last = [*dimensions], list[NamedThing](), 0, -1, ""
        while at < len(question):
            for end in range(min(len(question), at + _LONGEST), at, -1):
                name = question[at:end]
                if name in reserved or not _stands_alone(question, at, end):
                    continue
                holders = {dim: self.folded[dim][name] for dim in order if name in self.folded[dim]}
                if not holders or (len(name) < 2 and not set(holders) & set(GIVEN)):
                    continue
                first, *others = holders
                joined = behind >= 0 and _joins(last, question[behind:at], name)
                same = {other: holders[other] for other in others}
                things.append(NamedThing(first, holders[first], same, joined))
                behind, last = at + 1, name
                question = f"{question[:at]}{GAP}{question[end:]}"
                break
            at += 1
        return things, question

    def examples(self) -> dict[str, list[str]]:
        """Names that there are, of each dimension those with the most opinions."""
        return {dim: [*keys[:_SHOWN]] for dim, keys in self.keys.items() if keys}


def owners_among(things: Sequence[NamedThing]) -> list[NamedThing]:
    """The aspects that only say whose the next one is: 手机 in 手机续航, phone in phone battery."""
    pairs = pairwise(things)
    return [
        owner
        for owner, owned in pairs
        if owned.joined and owner.dimension == owned.dimension == "aspect"
    ]


def fold_name(text: str) -> str:
    """A text as names are compared: width and case do not count, blanks are one."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _joins(name: str, between: str, other: str) -> bool:
    """Whether two names stand to each other as owner and owned."""
    latin = _is_latin(name[-1]) and _is_latin(other[0])
    return between in (_LATIN_JOINS if latin else _HAN_JOINS)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether no word of letters goes on beyond a piece of a text."""
    return not (
        (start and _is_latin(text[start]) and _is_latin(text[start - 1]))
        or (end < len(text) and _is_latin(text[end - 1]) and _is_latin(text[end]))
    )


def _is_latin(character: str) -> bool:
    return character.isalnum() and not "\u3400" <= character <= "\u9fff"
