"""How often labelled texts name a phrase, and where in them names begin and end."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Labelled

LONGEST = 14
"""Characters of a phrase at most; longer names are rare and never met twice."""
CONTEXTS = ((1, 1), (2, 0), (0, 2), (2, 2))
"""What of a gap between two characters is counted: so many characters before and behind it."""
_EDGE = "\x00\x00"
_BELIEF = 2.0
"""Gaps' worth of the mean that a rate begins with."""
Floats = NDArray[np.float64]


def lookup_form(text: str) -> str:
    """The text by which phrases are looked up, as long as the text: case and width are gone."""
    return "".join(map(_plain, text))


@lru_cache(1 << 16)
def _plain(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character).lower()
    return folded if len(folded) == 1 and folded.isprintable() else character


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase in a text, whether or not it is meant there.

    Attributes:
        start, end: its characters, half-open.
        counts: [T + 2]: how often texts name it, by type; how often it stands in them at all; how
            often inside a longer name.
    """

    start: int
    end: int
    counts: Floats


@dataclass(frozen=True)
class PhraseCounts:
    """Counts of names in labelled texts.

    Attributes:
        types: T entity types.
        phrases: counts [T + 2] by phrase, as `Match.counts`.
        gaps: by the characters around a gap how often it was there, began and ended a name, [3].
        means: shares of all gaps that begin and that end a name.
        scale: what counts are multiplied with, where texts were left out.
        listed: names of a catalogue as `lookup_form`, with what each is the name of, [K] zeros and
            ones of K kinds; empty without a catalogue.
    """

    types: tuple[str, ...]
    phrases: dict[str, Floats]
    gaps: dict[str, Floats]
    means: tuple[float, float]
    scale: float = 1.0
    listed: Mapping[str, Floats] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        records: Sequence[Labelled],
        types: Sequence[str],
        scale: float = 1.0,
        listed: Mapping[str, Floats] | None = None,
    ) -> Self:
        """Count the names of these types in texts that are annotated for entities."""
        names: list[tuple[str, list[tuple[int, int, int]]]] = []
        for record in records:
            spans = [
                (entity.span.start, entity.span.end, types.index(entity.type))
                for entity in record.entities or ()
                if entity.type in types
            ]
            names.append((lookup_form(record.text), spans))
        known = {text[a:b] for text, spans in names for a, b, _ in spans if b - a <= LONGEST}
        size = len(types)
        phrases = {phrase: np.zeros(size + 2) for phrase in sorted(known) if phrase.isprintable()}
        seen: Counter[str] = Counter()
        begun_at: Counter[str] = Counter()
        ended: Counter[str] = Counter()
        for text, spans in names:
            for a, b in _phrases_in(text, phrases):
                counts = phrases[text[a:b]]
                counts[size] += 1
                counts[size + 1] += any(c <= a and b <= d and (a, b) != (c, d) for c, d, _ in spans)
            for a, b, kind in spans:
                if text[a:b] in phrases:
                    phrases[text[a:b]][kind] += 1
            around = _contexts(text)
            seen.update(chain.from_iterable(around))
            for gap in {a for a, _, _ in spans}:
                begun_at.update(around[gap])
            for gap in {b for _, b, _ in spans}:
                ended.update(around[gap])
        gaps = {
            key: np.array([count, begun_at[key], ended[key]], float)
            for key, count in seen.items()
            if count > 1 and key.replace("\x00", "").isprintable()
        }
        places = sum(len(text) + 1 for text, _ in names) or 1
        marks = sum(len(spans) for _, spans in names)
        means = (marks / places, marks / places)
        return cls(tuple(types), phrases, gaps, means, scale, listed or {})

    @property
    def kinds(self) -> int:
        """Of how many kinds the catalogue's names are; 0 without a catalogue."""
        return len(next(iter(self.listed.values()), ()))

    def matches(self, text: str) -> list[Match]:
        """The phrases that stand in a text, by start and end.

        Args:
            text: a `lookup_form` one.
        """
        return [
            Match(a, b, self.phrases[text[a:b]] * self.scale)
            for a, b in _phrases_in(text, self.phrases)
        ]

    def listings(self, text: str) -> list[Match]:
        """The catalogue's names that stand in a `lookup_form`, their kinds as `counts`."""
        return [Match(a, b, self.listed[text[a:b]]) for a, b in _phrases_in(text, self.listed)]

    def borders(self, text: str) -> Floats:
        """How often names begin and end at the gaps of a `lookup_form`, [len(text) + 1, 4, 2]."""
        unseen = np.zeros(3)  # its rates come out as the means
        counts = np.array([self.gaps.get(key, unseen) for key in chain(*_contexts(text))])
        counts = counts.reshape(-1, len(CONTEXTS), 3) * self.scale
        means = np.array(self.means) * _BELIEF
        return np.asarray((counts[..., 1:] + means) / (counts[..., :1] + _BELIEF))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """All of it as arrays, for a safetensors file."""
        arrays: dict[str, NDArray[Any]] = {
            "phrases": _letters(self.phrases),
            "phrase_counts": _table(self.phrases.values(), len(self.types) + 2),
            "gaps": _letters(self.gaps),
            "gap_counts": _table(self.gaps.values(), 3),
            "means": np.array(self.means, np.float64),
        }
        if self.listed:
            arrays["listed"] = _letters(self.listed)
            arrays["listed_kinds"] = _table(self.listed.values(), self.kinds)
        return arrays

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], types: Sequence[str]) -> Self:
        """What `to_arrays` gave.

        Raises:
            KeyError, ValueError: something is missing or does not fit.
        """
        begins, ends = (float(value) for value in arrays["means"])
        kinds = arrays.get("listed_kinds", np.zeros((0, 0), np.int32))
        listed = _counted(arrays["listed"], kinds, kinds.shape[-1]) if len(kinds) else {}
        return cls(
            tuple(types),
            _counted(arrays["phrases"], arrays["phrase_counts"], len(types) + 2),
            _counted(arrays["gaps"], arrays["gap_counts"], 3),
            (begins, ends),
            listed=listed,
        )


def _contexts(text: str) -> list[list[str]]:
    """The characters around each gap, one key a context; edges of the text count as characters."""
    whole, edge = _EDGE + text + _EDGE, len(_EDGE)
    return [
        [f"{before}{behind}{whole[gap - before : gap + behind]}" for before, behind in CONTEXTS]
        for gap in range(edge, edge + len(text) + 1)
    ]


def _phrases_in(text: str, phrases: Mapping[str, Floats]) -> Iterator[tuple[int, int]]:
    for start in range(len(text)):
        for end in range(start + 1, min(len(text), start + LONGEST) + 1):
            if text[start:end] in phrases:
                yield start, end


def _letters(names: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(names).encode("utf-8", "replace"), np.uint8)


def _table(rows: Iterable[Floats], width: int) -> NDArray[np.int32]:
    return np.array(list(rows), np.int32).reshape(-1, width)


def _counted(letters: NDArray[Any], counts: NDArray[Any], width: int) -> dict[str, Floats]:
    names = letters.astype(np.uint8).tobytes().decode().split("\n") if len(letters) else []
    if counts.shape != (len(names), width):
        raise ValueError(f"{len(names)} names with counts of shape {counts.shape}")
    return dict(zip(names, counts.astype(np.float64), strict=True))
