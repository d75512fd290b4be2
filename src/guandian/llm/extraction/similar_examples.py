"""Labelled reviews that are like the one that is asked about."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from guandian.domain import Labelled
from guandian.text.cleaning import clean


class SimilarExamples:
    """Picks examples by the pairs of neighbouring characters that texts share, rare ones more.

    Args:
        examples: with opinions and a sentiment; others are left out.
    """

    def __init__(self, examples: Sequence[Labelled]) -> None:
        usable = [e for e in examples if e.quads is not None and e.sentiment is not None]
        self._examples = usable
        self._cleaned = [clean(example.text)[0].strip() for example in usable]
        self._pairs = [frozenset(_pairs(example.text)) for example in usable]
        counts = Counter(pair for pairs in self._pairs for pair in pairs)
        self._weight = {
            pair: math.log((1 + len(usable)) / (1 + count)) for pair, count in counts.items()
        }

    def __len__(self) -> int:
        return len(self._examples)

    def likest(self, text: str, count: int, whole: str | None = None) -> list[Labelled]:
        """The `count` likest ones, the likest last, next to the question; never the text itself.

        Args:
            text: cleaned.
            count: how many.
            whole: the cleaned review that `text` is a part of.
        """
        own = (whole if whole is not None else text).strip()
        wanted = frozenset(_pairs(text))
        scores = [
            (
                sum(self._weight[pair] for pair in wanted & pairs) / math.sqrt(len(pairs) + 1),
                -index,
            )
            for index, pairs in enumerate(self._pairs)
            if self._cleaned[index] != own
        ]
        best = sorted(scores, reverse=True)[:count]
        return [self._examples[-index] for _, index in reversed(best)]


def _pairs(text: str) -> list[str]:
    folded = text.casefold()
    return [folded[at : at + 2] for at in range(len(folded) - 1)]
