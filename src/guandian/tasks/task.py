"""What a task is: its heads, its targets, how its arrays are read and how its answers are scored.

A task is a module with a class that implements `Task`, a row in the table `tasks.task_table.TASKS`,
and a row of the same name in `modeling.heads.label_heads.HEADS` with its network and its loss.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Label, LabelHead, Labelled, LabelValue
from guandian.evaluation.metrics.review_labels import LabelResult

Floats = NDArray[np.float64]


class Task(Protocol):
    """One question about a whole review, as a recipe declares it."""

    @property
    def head(self) -> LabelHead:
        """The declaration: name, kind, and classes or ends of the scale."""

    @property
    def name(self) -> str:
        """As data, answers and scores call it."""

    def outputs(self) -> Mapping[str, int]:
        """The arrays [B, K] that it reads, each with its K."""

    def accept(self, value: LabelValue) -> LabelValue:
        """An annotated value as this task has it.

        Raises:
            ValueError: one that cannot be.
        """

    def targets(self, example: Labelled) -> tuple[float, ...] | None:
        """The values that its arrays, side by side, should hold; None where not annotated."""

    def decode(self, arrays: Mapping[str, Floats]) -> Label:
        """The answer that the arrays [K] of one review say."""

    def probabilities(self, arrays: Mapping[str, Floats]) -> Floats | None:
        """Of every class [K]; None for a task without classes."""

    def score(
        self,
        gold: Sequence[LabelValue],
        predicted: Sequence[LabelValue],
        *,
        resamples: int = 1000,
        seed: int = 0,
    ) -> LabelResult:
        """Figures of the answers to reviews that are annotated, at least one; values accepted."""
