"""The manner in which a model reads reviews, and what becomes of its answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from guandian.mining.abuse.abuse_marks import marking
from guandian.mining.batching import LazyMiner
from guandian.mining.caution.promises import Caution, cautious
from guandian.mining.even_miner import bundle_miner, read_evenly
from guandian.mining.miner import Miner
from guandian.pipelines.knowledge.known_files import KnownFiles

RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """What is done with reviews before a model reads them, and with its answers after.

    Attributes:
        caution: by which opinions are kept.
        evenly: listed words are read as one of their kind.
        restore: disguised words are written back first.
        abuse: reviews that insult people are marked.
        known: what a catalogue and a lexicon say is told besides.
    """

    caution: Caution = field(default_factory=Caution)
    evenly: bool = False
    restore: bool = False
    abuse: bool = False
    known: KnownFiles = field(default_factory=KnownFiles)

    def of(self, model: LazyMiner) -> LazyMiner:
        """The model that answers so."""
        if self.restore:
            model = restored(model)
        if self.evenly:
            model = read_evenly(model)
        model = cautious(model, self.caution)
        model = marking(model) if self.abuse else model
        return self.known.beside(model)


def restored(model: LazyMiner) -> LazyMiner:
    """The same model behind a cleaning that writes disguised words back.

    Every opinion still stands at its raw characters. What the model finds and misses of each
    polarity was measured of reviews as they are.

    Args:
        model: of a bundle or ensemble.

    Raises:
        GuandianError: when it is opened and is a language model.
    """

    def opened() -> Miner:
        from guandian.pipelines.miners import cleaned_by
        from guandian.text.disguises.restoring import restoring  # which reads tables of spellings

        return cleaned_by(bundle_miner(model, "--restore"), restoring(), RESTORED)

    return replace(model, key=f"{model.key} {RESTORED}", open=opened, rates=None)
