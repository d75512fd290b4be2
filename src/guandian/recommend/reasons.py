"""Why an item is recommended: what it is praised for, in its buyers' words, and what is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guandian.recommend.candidates.sources import Sources
from guandian.recommend.opinions.review_quotes import ReviewQuote

_LIKENESS = ("neighbours", "topics", "words", "encoder")
"""What may make an item like one that the user chose, the surest first."""
_FEWEST = 2
"""Marks of a kind that an aspect needs to be named as praised; one alone is a voice."""

Quotes = Mapping[tuple[str, str, int], Sequence[ReviewQuote]]
"""By item, aspect and sign."""


@dataclass(frozen=True, slots=True)
class AspectReason:
    """What reviews of an item say of an aspect.

    Attributes:
        aspect: its key.
        praise, complaints: numbers of marks.
        quotes: words of reviews that say so; empty where no texts are known.
    """

    aspect: str
    praise: int
    complaints: int
    quotes: tuple[ReviewQuote, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an item is recommended.

    Attributes:
        praised: aspects that it is praised for, those that the user cares for first.
        blamed: aspects that others complain of.
        because: items of the user that it is like, the nearest first.
        popular: users who like it.
    """

    praised: tuple[AspectReason, ...]
    blamed: tuple[AspectReason, ...]
    because: tuple[str, ...]
    popular: int


def reason_for(
    sources: Sources,
    quotes: Quotes,
    item: int,
    care: NDArray[np.float32] | None,
    chosen: NDArray[np.int32],
) -> Reason:
    """The reason for one item.

    Args:
        sources: what is known.
        quotes: of reviews.
        item: its number.
        care: [aspects], how much the user cares for each; None where nothing is known.
        chosen: numbers of the items that the user chose.
    """
    names = sources.history.behaviour.items
    praised: tuple[AspectReason, ...] = ()
    blamed: tuple[AspectReason, ...] = ()
    profiles = sources.profiles
    if profiles is not None and item < len(profiles.praise):
        praise, complaints = profiles.praise[item], profiles.complaints[item]
        weight = praise * (1 + 10 * (care if care is not None else 0))
        praised = _aspects(sources, quotes, item, weight * (praise > complaints), 1)
        blamed = _aspects(sources, quotes, item, complaints, -1)
    return Reason(
        praised,
        blamed,
        tuple(names[k] for k in _nearest(sources, item, chosen)),
        int(sources.history.popularity[item]),
    )


def _aspects(
    sources: Sources, quotes: Quotes, item: int, weight: NDArray[np.float32], sign: int
) -> tuple[AspectReason, ...]:
    profiles = sources.profiles
    assert profiles is not None
    name = sources.history.behaviour.items[item]
    order = [int(k) for k in np.argsort(-weight, kind="stable")[:6] if weight[k] > 0]
    listed = [
        AspectReason(
            profiles.aspects[k],
            int(profiles.praise[item, k]),
            int(profiles.complaints[item, k]),
            tuple(quotes.get((name, profiles.aspects[k], sign), ())[:1]),
        )
        for k in order
    ]
    number = "praise" if sign > 0 else "complaints"
    sure = [row for row in listed if getattr(row, number) >= _FEWEST or row.quotes]
    return tuple((sure or listed)[:2])


def _nearest(sources: Sources, item: int, chosen: NDArray[np.int32]) -> list[int]:
    for name in _LIKENESS:
        table = sources.neighbours.get(name)
        if table is None or not len(chosen):
            continue
        near = np.asarray(table.likeness[chosen][:, [item]].toarray()).ravel()
        order = np.argsort(-near, kind="stable")[:2]
        if near[order[0]] > 0:
            return [int(chosen[k]) for k in order if near[k] > 0]
    return []
