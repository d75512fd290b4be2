"""The next batch for annotators, out of reviews that a model has read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from guandian.domain import Polarity, Quad
from guandian.errors import GuandianError
from guandian.evaluation.annotation_cost import AnnotationCost
from guandian.labelling.annotation import Item
from guandian.labelling.choosing.strategies import (
    Floats,
    Strategy,
    best_first,
    disagreement,
    entropy,
    farthest_first,
    gradients,
    margin,
    spread_out,
)
from guandian.labelling.choosing.text_points import text_points

_MISSED = 0.5
"""Opinions that a model misses for each correction of those that it shows, where nobody counted."""
_POLARITIES = tuple(Polarity)


@dataclass(frozen=True, eq=False)
class Pool:
    """Reviews that nobody labelled, as a model answered them.

    Attributes:
        items: the answers, each with its confidences.
        known: texts that are labelled already.
        others: the answers of more models to the same reviews, for a committee.
        vectors: [N, H] of the items; None = of their characters.
        known_vectors: [M, H] of the known texts, alike.
    """

    items: Sequence[Item]
    known: Sequence[str] = ()
    others: Sequence[Sequence[Sequence[Quad]]] = ()
    vectors: Floats | None = None
    known_vectors: Floats | None = None

    @cached_property
    def confidences(self) -> list[tuple[float, ...]]:
        """Of each review's opinions; one of the pool's median where nothing was found.

        A review without opinions would else never be doubted, and what is missed never be seen.
        """
        every = [p for item in self.items for p in item.confidences]
        middle = float(np.median(every)) if every else 0.5
        return [item.confidences or (middle,) for item in self.items]

    @cached_property
    def points(self) -> tuple[Floats, Floats]:
        """Vectors of the items and of the known texts, each of length 1."""
        if self.vectors is not None:
            known = self.known_vectors
            if known is None:
                known = np.zeros((0, self.vectors.shape[1]))
            return _unit(self.vectors), _unit(known)
        every = text_points([*(item.record.text for item in self.items), *self.known])
        return every[: len(self.items)], every[len(self.items) :]

    def seconds(self, cost: AnnotationCost) -> Floats:
        """What each review is expected to cost [N], by the corrections that its confidences say."""
        return np.array(
            [
                cost.seconds(len(item.record.text), (1 + _MISSED) * sum(1 - p for p in sure))
                for item, sure in zip(self.items, self.confidences, strict=True)
            ]
        )

    def worth(self, by: Strategy) -> Floats:
        """What each review is worth by a strategy that judges each by itself, [N].

        Raises:
            GuandianError: a committee of one model.
        """
        if by == "entropy":
            return np.array([entropy(sure) for sure in self.confidences])
        if by == "margin":
            return np.array([margin(sure) for sure in self.confidences])
        if not self.others:
            raise GuandianError(
                "a committee needs the answers of two models at least",
                "name another file of the same reviews, mined by another model: --beside FILE",
            )
        members = zip(*self.others, strict=True)
        return np.array(
            [
                disagreement([item.record.quads or (), *answers])
                for item, answers in zip(self.items, members, strict=True)
            ]
        )


@dataclass(frozen=True, slots=True)
class NextBatch:
    """What was chosen.

    Attributes:
        rows: of the pool, the first to be labelled first.
        seconds: that each is expected to cost.
        worth: of each by its strategy; empty where that judges no review by itself.
    """

    rows: tuple[int, ...]
    seconds: tuple[float, ...]
    worth: tuple[float, ...] = ()


def choose_batch(
    pool: Pool,
    by: Strategy,
    count: int,
    *,
    cost: AnnotationCost | None = None,
    budget: float = float("inf"),
    per_second: bool = False,
    seed: int = 1,
) -> NextBatch:
    """Choose the reviews to label next.

    Args:
        pool: of which.
        by: the strategy.
        count: reviews at most.
        cost: of labelling.
        budget: seconds of annotators that the batch may cost.
        per_second: whether what a review is worth counts by the second that it costs.
        seed: of what is drawn.

    Raises:
        GuandianError: a committee of one model, or a budget that holds no review.
    """
    seconds = pool.seconds(cost or AnnotationCost())
    rng = np.random.default_rng(seed)
    worth = np.zeros(0)
    if by == "random":
        rows = best_first(rng.random(len(seconds)), seconds, budget, count)
    elif by == "badge":
        classes = [_classes(item, len(sure)) for item, sure in zip(
            pool.items, pool.confidences, strict=True)]  # fmt: skip
        points = gradients(pool.points[0], pool.confidences, classes)
        if per_second:
            points = points / np.sqrt(seconds)[:, None]
        rows = spread_out(points, seconds, budget, count, rng)
    elif by == "core-set":
        rows = farthest_first(*pool.points, seconds, budget, count)
    else:
        worth = pool.worth(by)
        rows = best_first(worth / seconds if per_second else worth, seconds, budget, count)
    if pool.items and not rows:
        raise GuandianError(
            f"no review fits into {budget:,.0f} s: the shortest costs {seconds.min():,.0f} s",
            "give more seconds",
        )
    judged = tuple(worth[rows].tolist()) if len(worth) else ()
    return NextBatch(tuple(rows), tuple(seconds[rows].tolist()), judged)


def _classes(item: Item, total: int) -> list[int]:
    """The class of each opinion: its polarity; that of none where nothing was found."""
    quads = item.record.quads or ()
    return [_POLARITIES.index(quad.polarity) for quad in quads] or [len(_POLARITIES)] * total


def _unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12))
