"""Results of an evaluation, task by task: plain records that go to JSON, a terminal or a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean, stdev

import numpy as np
from numpy.typing import NDArray

from guandian.evaluation.calibration import Calibration
from guandian.evaluation.error_analysis import ErrorKind
from guandian.evaluation.intervals.bootstrap import (
    Interval,
    PairedDifference,
    f1,
    paired_difference,
)
from guandian.evaluation.metrics.classification import LabelScores
from guandian.evaluation.metrics.entities import EntityScores
from guandian.evaluation.metrics.overlap import Overlap
from guandian.evaluation.metrics.review_labels import LabelResult, share
from guandian.evaluation.metrics.scores import Counts
from guandian.evaluation.metrics.tuples import MEASURES, Mode, TupleScores
from guandian.evaluation.net_sentiment import PolarityRates

FORMAT = "guandian-evaluation/1"


@dataclass(frozen=True, slots=True)
class OpinionResult:
    """Opinions of the reviews that are annotated with them.

    Attributes:
        reviews: how many those are.
        intervals: of the F1 of each of `MEASURES`.
        errors: how often each kind of error happened; no wrong category without categories.
        polarity, category: the choice among labels where a pair was found (and stands once on
            both sides); `category` is None in a set without categories.
        calibration: of the confidence that a quad is exactly right; None without confidences.
        overlap: what is found and right when overlapping words of one polarity are enough.
        counts: per-review counts of each of `MEASURES`, `[n, 3]`; kept to compare systems.
        rates: what was found and missed of each polarity, which a net is corrected by.
    """

    reviews: int
    scores: TupleScores
    intervals: Mapping[str, Interval]
    errors: Mapping[ErrorKind, int]
    polarity: LabelScores
    category: LabelScores | None
    calibration: Calibration | None
    overlap: Overlap
    counts: Mapping[str, Counts] = field(repr=False, compare=False)
    rates: PolarityRates = field(repr=False, compare=False)

    @property
    def with_categories(self) -> bool:
        """Tell whether the gold has categories; without, quads are triplets and have no figure."""
        return bool(self.scores.by_category)

    @property
    def measures(self) -> tuple[str, ...]:
        """The names of `MEASURES` that mean what they are called."""
        return tuple(name for name in MEASURES if self.with_categories or name != "quad")

    def to_json(self) -> dict[str, object]:
        """Every figure by its name; null where it needs categories and there are none."""
        intervals = _intervals({name: self.intervals[name] for name in self.measures})
        return {
            "reviews": self.reviews,
            "with_categories": self.with_categories,
            **self.scores.to_json(),
            "f1_intervals": dict.fromkeys(MEASURES) | intervals,
            "errors": {kind.value: self.errors.get(kind) for kind in ErrorKind},
            "polarity_of_found_pairs": self.polarity.to_json(),
            "category_of_found_pairs": self.category and self.category.to_json(),
            "calibration": self.calibration and self.calibration.to_json(),
            "overlap": self.overlap.to_json(),
            "found_right": self.rates.to_json(),
        }


@dataclass(frozen=True, slots=True)
class SentimentResult:
    """The sentiment of whole reviews.

    Attributes:
        binary: the set has no neutral reviews, so p(positive) was compared with p(negative).
        intervals: of `accuracy` and `macro_f1`.
        calibration: of the probability of the label that was chosen.
        right: `[n, 2]`, 1 where the label was right, and 1; kept to compare systems.
    """

    reviews: int
    binary: bool
    scores: LabelScores
    intervals: Mapping[str, Interval]
    calibration: Calibration
    right: NDArray[np.int64] = field(repr=False, compare=False)

    def to_json(self) -> dict[str, object]:
        """Every figure by its name."""
        return {
            "reviews": self.reviews,
            "binary": self.binary,
            **self.scores.to_json(),
            "intervals": _intervals(self.intervals),
            "calibration": self.calibration.to_json(),
        }


@dataclass(frozen=True, slots=True)
class EntityResult:
    """Entities of the reviews that are annotated with them; `interval` is of micro F1."""

    reviews: int
    scores: EntityScores
    interval: Interval
    counts: Counts = field(repr=False, compare=False)

    def to_json(self) -> dict[str, object]:
        """Every figure by its name."""
        interval = self.interval.to_json()
        return {"reviews": self.reviews, **self.scores.to_json(), "f1_interval": interval}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One system on one set; a task is None where the set or the system says nothing of it.

    `labels` are the declared ones that both have, by name; `fitted` is whether the confidence was
    ever fitted on held-out texts.
    """

    system: str
    data: str
    reviews: int
    mode: Mode
    seed: int
    opinions: OpinionResult | None
    sentiment: SentimentResult | None
    entities: EntityResult | None
    labels: Mapping[str, LabelResult] = field(default_factory=dict)
    fitted: bool = True

    def to_json(self) -> dict[str, object]:
        """Every figure by its name; a task that was not scored is null, absent without labels."""
        figures: dict[str, object] = {
            "system": self.system,
            "data": self.data,
            "reviews": self.reviews,
            "mode": self.mode,
            "seed": self.seed,
            "confidence_fitted": self.fitted,
            "opinions": self.opinions and self.opinions.to_json(),
            "sentiment": self.sentiment and self.sentiment.to_json(),
            "entities": self.entities and self.entities.to_json(),
        }
        if self.labels:
            figures["labels"] = {name: result.to_json() for name, result in self.labels.items()}
        return figures


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure under several training seeds, in [0, 1] each.

    `deviation` is the sample standard deviation (n - 1).
    """

    scores: tuple[float, ...]
    mean: float
    deviation: float


def over_seeds(evaluations: Sequence[Evaluation]) -> dict[str, Spread]:
    """The figures of each measure of `headline` that all have; empty with one seed."""
    headlines = [headline(evaluation) for evaluation in evaluations]
    if len(headlines) < 2:
        return {}
    shared = [key for key in headlines[0] if all(key in values for values in headlines)]
    columns = {key: tuple(values[key] for values in headlines) for key in shared}
    return {key: Spread(scores, mean(scores), stdev(scores)) for key, scores in columns.items()}


def compare_evaluations(ours: Evaluation, theirs: Evaluation) -> dict[str, PairedDifference]:
    """Ours minus theirs on the same reviews, by measure, for the tasks that both did.

    The names are those of `MEASURES`, `sentiment` (accuracy), `entities` (micro F1) and
    `label.NAME` (accuracy, or micro F1 where several classes may apply). Where one was scored
    without categories, its quads and its relaxed match are not compared.

    Raises:
        ValueError: when the two did not see the same number of reviews.
    """
    gains: dict[str, PairedDifference] = {}
    seed = ours.seed
    if ours.opinions and theirs.opinions:
        our_counts, their_counts = ours.opinions.counts, theirs.opinions.counts
        alike = ours.opinions.with_categories == theirs.opinions.with_categories
        gains |= {
            name: paired_difference(our_counts[name], their_counts[name], seed=seed)
            for name in ours.opinions.measures
            if alike or name not in ("quad", "relaxed")
        }
    if ours.sentiment and theirs.sentiment:
        first, second = ours.sentiment.right, theirs.sentiment.right
        gains["sentiment"] = paired_difference(first, second, share, seed=seed)
    if ours.entities and theirs.entities:
        first, second = ours.entities.counts, theirs.entities.counts
        gains["entities"] = paired_difference(first, second, seed=seed)
    for name, mine in ours.labels.items():
        other = theirs.labels.get(name)
        if other is not None and (mine.micro is None) == (other.micro is None):
            rate = share if mine.micro is None else f1
            paired = paired_difference(mine.counts, other.counts, rate, seed=seed)
            gains[f"label.{name}"] = paired
    return gains


def headline(evaluation: Evaluation) -> dict[str, float]:
    """The one figure of each measure that `compare` compares, under the same names."""
    values: dict[str, float] = {}
    if evaluation.opinions:
        intervals = evaluation.opinions.intervals
        values |= {name: intervals[name].value for name in evaluation.opinions.measures}
    if evaluation.sentiment:
        values["sentiment"] = evaluation.sentiment.scores.accuracy
    if evaluation.entities:
        values["entities"] = evaluation.entities.scores.micro.f1
    for name, result in evaluation.labels.items():
        values[f"label.{name}"] = next(iter(result.intervals.values())).value
    return values


def _intervals(intervals: Mapping[str, Interval]) -> dict[str, object]:
    return {name: figure.to_json() for name, figure in intervals.items()}
