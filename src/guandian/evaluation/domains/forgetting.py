"""Domains learned one after another: what is known at the end, and what was forgotten."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from statistics import mean, stdev

from guandian.evaluation.intervals.bootstrap import Interval
from guandian.evaluation.intervals.wilson import student

FORMAT = "guandian-continual/1"
_T = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776}
"""Student's quantile at 97.5 %, where the series of `student` is not close."""
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class SequenceScores:
    """One method under one seed: its scores after each domain.

    Attributes:
        method: its name.
        seed: of data, order and weights.
        domains: names, in the order in which they were learned.
        rows: after which domain, as a place in `domains`, the scores [domains] were taken, each
            the domain's main measure from 0 to 1. A method that learns all at once has the last
            domain alone.
        remembered: of the rows of earlier domains, the share that was at hand at the end.
        routed: of the texts, the share sent to the adapter of their own domain at the end; None
            for methods with one model.
        seconds: of the processor, of training and scoring together.
    """

    method: str
    seed: int
    domains: tuple[str, ...]
    rows: Mapping[int, tuple[float, ...]]
    measures: tuple[str, ...]
    remembered: float = 0.0
    routed: float | None = None
    seconds: float = 0.0

    @property
    def last(self) -> tuple[float, ...]:
        """The scores after the last domain."""
        return self.rows[len(self.domains) - 1]

    @property
    def average(self) -> float:
        """The mean over the domains after the last one."""
        return mean(self.last)

    @property
    def forgetting(self) -> float | None:
        """The mean loss of earlier domains since each was known best (Chaudhry et al. 2018).

        arXiv:1801.10112; None where nothing was scored in between. Below 0 where later domains
        helped all along.
        """
        if not self._whole:
            return None
        earlier = range(len(self.domains) - 1)
        return mean(
            max(self.rows[i][j] for i in range(j, len(self.domains) - 1)) - self.last[j]
            for j in earlier
        )

    @property
    def backward(self) -> float | None:
        """The mean change of earlier domains since each was learned (Lopez-Paz and Ranzato 2017).

        arXiv:1706.08840; None where nothing was scored in between.
        """
        if not self._whole:
            return None
        return mean(self.last[j] - self.rows[j][j] for j in range(len(self.domains) - 1))

    @property
    def _whole(self) -> bool:
        return len(self.domains) > 1 and len(self.rows) == len(self.domains)

    def to_json(self) -> dict[str, object]:
        """Every figure by its name."""
        return asdict(self) | {
            "rows": {str(stage): scores for stage, scores in self.rows.items()},
            "average": self.average,
            "forgetting": self.forgetting,
            "backward_transfer": self.backward,
        }


@dataclass(frozen=True, slots=True)
class MethodSummary:
    """One method over its seeds, each figure with its interval.

    Attributes:
        method: its name.
        runs: one a seed.
        average, forgetting, backward: as of a sequence, over the seeds.
        behind: the average minus that of the upper bound under the same seeds, where that was run.
    """

    method: str
    runs: tuple[SequenceScores, ...]
    average: Interval
    forgetting: Interval | None
    backward: Interval | None
    behind: Interval | None

    def cell(self, stage: int, domain: int) -> float | None:
        """The mean score over the seeds; None where the method was not scored at that stage."""
        scores = [run.rows[stage][domain] for run in self.runs if stage in run.rows]
        return mean(scores) if scores else None


@dataclass(frozen=True, slots=True)
class ContinualComparison:
    """Several methods on the same domains in the same order, under the same seeds.

    Attributes:
        title: the recipe's name.
        domains: in their order.
        measures: by domain, as of a sequence.
        reviews: by domain, how many are scored.
        rows: by domain, how many are learned from.
        methods: in the order in which they were asked for.
    """

    title: str
    domains: tuple[str, ...]
    measures: Mapping[str, str]
    reviews: Mapping[str, int]
    rows: Mapping[str, int]
    methods: tuple[MethodSummary, ...]

    def to_json(self) -> dict[str, object]:
        """Every figure by its name, each run's matrix too."""
        return {
            "format": FORMAT,
            "recipe": self.title,
            "domains": list(self.domains),
            "measures": dict(self.measures),
            "reviews": dict(self.reviews),
            "rows": dict(self.rows),
            "methods": [
                {
                    "method": row.method,
                    "average": row.average.to_json(),
                    "forgetting": row.forgetting and row.forgetting.to_json(),
                    "backward_transfer": row.backward and row.backward.to_json(),
                    "against_joint": row.behind and row.behind.to_json(),
                    "runs": [run.to_json() for run in row.runs],
                }
                for row in self.methods
            ],
        }


def over_their_seeds(
    by_method: Mapping[str, Sequence[SequenceScores]], upper_bound: str
) -> tuple[MethodSummary, ...]:
    """Each method over its seeds.

    Args:
        by_method: the runs of each, at least one.
        upper_bound: the method that the others are compared with, if it is there.
    """
    bound = {run.seed: run.average for run in by_method.get(upper_bound, ())}
    summaries = []
    for method, runs in by_method.items():
        gaps = [run.average - bound[run.seed] for run in runs if run.seed in bound]
        summaries.append(
            MethodSummary(
                method,
                tuple(runs),
                seeds_interval([run.average for run in runs]),
                _of_runs(runs, lambda run: run.forgetting),
                _of_runs(runs, lambda run: run.backward),
                seeds_interval(gaps) if gaps and method != upper_bound else None,
            )
        )
    return tuple(summaries)


def seeds_interval(values: Sequence[float]) -> Interval:
    """The mean of a figure over seeds, and Student's 95 % interval of it.

    One seed tells nothing of the others: both ends are then its value, and `level` is 0.
    """
    centre = mean(values)
    if len(values) < 2:
        return Interval(centre, centre, centre, 0.0)
    freedom = len(values) - 1
    quantile = _T.get(freedom) or student(freedom, _Z)
    reach = quantile * stdev(values) / sqrt(len(values))
    return Interval(centre, centre - reach, centre + reach)


def _of_runs(
    runs: Sequence[SequenceScores], figure: Callable[[SequenceScores], float | None]
) -> Interval | None:
    values = [value for run in runs if (value := figure(run)) is not None]
    return seeds_interval(values) if values else None
