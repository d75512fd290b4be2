"""What changed between two windows of time, and why."""

from __future__ import annotations

from datetime import date
from typing import Literal

from guandian.evaluation.changes import Cause, Side
from guandian.service.schemas.answer_schemas import IntervalOut, OpinionOut
from guandian.service.schemas.strict import Outgoing


class WindowOut(Outgoing):
    """A window of whole days, and what was said in it."""

    since: date
    until: date
    reviews: int
    opinions: int
    net: IntervalOut | None


class VolumeOut(Outgoing):
    """How much more was said; `ratio` is later over earlier."""

    ratio: IntervalOut | None
    difference: IntervalOut
    significant: bool


class CauseSide(Outgoing):
    """A group in one window: its opinions, their share of all, and their net."""

    opinions: float
    share: float
    net: IntervalOut | None

    @classmethod
    def of(cls, side: Side) -> CauseSide:
        """One side of a cause; its net is a value alone, so both ends are it."""
        net = side.net
        shown = None if net is None else IntervalOut(value=net, low=net, high=net)
        return cls(opinions=side.opinions, share=side.share, net=shown)


class CauseOut(Outgoing):
    """A group whose share (mix) or net (rate) changed; what is null takes all."""

    kind: Literal["mix", "rate"]
    category: str | None
    aspect: str | None
    product: str | None
    source: str | None
    effect: IntervalOut
    before: CauseSide
    after: CauseSide
    chance: float
    quotes: list[OpinionOut]

    @classmethod
    def of(cls, cause: Cause, quotes: list[OpinionOut]) -> CauseOut:
        """A cause with the quotes behind it."""
        effect = IntervalOut.of(cause.effect)
        assert effect is not None
        return cls(
            kind=cause.kind,
            category=cause.category,
            aspect=cause.aspect,
            product=cause.product,
            source=cause.source,
            effect=effect,
            before=CauseSide.of(cause.before),
            after=CauseSide.of(cause.after),
            chance=cause.chance,
            quotes=quotes,
        )


class ChangesAnswer(Outgoing):
    """The change of the net from one window to the other; causes and remainder add up to it.

    `before` and `after` are null where the reviews do not reach over two windows.
    """

    unit: str | None
    before: WindowOut | None
    after: WindowOut | None
    change: IntervalOut | None
    significant: bool
    volume: VolumeOut | None
    causes: list[CauseOut]
    remainder: float
    corrected: bool
