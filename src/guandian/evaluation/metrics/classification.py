"""One label a review: accuracy, precision, recall, F1 and the confusion matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Polarity, Sentiment
from guandian.evaluation.metrics.scores import PRF


@dataclass(frozen=True, slots=True)
class LabelScores:
    """Scores of a choice among `labels`.

    Attributes:
        labels: in the order of the matrix; those that neither gold nor prediction uses are out.
        confusion: `[gold][predicted]` counts.
        macro_precision, macro_recall, macro_f1: plain means over `labels`.
        micro: pooled over labels; with one label a review its three rates equal the accuracy.
        by_label: each label against the rest.
    """

    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    accuracy: float
    macro_precision: float
    macro_recall: float
    macro_f1: float
    micro: PRF
    by_label: Mapping[str, PRF]

    def to_json(self) -> dict[str, object]:
        """Every figure by its name."""
        return {
            "labels": list(self.labels),
            "confusion": [list(row) for row in self.confusion],
            "accuracy": self.accuracy,
            "macro_precision": self.macro_precision,
            "macro_recall": self.macro_recall,
            "macro_f1": self.macro_f1,
            "micro": self.micro.to_json(),
            "by_label": {label: prf.to_json() for label, prf in self.by_label.items()},
        }


def score_labels(
    gold: Sequence[str], predicted: Sequence[str], *, order: Sequence[str] = ()
) -> LabelScores:
    """Score one predicted label a review; `order` puts labels first that would sort otherwise.

    Raises:
        ValueError: when the lengths differ.
    """
    labels = labels_in_use(gold, predicted, order=order)
    size = len(labels)
    totals = label_cells(gold, predicted, labels).sum(axis=0, dtype=np.int64)
    matrix = totals.reshape(size, size)
    by_label = {
        label: PRF(int(matrix[i, i]), int(matrix[:, i].sum()), int(matrix[i].sum()))
        for i, label in enumerate(labels)
    }
    rates = [(prf.precision, prf.recall, prf.f1) for prf in by_label.values()]
    means = [float(mean) for mean in np.mean(rates, axis=0)] if rates else [0.0, 0.0, 0.0]
    micro = PRF(int(np.trace(matrix)), len(gold), len(gold))
    return LabelScores(
        labels=labels,
        confusion=tuple(tuple(int(count) for count in row) for row in matrix),
        accuracy=micro.recall,
        macro_precision=means[0],
        macro_recall=means[1],
        macro_f1=means[2],
        micro=micro,
        by_label=by_label,
    )


def labels_in_use(*columns: Sequence[str], order: Sequence[str] = ()) -> tuple[str, ...]:
    """The labels that stand in any of `columns`: those of `order` first, the rest sorted."""
    used = {str(label) for column in columns for label in column}
    first = [str(label) for label in order if str(label) in used]
    return (*first, *sorted(used.difference(first)))


def label_cells(
    gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]
) -> NDArray[np.int64]:
    """Mark the cell of the flattened confusion matrix of each review, `[n, k * k]` of 0 and 1.

    Raises:
        ValueError: when the lengths differ.
    """
    if len(gold) != len(predicted):
        raise ValueError(f"{len(gold)} gold labels against {len(predicted)} predicted ones")
    index = {label: i for i, label in enumerate(labels)}
    size = len(labels)
    cells = np.zeros((len(gold), size * size), dtype=np.int64)
    for row, (ours, theirs) in enumerate(zip(gold, predicted, strict=True)):
        cells[row, index[str(ours)] * size + index[str(theirs)]] = 1
    return cells


def accuracy(totals: NDArray[np.int64]) -> NDArray[np.float64]:
    """The share on the diagonal `[...]` of flattened confusion matrices `[..., k * k]`."""
    diagonal = _square(totals).diagonal(axis1=-2, axis2=-1).sum(axis=-1)
    return np.asarray(diagonal / np.maximum(totals.sum(axis=-1), 1), dtype=np.float64)


def macro_f1(totals: NDArray[np.int64]) -> NDArray[np.float64]:
    """The mean F1 over labels `[...]` of flattened confusion matrices `[..., k * k]`."""
    matrix = _square(totals)
    denominators = matrix.sum(axis=-1) + matrix.sum(axis=-2)
    right = matrix.diagonal(axis1=-2, axis2=-1)
    return np.asarray((2.0 * right / np.maximum(denominators, 1)).mean(axis=-1), dtype=np.float64)


def binary_label(sentiment: Sentiment) -> Polarity:
    """p(positive) against p(negative): how a set without neutral reviews is scored."""
    return Polarity.POSITIVE if sentiment.positive >= sentiment.negative else Polarity.NEGATIVE


def _square(totals: NDArray[np.int64]) -> NDArray[np.int64]:
    size = round(totals.shape[-1] ** 0.5)
    return totals.reshape(*totals.shape[:-1], size, size)
