"""The task `single`: one of the classes."""

from __future__ import annotations

from collections.abc import Sequence

from guandian.domain import Label, LabelValue
from guandian.evaluation.logits import softmax
from guandian.evaluation.metrics.review_labels import LabelResult, score_classes
from guandian.tasks.labels.declared_label import (
    DeclaredLabel,
    known_class,
    refuse_classes,
    rounded,
)
from guandian.tasks.task import Floats


class OneClass(DeclaredLabel):
    """One logit a class; the likeliest one is the answer."""

    @property
    def width(self) -> int:
        """A logit for each class."""
        return len(self.head.classes)

    def check(self) -> None:
        """Refuse fewer than two classes."""
        refuse_classes(self.head, 2)

    def accept(self, value: LabelValue) -> str:
        """The class by its name."""
        return known_class(self.head, value)

    def target(self, value: LabelValue) -> tuple[float, ...]:
        """1 at the class."""
        return tuple(float(name == value) for name in self.head.classes)

    def answer(self, logits: Floats) -> Label:
        """The likeliest class with its probability."""
        chances = self.beliefs(logits)
        best = int(chances.argmax())
        return Label(self.head.classes[best], rounded(chances[best]))

    def beliefs(self, logits: Floats) -> Floats:
        """The softmax of the logits."""
        return softmax(logits)

    def score(
        self,
        gold: Sequence[LabelValue],
        predicted: Sequence[LabelValue],
        *,
        resamples: int = 1000,
        seed: int = 0,
    ) -> LabelResult:
        """Accuracy, F1 and confusions; training chooses by the accuracy."""
        return score_classes(
            gold, predicted, classes=self.head.classes, resamples=resamples, seed=seed
        )
