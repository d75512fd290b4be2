"""The manner in which a model reads reviews, and what becomes of its answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from guandian.mining.abuse.abuse_marks import marking
from guandian.mining.batching import LazyMiner
from guandian.mining.caution.promises import Caution, cautious
from guandian.mining.even_miner import read_evenly


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """What is done with reviews before a model reads them, and with its answers after.

    Attributes:
        caution: by which opinions are kept.
        evenly: listed words are read as one of their kind.
        abuse: reviews that insult people are marked.
    """

    caution: Caution = field(default_factory=Caution)
    evenly: bool = False
    abuse: bool = False

    def of(self, model: LazyMiner) -> LazyMiner:
        """The model that answers so."""
        if self.evenly:
            model = read_evenly(model)
        model = cautious(model, self.caution)
        return marking(model) if self.abuse else model
