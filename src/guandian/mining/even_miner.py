"""A miner that reads words of one kind as one and the same: whose name it is, it never sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from guandian.domain import Mined, Review
from guandian.errors import GuandianError
from guandian.mining.batching import LazyMiner
from guandian.mining.miner import Miner, PreparedReview
from guandian.tasks.opinions import Source, display_tag
from guandian.text.swaps.swap_terms import SwapTerms, shipped_terms
from guandian.text.swaps.swapping import first_words


class EvenMiner(Miner):
    """The same model, which reads every listed word as the first one of its set.

    Answers to texts that differ by words of one set alone are equal by construction. Spans and tags
    are of the words that stand in the review.

    Args:
        miner: of a bundle or ensemble.
        terms: the words.
    """

    def __init__(self, miner: Miner, terms: SwapTerms) -> None:
        key = f"{miner.key} {_digest(terms)}"
        # What it finds and misses of each polarity was measured of texts as they are.
        super().__init__(
            miner.reader, miner.labels, miner.model, key, miner.filler, None, miner.familiar
        )
        self._terms = terms

    def mine_prepared(self, prepared: Sequence[PreparedReview]) -> list[Mined]:
        """Mine reviews that this miner prepared, in their order."""
        answers = super().mine_prepared(prepared)
        return [
            self._tagged(entry.review, mined)
            for entry, mined in zip(prepared, answers, strict=True)
        ]

    def _written(self, review: Review) -> tuple[Source, str]:
        source, why = super()._written(review)
        text, alignment = first_words(source.cleaned, self._terms)
        if why or text == source.cleaned:
            return source, why
        return Source(source.raw, text, source.alignment.then(alignment)), why

    def _tagged(self, review: Review, mined: Mined) -> Mined:
        """What was mined, its tags of the words of the review."""
        names = self.labels.names
        opinions = tuple(
            replace(
                opinion,
                tag=display_tag(
                    review.text,
                    opinion.aspect,
                    opinion.expression,
                    names.get(opinion.category, (opinion.category,) * 2),
                ),
            )
            for opinion in mined.opinions
        )
        return replace(mined, opinions=opinions)


def read_evenly(model: LazyMiner, terms: SwapTerms | None = None) -> LazyMiner:
    """The same model, which reads every listed word as the first one of its set.

    Args:
        model: of a bundle or ensemble.
        terms: the words; None takes the shipped ones.

    Raises:
        GuandianError: when it is opened and is a language model.
    """
    words = shipped_terms() if terms is None else terms

    def opened() -> EvenMiner:
        return EvenMiner(bundle_miner(model, "--evenly"), words)

    return replace(model, key=f"{model.key} {_digest(words)}", open=opened, rates=None)


def bundle_miner(model: LazyMiner, option: str) -> Miner:
    """The miner of a bundle or ensemble, whose reviews an option changes before they are read.

    Raises:
        GuandianError: it is a language model.
    """
    miner = model.miner
    if not isinstance(miner, Miner):
        raise GuandianError(
            f"{model.id} is a language model, which is shown reviews as they are",
            f"leave {option} out, or mine with a bundle",
        )
    return miner


def _digest(terms: SwapTerms) -> str:
    """Equal for equal words."""
    return f"even {sha256(repr(terms.merged()).encode()).hexdigest()[:16]}"
