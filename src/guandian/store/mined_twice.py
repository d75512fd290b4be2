"""Reviews that two models mined: what each said of the same texts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from guandian.domain import Mined, Review
from guandian.store.parts.store_rows import SIDES, opinion_rows
from guandian.store.view import View
from guandian.text.aspect_names import synonyms

_MOST = 20_000


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


def said_twice(view: View, before: str, after: str) -> list[SaidTwice]:
    """What two models said, of up to 20,000 reviews that are stored with both.

    Args:
        view: of a tenant's store.
        before: a model, as `name@version`.
        after: the other one.
    """
    values = {"before": before, "after": after, "most": _MOST}
    rows: dict[str, dict[str, int]] = defaultdict(dict)
    for name, row, model in view.query("mined_twice", values):
        rows[name][model] = row
    both = [its for its in rows.values() if len(its) == 2]
    pairs = view.pairs([row for its in both for row in its.values()])
    names = {**synonyms(), **view.own_names}
    said = []
    for its in both:
        earlier, later = pairs[its[before]], pairs[its[after]]
        review = later[0]
        said.append(
            SaidTwice(
                review.product or None,
                review.source or None,
                _opinions(earlier, names),
                _opinions(later, names),
            )
        )
    return said


def _opinions(
    pair: tuple[Review, Mined], names: dict[str, str]
) -> frozenset[tuple[str, str | None, bool]]:
    review, mined = pair
    return frozenset(
        (row["category"], row["aspect"], row["polarity"] == min(SIDES.values()))
        for row in opinion_rows(review, mined, names)
    )
