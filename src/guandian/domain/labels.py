"""Labels of whole reviews that a recipe declares: a star rating, topics, and what was said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LabelKind = Literal["single", "multi", "ordinal", "regression"]
LabelValue = str | float | tuple[str, ...]
"""A class, a number, or the classes that apply."""


@dataclass(frozen=True, slots=True)
class Label:
    """The value of one declared label of a review.

    Attributes:
        value: the class (`single`, `ordinal`), the classes that apply (`multi`, perhaps none), or
            the number (`regression`).
        probability: of the class, or of each class that applies; None for a number.
    """

    value: LabelValue
    probability: float | tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class LabelHead:
    """A label of whole reviews, declared and never guessed from data.

    Attributes:
        name: such as `rating`; a word without blanks and dots.
        kind: `single` (one of the classes), `multi` (any of them), `ordinal` (one, and their order
            means something) or `regression` (a number).
        classes: at least two (`multi`: one), for `ordinal` from lowest to highest; none for
            `regression`.
        low, high: the ends of a `regression`'s scale.

    Raises:
        ValueError: when kind and classes or ends do not fit each other.
    """

    name: str
    kind: LabelKind
    classes: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if not self.name.replace("_", "").replace("-", "").isalnum() or len(self.name) > 64:
            raise ValueError(f"a label is called by one word of at most 64 characters: {self.name}")
        ends = [end for end in (self.low, self.high) if end is not None]
        if self.kind == "regression":
            if self.classes or len(ends) != 2 or not ends[0] < ends[1]:
                raise ValueError(f"{self.name}: a regression needs low < high, and no classes")
            return
        least = 1 if self.kind == "multi" else 2
        if ends or len(self.classes) < least or len({*self.classes}) < len(self.classes):
            raise ValueError(
                f"{self.name}: {self.kind} needs at least {least} different classes, no low or high"
            )

    @property
    def output(self) -> str:
        """The name of its array among a model's outputs."""
        return f"label.{self.name}"

    @property
    def width(self) -> int:
        """K, the length of its array for one review."""
        if self.kind == "regression":
            return 1
        return len(self.classes) - (self.kind == "ordinal")

    def accept(self, value: LabelValue) -> LabelValue:
        """An annotated value as this label has it; whole numbers may name classes (4 is "4").

        Raises:
            ValueError: a value of another kind, a class that was not declared, a number outside
                the scale.
        """
        if self.kind == "regression":
            if not isinstance(value, int | float):
                raise ValueError(f"needs a number, got {value!r}")
            low, high = self.scale
            if not low <= value <= high:
                raise ValueError(f"{value:g} is not between {low:g} and {high:g}")
            return float(value)
        if (self.kind == "multi") != isinstance(value, tuple):
            raise ValueError(
                f"needs {'a list of classes' if self.kind == 'multi' else 'one class'}, "
                f"got {list(value) if isinstance(value, tuple) else value!r}"
            )
        named = tuple(
            _class_name(label) for label in (value if isinstance(value, tuple) else [value])
        )
        unknown = [label for label in named if label not in self.classes]
        if unknown:
            raise ValueError(f"unknown class {unknown[0]!r}; declared: {', '.join(self.classes)}")
        return tuple(c for c in self.classes if c in named) if self.kind == "multi" else named[0]

    @property
    def scale(self) -> tuple[float, float]:
        """The ends of a regression's scale; an ordinal's classes count from 0."""
        if self.low is None or self.high is None:
            return 0.0, float(max(len(self.classes) - 1, 1))
        return self.low, self.high


def _class_name(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"
