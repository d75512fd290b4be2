"""Declared labels of whole reviews: classes, classes that apply, ranks and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Label, LabelHead, LabelKind, Labelled, LabelValue
from guandian.errors import GuandianError
from guandian.evaluation.intervals.bootstrap import Interval, f1, interval
from guandian.evaluation.metrics.classification import LabelScores, score_labels
from guandian.evaluation.metrics.scores import PRF

_FINE = 1_000_000
"""Parts of a unit in which errors of numbers are counted, so that draws add up whole numbers."""


@dataclass(frozen=True, slots=True)
class Distances:
    """Distances of numbers from the gold; those of an `ordinal` are its ranks, from 0.

    Attributes:
        mae, rmse: the mean absolute error and the root of the mean squared one, in units of the
            scale or ranks.
        accuracy: the share that is right once rounded to whole numbers.
        kappa: agreement beyond chance, disagreements weighed by the square of their distance
            (Cohen 1968); of an `ordinal`, None where both sides use one class alone.
        spearman: the correlation of the ranks; None where one side never varies.
    """

    mae: float
    rmse: float
    accuracy: float
    kappa: float | None
    spearman: float | None


@dataclass(frozen=True, slots=True)
class LabelResult:
    """One declared label, on the reviews that are annotated with it.

    Attributes:
        classes: of `single` and `ordinal`: accuracy, F1 and the confusion matrix.
        by_class, micro, macro_f1: of `multi`: each class against the rest, pooled, and their mean.
        distances: of `ordinal` and `regression`.
        intervals: of `accuracy`, `mae` or `micro_f1`, those that the kind has.
        counts: per review, of the first of `intervals`; kept to compare systems.
    """

    kind: LabelKind
    reviews: int
    classes: LabelScores | None = None
    by_class: Mapping[str, PRF] = field(default_factory=dict)
    micro: PRF | None = None
    macro_f1: float | None = None
    distances: Distances | None = None
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    counts: NDArray[np.int64] = field(
        default_factory=lambda: np.zeros((0, 2), np.int64), repr=False, compare=False
    )

    def to_json(self) -> dict[str, object]:
        """Every figure that the kind has, by its name."""
        figures: dict[str, object] = {"kind": self.kind, "reviews": self.reviews}
        if self.classes:
            figures |= self.classes.to_json()
        if self.micro:
            by_class = {name: prf.to_json() for name, prf in self.by_class.items()}
            figures |= {"micro": self.micro.to_json(), "macro_f1": self.macro_f1}
            figures["by_label"] = by_class
        if self.distances:
            figures["distances"] = asdict(self.distances)
        figures["intervals"] = {name: figure.to_json() for name, figure in self.intervals.items()}
        return figures


class Answered(Protocol):
    """An answer that may hold labels; None: the system knows of none."""

    @property
    def labels(self) -> Mapping[str, Label] | None:
        """Labels by name."""


def score_declared(
    examples: Sequence[Labelled],
    answers: Sequence[Answered],
    heads: Sequence[LabelHead],
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, LabelResult]:
    """Score each label on the reviews that have it in the gold and in the answer.

    Args:
        examples: with the gold.
        answers: to the same reviews.
        heads: as the system declares them. Labels without one are taken for what the answers
            are: numbers, lists of classes, or single classes without an order.
        resamples: draws of the bootstrap.
        seed: of it.

    Raises:
        GuandianError: a gold value that does not fit its head.
    """
    results = {}
    declared = {head.name: head for head in heads}
    for name in dict.fromkeys([*declared, *(n for a in answers for n in a.labels or ())]):
        rows = [
            (example, example.labels[name], answer.labels[name].value)
            for example, answer in zip(examples, answers, strict=True)
            if name in example.labels and answer.labels and name in answer.labels
        ]
        if rows:
            head = declared.get(name) or _shown(name, [pair[1:] for pair in rows])
            gold = [_accepted(head, example, value) for example, value, _ in rows]
            predicted = [value for _, _, value in rows]
            results[name] = score_label(head, gold, predicted, resamples=resamples, seed=seed)
    return results


def score_label(
    head: LabelHead,
    gold: Sequence[LabelValue],
    predicted: Sequence[LabelValue],
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> LabelResult:
    """Score one label; both sides as `LabelHead.accept` gives them, at least one review."""
    if head.kind == "multi":
        return _multi(head, gold, predicted, resamples, seed)
    right = np.array([label == answer for label, answer in zip(gold, predicted, strict=True)])
    counts = np.column_stack([right, np.ones(len(right))]).astype(np.int64)
    if head.kind == "single":
        return LabelResult(
            head.kind,
            len(gold),
            classes=_classes(head, gold, predicted),
            intervals={"accuracy": interval(counts, share, resamples=resamples, seed=seed)},
            counts=counts,
        )
    ours, theirs, (low, high) = _places(head, gold), _places(head, predicted), head.scale
    far = np.rint(np.abs(ours - theirs) * _FINE)
    errors = np.column_stack([far, np.full(len(far), _FINE)]).astype(np.int64)
    ordinal = head.kind == "ordinal"
    if not ordinal:
        counts[:, 0] = np.rint(ours) == np.rint(theirs)
    return LabelResult(
        head.kind,
        len(gold),
        classes=_classes(head, gold, predicted) if ordinal else None,
        distances=_distances(ours, theirs, len(head.classes)),
        intervals={
            "accuracy": interval(counts, share, resamples=resamples, seed=seed),
            "mae": interval(errors, share, most=high - low, resamples=resamples, seed=seed),
        },
        counts=counts,
    )


def main_figure(
    head: LabelHead, gold: Sequence[LabelValue], predicted: Sequence[LabelValue]
) -> float:
    """One figure in [0, 1], the higher the better, that training chooses by.

    The accuracy of `single`, the micro F1 of `multi`; of `ordinal` and `regression` one minus the
    mean absolute error as a share of the scale.
    """
    if head.kind == "multi":
        return PRF.of(_overlaps(gold, predicted)).f1
    if head.kind == "single":
        return float(
            np.mean([label == answer for label, answer in zip(gold, predicted, strict=True)])
        )
    low, high = head.scale
    return 1 - float(np.abs(_places(head, gold) - _places(head, predicted)).mean()) / (high - low)


def share(totals: NDArray[np.int64]) -> NDArray[np.float64]:
    """The first of `[..., 2]` over the second."""
    return np.asarray(totals[..., 0] / np.maximum(totals[..., 1], 1), dtype=np.float64)


def quadratic_kappa(
    ours: NDArray[np.int64], theirs: NDArray[np.int64], classes: int
) -> float | None:
    """Cohen's kappa of ranks [n], weighed quadratically; None where all are of one class."""
    table = np.zeros((classes, classes))
    np.add.at(table, (ours, theirs), 1)
    chance = np.outer(table.sum(1), table.sum(0)) / len(ours)
    ranks = np.arange(classes)
    cost = np.square(ranks[:, None] - ranks[None])
    expected = float((cost * chance).sum())
    return 1 - float((cost * table).sum()) / expected if expected else None


def spearman(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> float | None:
    """The correlation of ranks, equal values at the mean of theirs; None where one never varies."""
    our_ranks, their_ranks = (_ranks(values) for values in (ours, theirs))
    if not our_ranks.std() or not their_ranks.std():
        return None
    return float(np.corrcoef(our_ranks, their_ranks)[0, 1])


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[where]


def _distances(ours: NDArray[np.float64], theirs: NDArray[np.float64], classes: int) -> Distances:
    apart = ours - theirs
    return Distances(
        mae=float(np.abs(apart).mean()),
        rmse=float(np.sqrt(np.square(apart).mean())),
        accuracy=float((np.rint(ours) == np.rint(theirs)).mean()),
        kappa=quadratic_kappa(ours.astype(np.int64), theirs.astype(np.int64), classes)
        if classes
        else None,
        spearman=spearman(ours, theirs),
    )


def _multi(
    head: LabelHead,
    gold: Sequence[LabelValue],
    predicted: Sequence[LabelValue],
    resamples: int,
    seed: int,
) -> LabelResult:
    counts = _overlaps(gold, predicted)
    by_class = {}
    for name in head.classes:
        ours, theirs = ([name in _set(value) for value in values] for values in (gold, predicted))
        hits = sum(label and answer for label, answer in zip(ours, theirs, strict=True))
        by_class[name] = PRF(hits, sum(theirs), sum(ours))
    return LabelResult(
        head.kind,
        len(gold),
        by_class=by_class,
        micro=PRF.of(counts),
        macro_f1=float(np.mean([prf.f1 for prf in by_class.values()])),
        intervals={"micro_f1": interval(counts, f1, resamples=resamples, seed=seed)},
        counts=counts,
    )


def _overlaps(gold: Sequence[LabelValue], predicted: Sequence[LabelValue]) -> NDArray[np.int64]:
    """True positives, predicted and gold classes of each review, [n, 3]."""
    rows = [
        (len(_set(label) & _set(answer)), len(_set(answer)), len(_set(label)))
        for label, answer in zip(gold, predicted, strict=True)
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def _set(value: LabelValue) -> set[str]:
    return set(value) if isinstance(value, tuple) else {str(value)}


def _classes(
    head: LabelHead, gold: Sequence[LabelValue], predicted: Sequence[LabelValue]
) -> LabelScores:
    return score_labels([*map(str, gold)], [*map(str, predicted)], order=head.classes)


def _places(head: LabelHead, values: Sequence[LabelValue]) -> NDArray[np.float64]:
    """Numbers as they are, classes as ranks from 0, [n]."""
    if head.kind == "regression":
        return np.array(values, dtype=np.float64)
    return np.array([head.classes.index(str(value)) for value in values], dtype=np.float64)


def _accepted(head: LabelHead, example: Labelled, value: LabelValue) -> LabelValue:
    try:
        return head.accept(value)
    except ValueError as error:
        raise GuandianError(
            f"review {example.id}, labels.{head.name}: {error}",
            "score on reviews that are annotated as the system was trained",
        ) from None


def _shown(name: str, pairs: Sequence[tuple[LabelValue, LabelValue]]) -> LabelHead:
    """Guess the head of a label from its values, for a system that declares nothing."""
    values = [value for pair in pairs for value in pair]
    if all(isinstance(answer, int | float) for _, answer in pairs):
        numbers = [float(value) for value in values if isinstance(value, int | float)]
        return LabelHead(name, "regression", low=min(numbers) - 1, high=max(numbers) + 1)
    multi = any(isinstance(answer, tuple) for _, answer in pairs)
    names: set[str] = set()
    for value in values:
        many = value if isinstance(value, tuple) else (value,)
        names.update(choice if isinstance(choice, str) else f"{choice:g}" for choice in many)
    classes = tuple(sorted(names)) or ("none",)
    alone = len(classes) == 1 and not multi
    return LabelHead(
        name,
        "multi" if multi else "single",
        (*classes, f"not {classes[0]}") if alone else classes,
    )
