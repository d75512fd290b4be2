"""The common part of the tasks of declared labels: one array, read from one place of the data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from guandian.domain import Label, LabelHead, Labelled, LabelValue
from guandian.evaluation.metrics.review_labels import LabelResult
from guandian.tasks.task import Floats

_DIGITS = 6


@dataclass(frozen=True)
class DeclaredLabel(ABC):
    """A task of the whole review with one array [B, K], and gold in its `labels`.

    Raises:
        ValueError: when kind and classes or ends of the declaration do not fit each other.
    """

    head: LabelHead

    def __post_init__(self) -> None:
        self.check()

    @property
    def name(self) -> str:
        """As data, answers and scores call it."""
        return self.head.name

    @property
    def output(self) -> str:
        """The name of its array."""
        return self.head.output

    def outputs(self) -> Mapping[str, int]:
        """Its array and the length of it."""
        return {self.output: self.width}

    def targets(self, example: Labelled) -> tuple[float, ...] | None:
        """The values that its array should hold; None where the review is not annotated.

        Raises:
            ValueError: as `accept`.
        """
        if self.name not in example.labels:
            return None
        return self.target(self.accept(example.labels[self.name]))

    def decode(self, arrays: Mapping[str, Floats]) -> Label:
        """The answer that its array [K] says."""
        return self.answer(arrays[self.output])

    def probabilities(self, arrays: Mapping[str, Floats]) -> Floats | None:
        """Of every class, [K]."""
        return self.beliefs(arrays[self.output])

    @property
    @abstractmethod
    def width(self) -> int:
        """K, the length of its array for one review."""

    @abstractmethod
    def check(self) -> None:
        """Refuse a declaration that cannot be.

        Raises:
            ValueError: naming what is asked for.
        """

    @abstractmethod
    def accept(self, value: LabelValue) -> LabelValue:
        """An annotated value as this label has it; whole numbers may name classes (4 is "4").

        Raises:
            ValueError: a value of another kind, a class that was not declared, a number outside
                the scale.
        """

    @abstractmethod
    def target(self, value: LabelValue) -> tuple[float, ...]:
        """The K numbers, each in [0, 1], that its array should hold for an accepted value."""

    @abstractmethod
    def answer(self, logits: Floats) -> Label:
        """The value that its array [K] stands for."""

    def beliefs(self, logits: Floats) -> Floats | None:
        """The probability of every class from its array [K]; None where it has no classes."""
        return None

    @abstractmethod
    def score(
        self,
        gold: Sequence[LabelValue],
        predicted: Sequence[LabelValue],
        *,
        resamples: int = 1000,
        seed: int = 0,
    ) -> LabelResult:
        """Figures of answers to annotated reviews, at least one; both sides accepted."""


def refuse_classes(head: LabelHead, least: int) -> None:
    """Refuse a declaration without enough classes, or with ends of a scale besides.

    Raises:
        ValueError: naming what is asked for.
    """
    ends = [end for end in (head.low, head.high) if end is not None]
    if ends or len(head.classes) < least or len({*head.classes}) < len(head.classes):
        raise ValueError(
            f"{head.name}: {head.kind} needs at least {least} different classes, no low or high"
        )


def known_classes(head: LabelHead, values: Sequence[str | float]) -> tuple[str, ...]:
    """Annotated classes by their names; numbers may stand for them.

    Raises:
        ValueError: one that was not declared.
    """
    names = tuple(value if isinstance(value, str) else f"{value:g}" for value in values)
    unknown = [name for name in names if name not in head.classes]
    if unknown:
        raise ValueError(f"unknown class {unknown[0]!r}; declared: {', '.join(head.classes)}")
    return names


def known_class(head: LabelHead, value: LabelValue) -> str:
    """The one annotated class by its name.

    Raises:
        ValueError: a list, or a class that was not declared.
    """
    if isinstance(value, tuple):
        raise ValueError(f"needs one class, got {list(value)}")
    return known_classes(head, [value])[0]


def rounded(value: float) -> float:
    """A probability or a number as answers have it."""
    return round(float(value), _DIGITS)
