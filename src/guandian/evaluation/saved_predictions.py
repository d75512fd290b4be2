"""A system whose answers were written down before: another tool's, or an earlier run's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from guandian.errors import GuandianError
from guandian.evaluation.evaluate import Answer


class Recorded:
    """Answers by review text; a predictor like any other.

    Args:
        answers: for each raw text, what the system said of it.
        source: where they come from, for errors.
    """

    def __init__(self, answers: Mapping[str, Answer], source: str) -> None:
        self._answers = answers
        self._source = source

    @property
    def categories(self) -> frozenset[str]:
        """The categories that stand in the answers."""
        opinions = (
            opinion for answer in self._answers.values() for opinion in answer.opinions or ()
        )
        return frozenset(opinion.category for opinion in opinions if opinion.category is not None)

    def predict(self, texts: Sequence[str]) -> list[Answer]:
        """The recorded answer to each text.

        Raises:
            GuandianError: when a text was never answered; it says how many and shows the first.
        """
        lacking = [text for text in texts if text not in self._answers]
        if lacking:
            raise GuandianError(
                f"{self._source} has no answer for {len(lacking)} of {len(texts)} reviews, "
                f"the first begins {lacking[0][:40]!r}",
                "mine the same reviews, their texts unaltered, and evaluate that output",
            )
        return [self._answers[text] for text in texts]
