"""Words that were written otherwise, written back: by what is likely to stand there in a review.

A noisy channel (Shannon; for spelling Kernighan, Church and Gale 1990): of all ways to read a text,
each changed character at a price, the likeliest by `character_model` is taken. Where nothing is
unlikely the text is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from guandian.text.alignment import Alignment, Edit, apply_edits
from guandian.text.cleaning import CLEANERS, Cleaner
from guandian.text.disguises.character_model import BORDER, CharacterModel, character_model, symbols
from guandian.text.disguises.spellings import (
    LATIN_LOOKS,
    NEGATING,
    by_look,
    by_reading,
    joined_parts,
    near_sound,
    same_sound,
)

Disguise = Literal["homophones", "look-alikes", "split", "pinyin", "emoji", "typos"]
KINDS: tuple[Disguise, ...] = get_args(Disguise)
Symbol = tuple[str, int, int]
"""A symbol as the model of characters has it, and its place in the text."""
Numbers = NDArray[np.int64]
Floats = NDArray[np.float32]
_LIKELY = -12.5
"""A character that is at least so likely between its neighbours is not doubted."""
_SOUND, _NEAR, _LOOK, _SWAP, _TWICE = 6.0, 7.5, 6.0, 7.5, 6.0
_JOIN, _PINYIN, _SKIP = 3.0, 1.0, 2.0
"""Prices in natural logarithms: the less likely somebody is to write so, the higher."""
_GO_ON = -5.0
"""A character that is at least so likely behind another goes on with its word: between the two
stands no emoji that means anything."""
_JUDGING = re.compile(
    "[\u2600-\u2605\u2639-\u263b\u2728\u2763-\u2764\u2b50\U0001f31f\U0001f339\U0001f389"
    "\U0001f440-\U0001f450\U0001f48b-\U0001f4af\U0001f525\U0001f595-\U0001f596"
    "\U0001f600-\U0001f64f\U0001f90c-\U0001f930\U0001f970-\U0001f97a]"
)
"""Emoji that may judge: faces, hands, hearts, stars. The others name things."""
_NEGATED = 3.0
"""A price besides, for what negates: it would turn what is said."""
_STATES = 24
"""Readings that are kept at a place."""
_LONGEST = 40
"""Letters of a run that may be pinyin."""


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    """Characters that may stand at a place, by number, and the price of each."""

    numbers: Numbers
    prices: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Arc:
    """A way to read the symbols `start` to `end` as some layers of characters."""

    start: int
    end: int
    layers: tuple[_Layer, ...]
    price: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _States:
    """The best readings up to a place, by their last character: scores, and how each came about.

    `paths[k]` is the path of the k-th before, an arc and the characters that it gave.
    """

    numbers: Numbers
    scores: Floats
    paths: list[tuple[object, _Arc | None, str]]


@dataclass(frozen=True, slots=True)
class WordRestorer:
    """A cleaner that writes disguised words back.

    Attributes:
        kinds: of disguises that it knows, of `KINDS`.
    """

    kinds: frozenset[Disguise] = frozenset(KINDS)

    def __call__(self, text: str) -> tuple[str, Alignment]:
        """Write homophones, look-alikes, split characters, pinyin and slips as they were meant.

        Args:
            text: cleaned.
        """
        model = character_model()
        read = symbols(text)
        numbers = np.array([model.of(s) for s in (BORDER, *(s for s, _, _ in read), BORDER)])
        likely = model.follows[numbers[:-1], numbers[1:]].astype(np.float32)
        doubted = likely[:-1] + likely[1:] < _LIKELY
        han = np.array([_is_han(symbol) for symbol, _, _ in read], bool)
        near = _beside(han)
        if "pinyin" in self.kinds:
            for at, (symbol, start, end) in enumerate(read):
                doubted[at] |= symbol == "a" and near[at] and any(_syllables(text[start:end]))
        if not (doubted & near).any():
            return text, Alignment.identity(len(text))
        arcs: list[list[_Arc]] = [[] for _ in range(len(read) + 1)]
        for at, (symbol, _, _) in enumerate(read):
            layer = _likened(symbol, self.kinds) if doubted[at] and han[at] else _alone(symbol)
            arcs[at + 1].append(_Arc(at, at + 1, (layer,)))
            for arc in self._arcs(text, read, at, han) if doubted[at] else ():
                arcs[arc.end].append(arc)
        return apply_edits(text, _edits(text, read, _best(arcs, model)))

    def _arcs(
        self, text: str, read: Sequence[Symbol], at: int, han: NDArray[np.bool_]
    ) -> Iterator[_Arc]:
        """The other ways to read the symbol at a place, alone or with the next."""
        model, kinds = character_model(), self.kinds
        symbol, start, end = read[at]
        second = read[at + 1][0] if at + 1 < len(read) else ""
        if symbol == "a" and "pinyin" in kinds:
            for syllables in _syllables(text[start:end]):
                yield _Arc(at, at + 1, tuple(map(_spoken, syllables)), _PINYIN * len(syllables))
        if "emoji" in kinds and 0 < at < len(read) - 1 and han[at - 1] and han[at + 1]:
            before, behind = model.of(read[at - 1][0]), model.of(second)
            goes_on = model.follows[before, behind] > _GO_ON
            if _is_picture(symbol) and (goes_on or not _JUDGING.match(symbol)):
                yield _Arc(at, at + 1, (), _SKIP)
        joined = joined_parts().get(symbol + second, "")
        if "split" in kinds and joined in model.number:
            yield _Arc(at, at + 2, (_alone(joined),), _JOIN)
        if "typos" in kinds and second and han[at] and han[at + 1]:
            if NEGATING & {symbol, second}:
                return
            if symbol == second:
                yield _Arc(at, at + 2, (_alone(symbol),), _TWICE)
            else:
                yield _Arc(at, at + 2, (_alone(second), _alone(symbol)), _SWAP)


def restore_letters(text: str) -> tuple[str, Alignment]:
    """Write letters of other scripts that stand among Latin ones as the Latin ones they look like.

    One to one; a word that is all of another script is left as it is.
    """
    if text.isascii() or not any(character in _looks() for character in text):
        return text, Alignment.identity(len(text))
    characters = list(text)
    for at, character in enumerate(text):
        latin = _looks().get(character)
        around = text[max(0, at - 2) : at] + text[at + 1 : at + 3]
        if latin and any(other.isascii() and other.isalpha() for other in around):
            characters[at] = latin.upper() if character.isupper() else latin
    return "".join(characters), Alignment.identity(len(text))


def restoring(kinds: Iterable[Disguise] = KINDS) -> Sequence[Cleaner]:
    """The cleaners of reviews, then what writes disguises of those kinds back."""
    words = frozenset(kinds)
    letters = (restore_letters,) if "look-alikes" in words else ()
    return (*CLEANERS, *letters, WordRestorer(words))


def _best(arcs: Sequence[Sequence[_Arc]], model: CharacterModel) -> list[tuple[_Arc, str]]:
    """The likeliest way through all arcs (Viterbi 1967), with the characters of each."""
    begin = _States(np.array([model.of(BORDER)]), np.zeros(1, np.float32), [(None, None, "")])
    at_place = [begin]
    for ending in arcs[1:]:
        reached = [_through(at_place[arc.start], arc, model) for arc in ending]
        at_place.append(_merged(reached))
    last = at_place[-1]
    ends = last.scores + model.follows[last.numbers, model.of(BORDER)].astype(np.float32)
    path: object = last.paths[int(np.argmax(ends))]
    way: list[tuple[_Arc, str]] = []
    while isinstance(path, tuple):
        path, arc, characters = path
        if arc is not None:
            way.append((arc, characters))
    return way[::-1]


def _through(states: _States, arc: _Arc, model: CharacterModel) -> _States:
    """What the readings before an arc become behind it."""
    numbers, scores = states.numbers, states.scores - np.float32(arc.price)
    origin = np.arange(len(numbers))
    characters = [""] * len(numbers)
    for layer in arc.layers:
        table = scores[:, None] + model.follows[numbers[:, None], layer.numbers[None, :]]
        best = table.argmax(axis=0)
        scores = table[best, np.arange(len(layer.numbers))] - layer.prices
        origin = origin[best]
        names = (model.characters[number] for number in layer.numbers.tolist())
        characters = [characters[k] + name for k, name in zip(best.tolist(), names, strict=True)]
        numbers = layer.numbers
    paths: list[tuple[object, _Arc | None, str]] = [
        (states.paths[k], arc, text) for k, text in zip(origin.tolist(), characters, strict=True)
    ]
    return _States(numbers, scores.astype(np.float32), paths)


def _merged(reached: Sequence[_States]) -> _States:
    """The best few of several arcs that end at one place."""
    numbers = np.concatenate([states.numbers for states in reached])
    scores = np.concatenate([states.scores for states in reached])
    paths = [path for states in reached for path in states.paths]
    order = np.argsort(-scores, kind="stable")
    _, first = np.unique(numbers[order], return_index=True)
    best = order[np.sort(first)][:_STATES]
    return _States(numbers[best], scores[best], [paths[k] for k in best.tolist()])


def _edits(text: str, read: Sequence[Symbol], way: Sequence[tuple[_Arc, str]]) -> Iterator[Edit]:
    """What the way writes otherwise; a symbol that stands for itself is left as it was written."""
    for arc, characters in way:
        start, end = read[arc.start][1], read[arc.end - 1][2]
        before = "".join(symbol for symbol, _, _ in read[arc.start : arc.end])
        if characters != before and characters != text[start:end] and _meant(before, characters):
            yield start, end, characters


def _meant(before: str, characters: str) -> bool:
    """Tell whether a reading is another one: what is not known is read as `OTHER`."""
    return len(before) != 1 or len(characters) != 1 or _is_han(characters)


def _beside(han: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which symbols are Han characters or stand beside one."""
    near = han.copy()
    near[1:] |= han[:-1]
    near[:-1] |= han[1:]
    return near


@lru_cache(1 << 14)
def _alone(symbol: str) -> _Layer:
    return _Layer(np.array([character_model().of(symbol)]), np.zeros(1, np.float32))


@lru_cache(1 << 14)
def _likened(symbol: str, kinds: frozenset[Disguise]) -> _Layer:
    """A Han character and all that it may be written for."""
    model = character_model()
    prices: dict[int, float] = {model.of(symbol): 0.0}
    for kind, price, others in (
        ("homophones", _SOUND, same_sound(symbol)),
        ("look-alikes", _LOOK, by_look().get(symbol, ())),
        ("homophones", _NEAR, near_sound(symbol)),
    ):
        for other in others:
            if kind in kinds and other in model.number and symbol not in NEGATING:
                price_of = price + _NEGATED * (other in NEGATING)
                prices.setdefault(model.number[other], price_of)
    return _Layer(np.array([*prices]), np.array([*prices.values()], np.float32))


@lru_cache(1 << 10)
def _spoken(syllable: str) -> _Layer:
    """The characters that are read as a syllable."""
    model = character_model()
    numbers = [model.number[c] for c in by_reading()[syllable] if c in model.number]
    return _Layer(np.array(numbers), np.zeros(len(numbers), np.float32))


@lru_cache(1 << 12)
def _syllables(run: str) -> tuple[tuple[str, ...], ...]:
    """A run of letters cut into syllables in as few as can be; none where it is no pinyin."""
    if len(run) > _LONGEST:
        return ()
    letters = run.lower()
    known = by_reading()
    shortest: list[tuple[str, ...] | None] = [()] + [None] * len(letters)
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - 6), end):
            before, syllable = shortest[start], letters[start:end]
            if before is not None and syllable in known and _spoken(syllable).numbers.size:
                best = shortest[end]
                if best is None or len(before) + 1 < len(best):
                    shortest[end] = (*before, syllable)
    whole = shortest[-1]
    return (whole,) if whole else ()


@cache
def _looks() -> dict[str, str]:
    return {
        look: latin for latin, looks in LATIN_LOOKS.items() for look in looks if not look.isascii()
    }


def _is_picture(symbol: str) -> bool:
    return "\u2190" <= symbol[0] <= "\u2bff" or symbol[0] >= "\U0001f000"


def _is_han(symbol: str) -> bool:
    return "\u3400" <= symbol[0] <= "\u9fff"
