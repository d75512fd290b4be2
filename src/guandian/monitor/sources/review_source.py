"""What every source of reviews does: it delivers, and is told what was stored."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from guandian.domain import Review
from guandian.errors import GuandianError

MOST = 5_000
"""Reviews that a source delivers at once."""


class SourceFailure(GuandianError):
    """A source gave nothing this time; the words hold no secret. It is asked again later."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What came and is no review.

    Attributes:
        reason: why it is none.
        content: what came, as text.
    """

    reason: str
    content: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a source gave.

    Attributes:
        reviews: to be mined and stored.
        dead: what came beside them and is no review.
        stored: called when all of it is kept; until then the source gives it again to the next
            process.
    """

    reviews: Sequence[Review] = ()
    dead: Sequence[DeadLetter] = ()
    stored: Callable[[], None] = field(default=lambda: None, repr=False)

    def __bool__(self) -> bool:
        return bool(self.reviews or self.dead)


def no_deliveries() -> Generator[Delivery]:
    """None at all."""
    yield from ()


def next_delivery(deliveries: Generator[Delivery]) -> Delivery | None:
    """The next one that holds anything; None at their end, where all before it was stored."""
    for delivery in deliveries:
        if delivery:
            return delivery
        delivery.stored()
    return None


class ReviewSource(Protocol):
    """Delivers reviews, each at least once."""

    @property
    def name(self) -> str:
        """By which people know it, without secrets."""

    def take(self, most: int, seconds: float) -> Delivery:
        """What is there now; empty where nothing is.

        Args:
            most: reviews at most.
            seconds: to wait for the first one, of sources that are told when there is one.

        Raises:
            SourceFailure: it cannot be read now.
        """

    def close(self) -> None:
        """Leave; what was delivered and not stored comes again."""
