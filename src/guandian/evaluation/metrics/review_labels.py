"""Declared labels of whole reviews: classes, classes that apply, ranks and numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Label, Labelled, LabelValue
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
        main: one figure in [0, 1], the higher the better, that training chooses by.
    """

    kind: str
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
    main: float = field(default=0.0, repr=False, compare=False)

    def to_json(self) -> dict[str, object]:
        """Every figure that the kind has, by its name; `main` follows from them."""
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


class LabelScorer(Protocol):
    """A declared label that knows which gold it accepts and by which figures it is scored."""

    @property
    def name(self) -> str:
        """As gold and answers call it."""

    def accept(self, value: LabelValue) -> LabelValue:
        """The gold value as the label has it; ValueError for one that cannot be."""

    def score(
        self,
        gold: Sequence[LabelValue],
        predicted: Sequence[LabelValue],
        *,
        resamples: int = 1000,
        seed: int = 0,
    ) -> LabelResult:
        """Figures of accepted values, at least one."""


def score_declared(
    examples: Sequence[Labelled],
    answers: Sequence[Answered],
    tasks: Sequence[LabelScorer],
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, LabelResult]:
    """Score each label on the reviews that have it in the gold and in the answer.

    Args:
        examples: with the gold.
        answers: to the same reviews.
        tasks: as the system declares them. Labels without one are taken for what the answers
            are: numbers, lists of classes, or single classes without an order.
        resamples: draws of the bootstrap.
        seed: of it.

    Raises:
        GuandianError: a gold value that does not fit its task.
    """
    results = {}
    declared = {task.name: task for task in tasks}
    for name in dict.fromkeys([*declared, *(n for a in answers for n in a.labels or ())]):
        rows = [
            (example, example.labels[name], answer.labels[name].value)
            for example, answer in zip(examples, answers, strict=True)
            if name in example.labels and answer.labels and name in answer.labels
        ]
        if rows:
            gold = [(example, value) for example, value, _ in rows]
            predicted, task = [value for _, _, value in rows], declared.get(name)
            if task is None:
                results[name] = _undeclared(name, gold, predicted, resamples, seed)
            else:
                accepted = _accepted(name, task.accept, gold)
                results[name] = task.score(accepted, predicted, resamples=resamples, seed=seed)
    return results


def score_classes(
    gold: Sequence[LabelValue],
    predicted: Sequence[LabelValue],
    *,
    classes: Sequence[str],
    resamples: int = 1000,
    seed: int = 0,
) -> LabelResult:
    """Score one class a review; `main` is the accuracy."""
    counts = _agreements(gold, predicted)
    return LabelResult(
        "single",
        len(gold),
        classes=score_labels([*map(str, gold)], [*map(str, predicted)], order=classes),
        intervals={"accuracy": interval(counts, share, resamples=resamples, seed=seed)},
        counts=counts,
        main=float(np.mean(counts[:, 0])),
    )


def score_sets(
    gold: Sequence[LabelValue],
    predicted: Sequence[LabelValue],
    *,
    classes: Sequence[str],
    resamples: int = 1000,
    seed: int = 0,
) -> LabelResult:
    """Score the classes that apply to each review; `main` is the micro F1."""
    counts = _overlaps(gold, predicted)
    by_class = {}
    for name in classes:
        ours, theirs = ([name in _set(value) for value in values] for values in (gold, predicted))
        hits = sum(label and answer for label, answer in zip(ours, theirs, strict=True))
        by_class[name] = PRF(hits, sum(theirs), sum(ours))
    micro = PRF.of(counts)
    return LabelResult(
        "multi",
        len(gold),
        by_class=by_class,
        micro=micro,
        macro_f1=float(np.mean([prf.f1 for prf in by_class.values()])),
        intervals={"micro_f1": interval(counts, f1, resamples=resamples, seed=seed)},
        counts=counts,
        main=micro.f1,
    )


def score_ranks(
    gold: Sequence[LabelValue],
    predicted: Sequence[LabelValue],
    *,
    classes: Sequence[str],
    resamples: int = 1000,
    seed: int = 0,
) -> LabelResult:
    """Score one class of an order; `main` is one minus the mean error as a share of the ranks."""
    ours, theirs = (_ranked(values, classes) for values in (gold, predicted))
    counts, most = _agreements(gold, predicted), float(max(len(classes) - 1, 1))
    distances = _distances(ours, theirs, len(classes))
    return LabelResult(
        "ordinal",
        len(gold),
        classes=score_labels([*map(str, gold)], [*map(str, predicted)], order=classes),
        distances=distances,
        intervals=_error_intervals(counts, ours - theirs, most, resamples, seed),
        counts=counts,
        main=1 - distances.mae / most,
    )


def score_numbers(
    gold: Sequence[LabelValue],
    predicted: Sequence[LabelValue],
    *,
    scale: tuple[float, float],
    resamples: int = 1000,
    seed: int = 0,
) -> LabelResult:
    """Score numbers; `main` is one minus the mean error as a share of the scale."""
    ours, theirs = (np.array(values, dtype=np.float64) for values in (gold, predicted))
    counts, most = _agreements(np.rint(ours), np.rint(theirs)), scale[1] - scale[0]
    distances = _distances(ours, theirs, 0)
    return LabelResult(
        "regression",
        len(gold),
        distances=distances,
        intervals=_error_intervals(counts, ours - theirs, most, resamples, seed),
        counts=counts,
        main=1 - distances.mae / most,
    )


def _agreements(gold: Iterable[object], predicted: Iterable[object]) -> NDArray[np.int64]:
    """1 where both sides of a review are equal, and 1, [n, 2]."""
    return np.array(
        [(label == answer, 1) for label, answer in zip(gold, predicted, strict=True)],
        dtype=np.int64,
    )


def _error_intervals(
    counts: NDArray[np.int64],
    errors: NDArray[np.float64],
    most: float,
    resamples: int,
    seed: int,
) -> dict[str, Interval]:
    fine = np.rint(np.abs(errors) * _FINE)
    fractions = np.column_stack([fine, np.full(len(fine), _FINE)]).astype(np.int64)
    return {
        "accuracy": interval(counts, share, resamples=resamples, seed=seed),
        "mae": interval(fractions, share, most=most, resamples=resamples, seed=seed),
    }


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


def _overlaps(gold: Sequence[LabelValue], predicted: Sequence[LabelValue]) -> NDArray[np.int64]:
    """True positives, predicted and gold classes of each review, [n, 3]."""
    rows = [
        (len(_set(label) & _set(answer)), len(_set(answer)), len(_set(label)))
        for label, answer in zip(gold, predicted, strict=True)
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def _set(value: LabelValue) -> set[str]:
    return set(value) if isinstance(value, tuple) else {str(value)}


def _ranked(values: Sequence[LabelValue], classes: Sequence[str]) -> NDArray[np.float64]:
    """Classes as ranks from 0, [n]."""
    return np.array([classes.index(str(value)) for value in values], dtype=np.float64)


def _accepted(
    name: str,
    accept: Callable[[LabelValue], LabelValue],
    gold: Sequence[tuple[Labelled, LabelValue]],
) -> list[LabelValue]:
    """The gold values as the task has them.

    Raises:
        GuandianError: naming the review of one that cannot be.
    """
    accepted = []
    for example, value in gold:
        try:
            accepted.append(accept(value))
        except ValueError as error:
            raise GuandianError(
                f"review {example.id}, labels.{name}: {error}",
                "score on reviews that are annotated as the system was trained",
            ) from None
    return accepted


def _undeclared(
    name: str,
    gold: Sequence[tuple[Labelled, LabelValue]],
    predicted: Sequence[LabelValue],
    resamples: int,
    seed: int,
) -> LabelResult:
    """Score by what the values show a label to be, for a system that declares nothing."""
    draws = {"resamples": resamples, "seed": seed}
    if all(isinstance(value, int | float) for value in predicted):
        numbers = _accepted(name, _number, gold)
        every = [float(value) for value in (*numbers, *predicted) if isinstance(value, int | float)]
        return score_numbers(numbers, predicted, scale=(min(every) - 1, max(every) + 1), **draws)
    multi = any(isinstance(value, tuple) for value in predicted)
    accepted = _accepted(name, _names if multi else _name, gold)
    classes = sorted(set[str]().union(*map(_set, (*accepted, *predicted)))) or ["none"]
    score = score_sets if multi else score_classes
    return score(accepted, predicted, classes=classes, **draws)


def _number(value: LabelValue) -> LabelValue:
    if not isinstance(value, int | float):
        raise ValueError(f"needs a number, got {value!r}")
    return float(value)


def _names(value: LabelValue) -> LabelValue:
    if not isinstance(value, tuple):
        raise ValueError(f"needs a list of classes, got {value!r}")
    return value


def _name(value: LabelValue) -> LabelValue:
    if isinstance(value, tuple):
        raise ValueError(f"needs one class, got {list(value)}")
    return value if isinstance(value, str) else f"{value:g}"
