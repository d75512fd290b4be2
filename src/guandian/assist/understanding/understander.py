"""A message in, what was understood of it out: masked first, then read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from guandian.assist.understanding.intents.intent_folder import IntentModel, open_intents
from guandian.assist.understanding.readability import unreadable
from guandian.assist.understanding.slots import find_slots
from guandian.assist.understanding.understanding import IntentGuess, Slot, Understanding
from guandian.assist.understanding.urgency import urgency
from guandian.domain import Mined, Review
from guandian.privacy import Masking, find
from guandian.text.language import language
from guandian.wording import say

READ = 4000
"""Characters of a message that are read for opinions and intent; personal data is masked in all."""
UNLIKE = "unlike the examples"
_CANDIDATES = 3

Guess = tuple[IntentGuess, tuple[tuple[str, float], ...]]
"""An intent, and the likeliest ones with their probabilities."""


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
        intents: what was taught; None tells none.
        masking: how personal data is written over before anything else sees a message.
    """

    def __init__(
        self,
        miner: ReviewMiner,
        intents: IntentModel | None = None,
        masking: Masking | None = None,
    ) -> None:
        self._miner = miner
        self._intents = intents
        self._masking = masking or Masking()

    @classmethod
    def open(
        cls, folder: Path | None = None, *, miner: ReviewMiner, masking: Masking | None = None
    ) -> Understander:
        """Open the folder that `guandian assist train --intents` wrote; None = no intents.

        Raises:
            GuandianError: the folder is missing, altered or of an unknown form.
        """
        return cls(miner, None if folder is None else open_intents(folder), masking)

    def understand(self, text: str) -> Understanding:
        """Understand one message, of any length."""
        return self.understand_many([text])[0]

    def understand_many(self, texts: Sequence[str]) -> list[Understanding]:
        """Understand each message, in their order; quicker than one by one."""
        read = [self._prepared(text) for text in texts]
        mined = self._miner.mine([Review(str(k), entry.part) for k, entry in enumerate(read)])
        guesses = guess_intents(self._intents, [entry.part for entry in read])
        understood = []
        for entry, review, guess in zip(read, mined, guesses, strict=True):
            intent, candidates = guess or (None, ())
            understood.append(
                Understanding(
                    masked=entry.masked,
                    language=language(entry.part),
                    intent=intent,
                    candidates=candidates,
                    opinions=review.opinions,
                    entities=review.entities,
                    sentiment=review.sentiment,
                    urgency=urgency(entry.part, review.sentiment, review.opinions),
                    slots=entry.slots,
                    notes=entry.notes,
                )
            )
        return understood

    def _prepared(self, text: str) -> _Read:
        masked, alignment = self._masking.text(text)
        personal = find(text) if self._masking.mode != "off" else ()
        notes: tuple[str, ...] = ()
        if len(masked) > READ:
            notes = (
                say(
                    "only the first {read} of {length} characters were read",
                    read=READ,
                    length=len(masked),
                ),
            )
        slots = tuple(
            slot for slot in find_slots(masked, personal, alignment) if slot.span.end <= READ
        )
        return _Read(masked, masked[:READ], slots, notes)


def guess_intents(model: IntentModel | None, texts: Sequence[str]) -> list[Guess | None]:
    """The intent of each masked text, with the likeliest ones; None where none were taught.

    A text that nothing can be read from is out of scope whatever its vector says.
    """
    if model is None or not texts:
        return [None] * len(texts)
    vectors = model.encoder.vectors(texts)
    chances = model.head.probabilities(vectors)
    near = model.head.nearness(vectors)
    guesses: list[Guess | None] = []
    for text, row, distance in zip(texts, chances, near, strict=True):
        order = np.argsort(-row)[:_CANDIDATES]
        candidates = tuple((model.head.names[k], float(row[k])) for k in order)
        why = unreadable(text, model.encoder.tokens.pieces)
        if not why and distance < model.head.threshold:
            why = UNLIKE
        name, confidence = candidates[0]
        guesses.append((IntentGuess(name, confidence, in_scope=not why, why=why), candidates))
    return guesses
