"""The labels of whole reviews that a recipe declares."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticKnownError

from guandian.domain import LabelHead
from guandian.tasks.task_table import TASKS, task_of

RATING = "rating"
"""The label of a star rating: without classes or ends of its own it has one to five stars."""
_STARS = ("1", "2", "3", "4", "5")


def _listed(kind: str) -> str:
    """A kind that stands in the table of tasks."""
    if kind not in TASKS:
        names = ", ".join(f"'{name}'" for name in TASKS)
        raise PydanticKnownError("literal_error", {"expected": names})
    return kind


class Head(BaseModel):
    """A label of whole reviews.

    Attributes:
        name: such as `rating`; as `labels` of the data call it.
        kind: `single` (one of the classes), `multi` (any of them), `ordinal` (one, and their order
            means something), `regression` (a number), or what else the table of tasks lists.
        classes: for `ordinal` from lowest to highest; `rating` has 1 to 5 when unset.
        low: the lowest number of a `regression`; of `rating` 1 when unset.
        high: the highest; of `rating` 5 when unset.
        weight: what its loss counts for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str
    kind: Annotated[str, AfterValidator(_listed)]
    classes: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    weight: float = Field(1.0, ge=0, le=10**6)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        self.declared()
        return self

    def declared(self) -> LabelHead:
        """The label without what only training asks.

        Raises:
            ValueError: when kind and classes or ends do not fit each other.
        """
        classes, low, high = self.classes, self.low, self.high
        if self.name == RATING and not classes and low is high is None:
            if self.kind == "regression":
                low, high = 1.0, 5.0
            elif self.kind != "multi":
                classes = _STARS
        return task_of(LabelHead(self.name, self.kind, classes, low, high)).head
