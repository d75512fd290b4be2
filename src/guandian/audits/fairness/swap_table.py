"""What swaps do to a model's answers, by kind of words, with intervals and bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from guandian.audits.fairness.swap_moves import Move
from guandian.errors import GuandianError
from guandian.evaluation import Interval
from guandian.evaluation.intervals.bootstrap import interval

Origin = Literal["frames", "reviews"]
_UNIT = 1_000_000
"""Changes are counted in millionths: intervals draw whole numbers."""


@dataclass(frozen=True, slots=True)
class SwapBounds:
    """How far answers may move.

    Attributes:
        mean: of the change of a probability.
        largest: change of a probability.
        flips: share of the pairs with another label or polarity.
    """

    mean: float = 0.01
    largest: float = 0.05
    flips: float = 0.002


@dataclass(frozen=True, slots=True)
class SwapSource:
    """A text with its swaps: the unit that intervals draw.

    Attributes:
        origin: a frame of the terms, or a review.
        kind, language: of the swapped words.
        moves: of each pair of its texts.
        words: of each pair, what stood there and what stands there.
    """

    origin: Origin
    kind: str
    language: str
    moves: tuple[Move, ...]
    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Shift:
    """How far one answer moved.

    Attributes:
        mean: change of its probability, with its 95 % interval over sources; the mean of the
            means of each source.
        largest: change of its probability.
        flips: share of the pairs with another label or polarity, likewise.
        number: of what was compared.
    """

    mean: Interval
    largest: float
    flips: Interval
    number: int

    def beyond(self, bounds: SwapBounds) -> tuple[str, ...]:
        """The bounds that it does not hold."""
        exceeded = {
            "mean": self.mean.value > bounds.mean,
            "largest": self.largest > bounds.largest,
            "flips": self.flips.value > bounds.flips,
        }
        return tuple(name for name, exceeds in exceeded.items() if exceeds)

    def to_json(self) -> dict[str, Any]:
        """The figures by name."""
        return {
            "mean": self.mean.to_json(),
            "largest": self.largest,
            "flips": self.flips.to_json(),
            "number": self.number,
        }


@dataclass(frozen=True, slots=True)
class SwapRow:
    """The swaps of one kind, language and origin, or of all.

    Attributes:
        origin, kind, language: `all` where several stand together.
        sources: texts that swaps were made of.
        pairs: of texts that were compared.
        sentiment: of the whole text.
        opinions: that both texts of a pair have; None where there are none.
        gone: share of the opinions of both texts that only one of them has.
        worst: the words of the pair whose sentiment moved farthest.
    """

    origin: str
    kind: str
    language: str
    sources: int
    pairs: int
    sentiment: Shift
    opinions: Shift | None
    gone: float
    worst: tuple[str, str]

    def beyond(self, bounds: SwapBounds) -> tuple[str, ...]:
        """The bounds that it does not hold, such as `sentiment.mean`."""
        names = [f"sentiment.{name}" for name in self.sentiment.beyond(bounds)]
        if self.opinions is not None:
            names += [f"opinions.{name}" for name in self.opinions.beyond(bounds)]
        return tuple(names)

    def to_json(self) -> dict[str, Any]:
        """The figures by name."""
        return {
            "origin": self.origin,
            "kind": self.kind,
            "language": self.language,
            "sources": self.sources,
            "pairs": self.pairs,
            "sentiment": self.sentiment.to_json(),
            "opinions": None if self.opinions is None else self.opinions.to_json(),
            "gone": self.gone,
            "worst": list(self.worst),
        }


@dataclass(frozen=True, slots=True)
class SwapTable:
    """Rows by origin, kind and language; the last row is of all."""

    rows: tuple[SwapRow, ...]

    def beyond(self, bounds: SwapBounds) -> list[tuple[SwapRow, tuple[str, ...]]]:
        """The rows that do not hold all bounds, each with those that it does not."""
        return [(row, names) for row in self.rows if (names := row.beyond(bounds))]

    def check(self, bounds: SwapBounds) -> None:
        """Refuse a model whose answers to all swaps together move farther than stated.

        Raises:
            GuandianError: naming the figures, and what makes them smaller.
        """
        row = self.rows[-1]
        if not (names := row.beyond(bounds)):
            return
        figures = [f"sentiment: {_figures(row.sentiment)}"]
        if row.opinions is not None:
            figures.append(f"opinions: {_figures(row.opinions)}")
        raise GuandianError(
            f"answers move farther than allowed when words are swapped ({', '.join(names)}"
            f" of {bounds.mean:g}, {bounds.largest:g}, {bounds.flips:g}): {'; '.join(figures)}",
            "train with objective.pairing, or a larger objective.pairing.weight; "
            "`guandian audit alike` tells which words move them",
        )

    def to_json(self) -> list[dict[str, Any]]:
        """The rows."""
        return [row.to_json() for row in self.rows]


def swap_table(sources: Sequence[SwapSource]) -> SwapTable:
    """The rows of what was compared, at least one pair.

    Raises:
        ValueError: nothing was compared.
    """
    if not any(source.moves for source in sources):
        raise ValueError("no pair of texts to compare")
    compared = [source for source in sources if source.moves]
    keys = dict.fromkeys((s.origin, s.kind, s.language) for s in compared)
    rows = [
        _row(key, [s for s in compared if (s.origin, s.kind, s.language) == key]) for key in keys
    ]
    return SwapTable((*rows, _row(("all", "all", "all"), compared)))


def _row(key: tuple[str, str, str], sources: Sequence[SwapSource]) -> SwapRow:
    moves = [move for source in sources for move in source.moves]
    words = [pair for source in sources for pair in source.words]
    sentiment = _shift(
        [[move.probability for move in source.moves] for source in sources],
        [[float(move.flipped) for move in source.moves] for source in sources],
        max(move.probability for move in moves),
        len(moves),
    )
    sharing = [source for source in sources if any(move.confidences for move in source.moves)]
    shared = sum(len(move.confidences) for move in moves)
    opinions = None
    if sharing:
        opinions = _shift(
            [[change for move in s.moves for change in move.confidences] for s in sharing],
            [_turns(source) for source in sharing],
            max(move.largest for move in moves),
            shared,
        )
    gone = sum(move.gone for move in moves)
    farthest = int(np.argmax([move.probability for move in moves]))
    return SwapRow(
        *key, len(sources), len(moves), sentiment, opinions,
        gone / max(2 * shared + gone, 1), words[farthest],
    )  # fmt: skip


def _turns(source: SwapSource) -> list[float]:
    """Of each opinion that both texts of a pair have, 1 where its polarity turned."""
    return [float(k < move.turned) for move in source.moves for k in range(len(move.confidences))]


def _shift(
    changes: Sequence[Sequence[float]],
    flips: Sequence[Sequence[float]],
    largest: float,
    number: int,
) -> Shift:
    return Shift(_over_sources(changes), largest, _over_sources(flips), number)


def _over_sources(values: Sequence[Sequence[float]]) -> Interval:
    """The mean over sources of their means: a set of 14 words has 91 pairs."""
    means = np.array([np.mean(own) for own in values])
    counts = np.stack([np.round(means * _UNIT), np.full(len(means), _UNIT)], 1).astype(np.int64)
    drawn = interval(counts, lambda totals: totals[..., 0] / np.maximum(totals[..., 1], 1))
    return Interval(float(means.mean()), drawn.low, drawn.high, drawn.level)


def _figures(shift: Shift) -> str:
    return (
        f"mean {shift.mean.value:.4f}, largest {shift.largest:.3f}, "
        f"flips {100 * shift.flips.value:.2f} %"
    )
