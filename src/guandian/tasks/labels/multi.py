"""The task `multi`: any of the classes, perhaps none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from guandian.domain import Label, LabelValue
from guandian.evaluation.logits import sigmoid
from guandian.evaluation.metrics.review_labels import LabelResult, score_sets
from guandian.tasks.labels.declared_label import (
    DeclaredLabel,
    known_classes,
    refuse_classes,
    rounded,
)
from guandian.tasks.task import Floats


class Classes(DeclaredLabel):
    """One logit a class, each a yes or no of its own."""

    @property
    def width(self) -> int:
        """A logit for each class."""
        return len(self.head.classes)

    def check(self) -> None:
        """Refuse a label without classes."""
        refuse_classes(self.head, 1)

    def accept(self, value: LabelValue) -> tuple[str, ...]:
        """The classes by their names, in the order of the declaration."""
        if not isinstance(value, tuple):
            raise ValueError(f"needs a list of classes, got {value!r}")
        names = known_classes(self.head, value)
        return tuple(name for name in self.head.classes if name in names)

    def target(self, value: LabelValue) -> tuple[float, ...]:
        """1 at the classes that apply."""
        names = value if isinstance(value, tuple) else ()
        return tuple(float(name in names) for name in self.head.classes)

    def answer(self, logits: Floats) -> Label:
        """The classes that are likelier than not, with their probabilities."""
        chances = self.beliefs(logits)
        chosen = np.flatnonzero(chances > 0.5)
        names = tuple(self.head.classes[k] for k in chosen)
        return Label(names, tuple(rounded(chances[k]) for k in chosen))

    def beliefs(self, logits: Floats) -> Floats:
        """The sigmoid of each logit."""
        return sigmoid(logits)

    def score(
        self,
        gold: Sequence[LabelValue],
        predicted: Sequence[LabelValue],
        *,
        resamples: int = 1000,
        seed: int = 0,
    ) -> LabelResult:
        """F1 of each class and of all pooled, by which training chooses."""
        return score_sets(
            gold, predicted, classes=self.head.classes, resamples=resamples, seed=seed
        )
