"""Labels of whole reviews that a recipe declares: a star rating, topics, and what was said."""

from __future__ import annotations

from dataclasses import dataclass

LabelValue = str | float | tuple[str, ...]
"""A class, a number, or the classes that apply."""


@dataclass(frozen=True, slots=True)
class Label:
    """The value of one declared label of a review.

    Attributes:
        value: the class, the classes that apply (perhaps none), or the number.
        probability: of the class, or of each class that applies; None for a number.
    """

    value: LabelValue
    probability: float | tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class LabelHead:
    """A label of whole reviews, declared and never guessed from data.

    Attributes:
        name: such as `rating`; a word without blanks and dots.
        kind: the name of its task in the table of tasks, such as `single` or `regression`.
        classes: that its task tells apart, for `ordinal` from lowest to highest; none for a number.
        low, high: the ends of a number's scale.

    Raises:
        ValueError: for a name that cannot be.
    """

    name: str
    kind: str
    classes: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if not self.name.replace("_", "").replace("-", "").isalnum() or len(self.name) > 64:
            raise ValueError(f"a label is called by one word of at most 64 characters: {self.name}")

    @property
    def output(self) -> str:
        """The name of its array among a model's outputs."""
        return f"label.{self.name}"
