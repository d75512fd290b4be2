"""A message in, what was understood of it out: masked first, then read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from guandian.assist.understanding.slots import find_slots
from guandian.assist.understanding.understanding import Slot, Understanding
from guandian.assist.understanding.urgency import urgency
from guandian.domain import Mined, Review
from guandian.privacy import Masking, find
from guandian.text.language import language

READ = 4000
"""Characters of a message that are read for opinions and intent; personal data is masked in all."""
_CUT = "message: only the first {read} of {length} characters were read"


class ReviewMiner(Protocol):
    """What mines reviews: `guandian.mining.miner.Miner` and what opens one when asked."""

    def mine(self, reviews: Sequence[Review]) -> list[Mined]:
        """Mine each review, in their order."""
        ...


@dataclass(frozen=True, slots=True)
class _Read:
    """A message that is ready to be understood: masked, cut to what is read, with its slots."""

    masked: str
    part: str
    slots: tuple[Slot, ...]
    notes: tuple[str, ...]


class Understander:
    """Understands messages; a message's answer does not depend on the others.

    Args:
        miner: what mines opinions and entities.
        masking: how personal data is written over; `off` is refused by nobody, and keeps it.
    """

    def __init__(self, miner: ReviewMiner, masking: Masking | None = None) -> None:
        self._miner = miner
        self._masking = masking or Masking()

    @classmethod
    def open(
        cls, folder: Path | None = None, *, miner: ReviewMiner, masking: Masking | None = None
    ) -> Understander:
        """Open the folder that `guandian assist train --intents` wrote; None = no intents.

        Raises:
            GuandianError: the folder is missing, altered or of an unknown form.
        """
        return cls(miner, masking)

    def understand(self, text: str) -> Understanding:
        """Understand one message, of any length."""
        return self.understand_many([text])[0]

    def understand_many(self, texts: Sequence[str]) -> list[Understanding]:
        """Understand each message, in their order; faster than one by one."""
        read = [self._prepared(text) for text in texts]
        mined = self._miner.mine([Review(str(k), entry.part) for k, entry in enumerate(read)])
        return [
            Understanding(
                masked=entry.masked,
                language=language(entry.part),
                intent=None,
                candidates=(),
                opinions=review.opinions,
                entities=review.entities,
                sentiment=review.sentiment,
                urgency=urgency(entry.part, review.sentiment, review.opinions),
                slots=entry.slots,
                notes=entry.notes,
            )
            for entry, review in zip(read, mined, strict=True)
        ]

    def _prepared(self, text: str) -> _Read:
        masked, alignment = self._masking.text(text)
        personal = find(text) if self._masking.mode != "off" else ()
        notes: tuple[str, ...] = ()
        if len(masked) > READ:
            notes = (_CUT.format(read=READ, length=len(masked)),)
        part = masked[:READ]
        slots = tuple(
            slot for slot in find_slots(masked, personal, alignment) if slot.span.end <= READ
        )
        return _Read(masked, part, slots, notes)
