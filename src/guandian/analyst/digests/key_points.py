"""The key points of a selection of a store: aspect by polarity, with prevalence and quotes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from guandian.analyst.digests.digest import Digest, DigestBy, KeyPoint
from guandian.analyst.digests.quote_choice import Place, choose_quotes
from guandian.domain import Polarity
from guandian.evaluation.correction import Correction
from guandian.store import Row, Selection
from guandian.store.snapshot import StoreReader

POOL = 60
"""Opinions, the surest, among which the quotes of a point are looked for."""
_SIDES = (Polarity.NEGATIVE, Polarity.POSITIVE)


@dataclass(frozen=True, slots=True)
class DigestSize:
    """How much a summary tells.

    Attributes:
        points: of each side, at most.
        quotes: of each point, at most.
        least: reviews that must share a point.
    """

    points: int = 5
    quotes: int = 2
    least: int = 1


def make_digest(
    reader: StoreReader,
    selection: Selection,
    size: DigestSize | None = None,
    by: DigestBy = "aspect",
    *,
    correction: Correction | None = None,
    hidden: Collection[str] = (),
) -> Digest:
    """Sum up what a selection says: every number is what the store answers for it.

    Args:
        reader: of one state of the store.
        selection: of the opinions; with a polarity, points of that side alone.
        size: how much is told.
        by: what the points are told by.
        correction: of the overview's net, by the model's own rates.
        hidden: categories that are no points.
    """
    size = size or DigestSize()
    sides = _SIDES if selection.polarity is None else (selection.polarity,)
    used: set[Place] = set()
    points = []
    for side in sides:
        chosen = replace(selection, polarity=side)
        rows = reader.breakdown(chosen, by, 3 * size.points + len(hidden))
        rows = [r for r in rows if r.tally.reviews >= size.least and r.key not in hidden]
        rows.sort(key=lambda row: -row.tally.reviews)
        for row in rows[: size.points]:
            point = _point(reader, chosen, row, by, size.quotes, used)
            used.update((quote.review, quote.span) for quote in point.quotes)
            points.append(point)
    overview = reader.overview(selection, correction)
    named = sum(row.tally.opinions for row in reader.breakdown(selection, by))
    return Digest(by, overview, tuple(points), overview.opinions - named)


def _point(
    reader: StoreReader,
    chosen: Selection,
    row: Row,
    by: DigestBy,
    quotes: int,
    used: Collection[Place],
) -> KeyPoint:
    behind = (
        replace(chosen, aspects=(row.key,))
        if by == "aspect"
        else replace(chosen, categories=(row.key,))
    )
    candidates = reader.opinions(behind, limit=POOL).items
    assert chosen.polarity is not None
    return KeyPoint(
        row.key,
        row.name,
        chosen.polarity,
        row.tally.reviews,
        row.tally.opinions,
        row.share,
        tuple(choose_quotes(candidates, quotes, used)),
    )
