"""Changes of a labelled text that leave its labels true, each named for what it tries.

They are invariance tests in the sense of Ribeiro et al. 2020 (arXiv:2005.04118): people read a
changed text as they read the original, so a model should answer both alike. What negates is never
overwritten or written, nor is a character that judges by itself written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from guandian.audits.stress.rewritings import (
    REWRITINGS,
    heard_alike,
    insertion_places,
    swappable,
    word_characters,
)
from guandian.data.augmentation import Change
from guandian.domain import Labelled
from guandian.text.edits import Edit, edited
from guandian.text.perturbations import SILENT_EMOJI

SHARE = 0.15
"""Of a text's letters and Han characters, the share that a disturbance changes; one at least."""
ZERO_WIDTH = ("\u200b", "\u200c", "\u2060", "\ufeff")
_MARKS = frozenset("，。！？；：、,.!?;:")


class WrittenOtherwise:
    """Characters written otherwise, by one of the `REWRITINGS`."""

    def __init__(self, name: str, share: float) -> None:
        self._rewrite, self._share = REWRITINGS[name], share

    def edits(self, record: Labelled, random: Random) -> list[Edit]:
        """Replacements of single characters, of those that can be written so."""
        characters = word_characters(record)
        writings = {at: self._rewrite(record.text, at) for at in characters}
        able = [at for at in characters if writings[at]]
        number = _number(self._share, characters, able)
        drawn = random.sample(able, number)
        return [Edit(at, at + 1, random.choice(writings[at])) for at in drawn]


class Inserted:
    """What says nothing, set between the characters of words."""

    def __init__(self, texts: Sequence[str], share: float) -> None:
        self._texts, self._share = tuple(texts), share

    def edits(self, record: Labelled, random: Random) -> list[Edit]:
        """Insertions behind letters and Han characters, never inside markup or an address."""
        places = insertion_places(record)
        number = _number(self._share, places, places)
        drawn = random.sample(places, number)
        return [Edit(at + 1, at + 1, random.choice(self._texts)) for at in drawn]


class Typos:
    """Slips of the hand: two neighbours changed about, or a character struck twice."""

    def __init__(self, share: float) -> None:
        self._share = share

    def edits(self, record: Labelled, random: Random) -> list[Edit]:
        """Rewritings of two neighbours or of one character, none next to another."""
        text, characters = record.text, word_characters(record)
        drawn = random.sample(characters, _number(self._share, characters, characters))
        edits: list[Edit] = []
        reached = -1
        for at in sorted(drawn):
            if at < reached:
                continue
            if random.random() < 0.5 and swappable(record, at):
                edits.append(Edit(at, at + 2, text[at + 1] + text[at]))
            else:
                edits.append(Edit(at, at + 1, text[at] * 2))
            reached = edits[-1].end
        return edits


class Heard:
    """What a recogniser of speech writes: no marks, small letters, sounds taken for others."""

    def __init__(self, share: float) -> None:
        self._share = share

    def edits(self, record: Labelled, random: Random) -> list[Edit]:
        """Marks become blanks, and a share of characters those that are nearly read alike."""
        text, characters = record.text, word_characters(record)
        number = _number(self._share, characters, characters)
        misheard = set(random.sample(characters, number))
        edits = []
        for at, character in enumerate(text):
            writings = heard_alike(text, at) if at in misheard else ()
            if writings:
                edits.append(Edit(at, at + 1, random.choice(writings)))
            elif character in _MARKS and not text[at + 1 : at + 2].isdigit():
                edits.append(Edit(at, at + 1, " "))
            elif character.isupper() and len(character.lower()) == 1:
                edits.append(Edit(at, at + 1, character.lower()))
        return edits


def disturbances(share: float = SHARE) -> Mapping[str, Change]:
    """Every disturbance by its name, in the order of tables.

    Args:
        share: of a text's letters and Han characters that is changed; one at least.
    """
    changes: dict[str, Change] = {name: WrittenOtherwise(name, share) for name in REWRITINGS}
    changes["emoji"] = Inserted(SILENT_EMOJI, share)
    changes["zero-width"] = Inserted(ZERO_WIDTH, share)
    changes["typos"] = Typos(share)
    changes["asr"] = Heard(share)
    return changes


def disturbed(
    records: Sequence[Labelled], name: str, change: Change, seed: int
) -> list[tuple[Labelled, Labelled]]:
    """Pairs of a record and its changed copy, spans carried along; those that offer no place go.

    Args:
        records: labelled, their text in any language.
        name: of the disturbance; with the seed and a record's id it decides what is drawn.
        change: what is done.
        seed: equal seeds give equal copies, whatever else is changed.
    """
    pairs = []
    for record in records:
        random = Random(f"{seed}:{name}:{record.id}".encode(errors="surrogatepass"))  # noqa: S311
        copy = edited(record, change.edits(record, random))
        if copy.text != record.text:
            pairs.append((record, copy))
    return pairs


def _number(share: float, characters: Sequence[int], able: Sequence[int]) -> int:
    """How many of the able are changed: the share of all characters, one where there is one."""
    return min(len(able), max(1, round(share * len(characters))))
