"""Changes of a labelled text that leave its labels true, each named for what it tries.

They are invariance tests in the sense of Ribeiro et al. 2020 (arXiv:2005.04118): people read a
changed text as they read the original, so a model should answer both alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from guandian.data.augmentation import Change, changes, load_lexicon
from guandian.domain import Labelled
from guandian.text.edits import Edit, edited

SHARE = 0.15
"""Of a text's characters, the share that a disturbance changes; one at least."""
ZERO_WIDTH = ("\u200b", "\u200c", "\u2060", "\ufeff")


class ZeroWidth:
    """Characters that nobody sees, set between those of words."""

    def __init__(self, share: float) -> None:
        self._share = share

    def edits(self, record: Labelled, random: Random) -> list[Edit]:
        """Insertions behind letters and Han characters."""
        text = record.text
        places = [at for at, character in enumerate(text) if character.isalnum()]
        number = min(len(places), max(1, round(self._share * len(places))))
        return [
            Edit(at + 1, at + 1, random.choice(ZERO_WIDTH)) for at in random.sample(places, number)
        ]


def disturbances(share: float = SHARE) -> Mapping[str, Change]:
    """Every disturbance by its name, in the order of tables."""
    (look_alikes,) = changes(["look_alikes"], share, load_lexicon())
    return {"look-alikes": look_alikes, "zero-width": ZeroWidth(share)}


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
