"""What a training run tells whoever watches it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Ready:
    """The data is ready: what an epoch holds.

    Attributes:
        counts: texts by set.
        dropped: texts by set that stood in some dev part.
        held_out: texts kept to fit the confidence on.
        lost: annotations that no window holds.
        tokens: in an epoch, repeats counted.
        bad: rows that could not be read and are left out, one message each.
    """

    counts: Mapping[str, int]
    dropped: Mapping[str, int]
    held_out: int
    lost: int
    tokens: int
    bad: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stepped:
    """One optimiser step: losses by head, real tokens a second since the last event."""

    step: int
    steps: int
    losses: Mapping[str, float]
    tokens_per_second: float


@dataclass(frozen=True, slots=True)
class Scored:
    """Dev scores (0 to 1) by `set/measure` after `step`; `best` when they are the best so far."""

    step: int
    scores: Mapping[str, float]
    mean: float
    best: bool


@dataclass(frozen=True, slots=True)
class Saved:
    """A checkpoint that `resume` can go on from."""

    step: int
    path: str


@dataclass(frozen=True, slots=True)
class Stage:
    """What the run turns to: reading the sets, fitting the confidence, exporting the bundle."""

    name: Literal["reading", "confidence", "exporting"]


@dataclass(frozen=True, slots=True)
class Began:
    """A stage of the recipe begins, the `number`-th of `count` before its own training."""

    name: str
    number: int
    count: int


@dataclass(frozen=True, slots=True)
class Unfitted:
    """Opinions were learned, but too few texts were held out to fit their confidence anew.

    Attributes:
        held_out: how many there were.
    """

    held_out: int


Event = Stage | Began | Ready | Stepped | Scored | Saved | Unfitted
OnEvent = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Watch nothing."""
