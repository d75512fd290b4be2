"""Reviews that two models mined: what each said of the same texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from guandian.domain import Mined, Review
from guandian.store import StoreReader
from guandian.store.parts.store_rows import SIDES, opinion_rows


@dataclass(frozen=True, slots=True)
class SaidTwice:
    """What two models said of one review.

    Attributes:
        product, source: of the review.
        before, after: category, aspect and whether it is a complaint, of the opinions of each.
    """

    product: str | None
    source: str | None
    before: frozenset[tuple[str, str | None, bool]]
    after: frozenset[tuple[str, str | None, bool]]


def said_twice(reader: StoreReader, before: str, after: str) -> list[SaidTwice]:
    """What two models said, of reviews that are stored with both.

    Args:
        reader: of the store.
        before: a model, as `name@version`.
        after: the other one.
    """
    names = reader.aspect_names
    return [
        SaidTwice(
            later[0].product or None,
            later[0].source or None,
            _opinions(earlier, names),
            _opinions(later, names),
        )
        for earlier, later in reader.mined_by_both(before, after)
    ]


def _opinions(
    pair: tuple[Review, Mined], names: Mapping[str, str]
) -> frozenset[tuple[str, str | None, bool]]:
    review, mined = pair
    return frozenset(
        (row["category"], row["aspect"], row["polarity"] == min(SIDES.values()))
        for row in opinion_rows(review, mined, names)
    )
