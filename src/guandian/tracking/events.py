"""Events that a training run tells whoever watches it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Read:
    """A part of a set as it was read, so that later runs can be told from those on other data.

    Attributes:
        use: `learned` from, `scored` on, `compared` (the bundle with the model), or kept `apart`:
            no text of it is learned from.
        set: its name, or the path of a user's own file.
        part: of the set.
        groups: the group that was kept alone (`only NAME`) or left out (`without NAME`), if any.
        texts: how many, without those groups.
        sha256: of every text of the part with its annotations.
    """

    use: Literal["learned", "scored", "compared", "apart"]
    set: str
    part: str
    groups: str
    texts: int
    sha256: str


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
        data: the parts that were read.
        learned: digests of the texts that are learned from, those that the base has learned from
            among them; a log has them in a file of their own.
        known: of each dev set that the base has learned from, how many texts, and of how many.
    """

    counts: Mapping[str, int]
    dropped: Mapping[str, int]
    held_out: int
    lost: int
    tokens: int
    bad: tuple[str, ...] = ()
    data: tuple[Read, ...] = ()
    learned: frozenset[str] = frozenset()
    known: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resumed:
    """A training goes on behind `step` of `steps`, the last one too; `best` is its best dev mean, 0
    to 1, if any.
    """

    step: int
    steps: int
    best: float | None


@dataclass(frozen=True, slots=True)
class Stepped:
    """One optimiser step: losses by head, real tokens a second since the last event.

    `gigabytes` is the largest memory so far: of the GPU where there is one, else of the process.
    """

    step: int
    steps: int
    losses: Mapping[str, float]
    tokens_per_second: float
    gigabytes: float = 0.0


@dataclass(frozen=True, slots=True)
class Scored:
    """Dev scores (0 to 1) by `set/measure` after `step`; `best` when they are the best so far."""

    step: int
    scores: Mapping[str, float]
    mean: float
    best: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """Patience ended a training at `step` of `steps`: the last `stale` scorings were no better."""

    step: int
    steps: int
    stale: int


@dataclass(frozen=True, slots=True)
class Saved:
    """A checkpoint that `resume` can go on from."""

    step: int
    path: str


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase of the run begins: reading the sets, fitting the confidence, exporting the bundle,
    learning names beside it; of a language model writing its folders.
    """

    name: Literal["reading", "confidence", "exporting", "names", "writing"]


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
        candidates: for opinions, that the model finds in them.
        needed: of those, to fit anything.
        texts: that were learned from and held out together.
    """

    held_out: int
    candidates: int
    needed: int
    texts: int


@dataclass(frozen=True, slots=True)
class Stopping:
    """Ctrl-C was pressed: the step behind `step` is taken to its end, and kept."""

    step: int


@dataclass(frozen=True, slots=True)
class Few:
    """A training of so few steps begins that it will change the model little.

    Attributes:
        steps: of the whole training.
        texts: that an epoch sees, repeats counted.
        epochs: that were asked for.
        remedy: keys of the recipe with values that would give it enough.
    """

    steps: int
    texts: int
    epochs: float
    remedy: str


@dataclass(frozen=True, slots=True)
class Doubtful:
    """The bundle finds less than the model in a sample that is too small to say that it does.

    Attributes:
        name: of the set, or `pooled`.
        reviews: of the sample.
        change: of quad F1, bundle less model, with the ends `low` and `high` of its interval.
    """

    name: str
    reviews: int
    change: float
    low: float
    high: float


Event = (
    Phase
    | Began
    | Ready
    | Few
    | Resumed
    | Stepped
    | Scored
    | Ended
    | Saved
    | Unfitted
    | Doubtful
    | Stopping
)
OnEvent = Callable[[Event], None]
LOGGED_PHASES = ("phase", "stage")
"""The names of a `Phase` in a log; those of runs by 0.5.0 and before say the second."""


def ignore(event: Event) -> None:
    """Watch nothing."""


class Place:
    """Follows events to know which of a recipe's trainings they are of.

    Attributes:
        stage: its name; empty in the recipe's own training, which is the last.
    """

    def __init__(self) -> None:
        self.stage = ""
        self._next = ""

    def follow(self, event: Event) -> None:
        """Take note of the next event."""
        if isinstance(event, Began):
            self._next = event.name
        elif isinstance(event, Phase) and event.name == "reading":
            self.stage, self._next = self._next, ""
