"""How far the answers to two texts lie apart that differ by swapped words alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Mined, Polarity, Span
from guandian.text.swaps.swapping import FrameTexts, SwappedText

Place = tuple[int, int] | None
Placed = Callable[[Span], tuple[int, int]]
"""Where a span stands in the text that several texts were made from."""


@dataclass(frozen=True, slots=True, eq=False)
class PlacedAnswer:
    """What was mined of a text, at the places of the text that it was made from.

    Attributes:
        probabilities: of negative, neutral and positive, float64 [3].
        label: of the whole text.
        opinions: polarity and confidence by the places of aspect and expression; of several at
            the same places the surest.
    """

    probabilities: NDArray[np.float64]
    label: Polarity
    opinions: Mapping[tuple[Place, Place], tuple[Polarity, float]]

    @classmethod
    def of(cls, mined: Mined, placed: Placed) -> PlacedAnswer:
        """What was mined, its spans moved by `placed`."""
        whole = mined.sentiment
        probabilities = np.array([whole.negative, whole.neutral, whole.positive])
        opinions: dict[tuple[Place, Place], tuple[Polarity, float]] = {}
        for opinion in sorted(mined.opinions, key=lambda opinion: opinion.confidence):
            aspect, expression = (
                None if span is None else placed(span)
                for span in (opinion.aspect, opinion.expression)
            )
            if aspect is None and expression is None:
                aspect = placed(opinion.evidence)
            opinions[aspect, expression] = (opinion.polarity, opinion.confidence)
        return cls(probabilities, whole.label, opinions)


@dataclass(frozen=True, slots=True)
class Move:
    """The difference of two answers.

    Attributes:
        probability: the largest change of the three probabilities of the whole text.
        flipped: the sentiment of the whole text has another label.
        confidences: changes of the confidence of the opinions that both have.
        turned: how many of these have another polarity.
        gone: opinions that only one of them has.
    """

    probability: float
    flipped: bool
    confidences: tuple[float, ...]
    turned: int
    gone: int

    @property
    def largest(self) -> float:
        """The largest change of the confidence of an opinion; 0 where they share none."""
        return max(self.confidences, default=0.0)


def move_between(before: PlacedAnswer, after: PlacedAnswer) -> Move:
    """How far one answer lies from another, either way round."""
    shared = before.opinions.keys() & after.opinions.keys()
    pairs = [(before.opinions[key], after.opinions[key]) for key in sorted(shared, key=repr)]
    return Move(
        float(np.abs(before.probabilities - after.probabilities).max()),
        before.label is not after.label,
        tuple(abs(first[1] - second[1]) for first, second in pairs),
        sum(first[0] is not second[0] for first, second in pairs),
        len(before.opinions.keys() ^ after.opinions.keys()),
    )


def in_frame(texts: FrameTexts, number: int) -> Placed:
    """Where spans of the text with the word `number` stand, the word counted as nothing."""
    start, length = texts.start, len(texts.words[number])

    def without_word(position: int) -> int:
        return min(position, start) if position <= start + length else position - length

    return lambda span: (without_word(span.start), without_word(span.end))


def in_swapped(swapped: SwappedText) -> Placed:
    """Where spans of a swapped text stand in the one before."""

    def before(span: Span) -> tuple[int, int]:
        raw = swapped.alignment.to_raw(span)
        return raw.start, raw.end

    return before


def in_place(span: Span) -> tuple[int, int]:
    """Where a span of a text stands that nobody changed."""
    return span.start, span.end
