"""Results of a comparison of models, and which of them to take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean, stdev
from typing import Literal

import numpy as np

from guandian.evaluation import PairedDifference, paired_difference
from guandian.experiments.main_metric import Counts, mean_f1
from guandian.tracking.run_folder import UNCHECKED
from guandian.tracking.subprocesses import Cost
from guandian.wording import Name

FORMAT = "guandian-models/1"
By = Literal["quality", "cost"]
_NEAR = 0.01
_AS_QUICK = 0.9


@dataclass(frozen=True, slots=True)
class SeedRun:
    """One training: its seed, bundle and cost, and what the bundle gets right.

    Attributes:
        counts: as `count_main` gives them.
    """

    seed: int
    bundle: Path
    cost: Cost
    counts: Counts = field(repr=False, compare=False)

    @property
    def refused(self) -> bool:
        """Tell whether the export gate kept the bundle back."""
        return self.bundle.name == UNCHECKED

    @property
    def score(self) -> float:
        """The mean over sets of the main measure, 0 to 1."""
        return float(mean_f1(self.counts.sum(0)))


@dataclass(frozen=True, slots=True)
class Entry:
    """One model under every seed.

    Attributes:
        encoder: parameters of the encoder, its embeddings too.
        whole: those and the heads'.
        reviews_per_second: of the exported bundle.
    """

    model: str
    runs: tuple[SeedRun, ...]
    encoder: int
    whole: int
    reviews_per_second: float

    @property
    def quality(self) -> float:
        """The mean over seeds, 0 to 1."""
        return mean(run.score for run in self.runs)

    @property
    def deviation(self) -> float | None:
        """The sample standard deviation over seeds; None of a single one."""
        return stdev(run.score for run in self.runs) if len(self.runs) > 1 else None

    @property
    def cost(self) -> Cost:
        """The mean times of a training, and the largest memory of any."""
        costs = [run.cost for run in self.runs]
        return Cost(
            mean(cost.minutes for cost in costs),
            mean(cost.processor_minutes for cost in costs),
            max(cost.gigabytes for cost in costs),
        )

    @property
    def pick(self) -> SeedRun:
        """The seed with the best score; one that was refused only where all were."""
        return max(self.runs, key=lambda run: (not run.refused, run.score))

    @property
    def refused(self) -> bool:
        """Tell whether no seed has a bundle that passed the export gate."""
        return all(run.refused for run in self.runs)


@dataclass(frozen=True, slots=True)
class ModelRanking:
    """The models that were trained, in the order they were named.

    Attributes:
        recipe: the file.
        measures: the main measure of each dev set.
        entries: at least one.
        failed: why a model is missing, by `model, seed N`.
        remarks: on what the scores cannot tell.
    """

    recipe: str
    measures: Mapping[str, str]
    entries: Sequence[Entry]
    failed: Mapping[str, str]
    remarks: Sequence[Name] = ()

    @property
    def best(self) -> Entry:
        """The one of the highest quality."""
        return max(self.entries, key=lambda entry: entry.quality)

    @property
    def near(self) -> float:
        """The distance below the best that is as good: a point, or its deviation where more."""
        return max(_NEAR, self.best.deviation or 0.0)

    def pick(self, by: By) -> Entry:
        """The model to take.

        By quality it is the best. By cost it is, of those that are as good (`near`), the one that
        mines the most reviews a second: training is paid once, mining with every review. Of
        several within a tenth of the quickest it is the best.

        A model of which every bundle was refused is picked only where all models are such.
        """
        passed = [entry for entry in self.entries if not entry.refused] or self.entries
        best = max(passed, key=lambda entry: entry.quality)
        if by == "quality":
            return best
        good = [entry for entry in passed if entry.quality >= best.quality - self.near]
        quickest = max(entry.reviews_per_second for entry in good)
        quick = [entry for entry in good if entry.reviews_per_second >= _AS_QUICK * quickest]
        return max(quick, key=lambda entry: entry.quality)

    def against_best(self, entry: Entry) -> PairedDifference:
        """An entry less the best, all seeds together, by drawing reviews again.

        Both must have the same seeds.
        """
        ours, theirs = (np.sum([run.counts for run in e.runs], axis=0) for e in (entry, self.best))
        return paired_difference(ours, theirs, mean_f1)

    def to_json(self, by: By) -> dict[str, object]:
        """Every figure by its name."""
        return {
            "format": FORMAT,
            "recipe": self.recipe,
            "measures": dict(self.measures),
            "near": self.near,
            "by": by,
            "pick": self.pick(by).model,
            "pick_refused": self.pick(by).refused,
            "picks": {"quality": self.pick("quality").model, "cost": self.pick("cost").model},
            "models": [self._row(entry) for entry in self.entries],
            "failed": dict(self.failed),
            "remarks": [remark.en for remark in self.remarks],
        }

    def _row(self, entry: Entry) -> dict[str, object]:
        return {
            "model": entry.model,
            "quality": entry.quality,
            "deviation": entry.deviation,
            "against_best": self.against_best(entry).to_json(),
            "parameters": {"encoder": entry.encoder, "whole": entry.whole},
            "reviews_per_second": entry.reviews_per_second,
            "runs": [
                {
                    "seed": run.seed,
                    "score": run.score,
                    "bundle": str(run.bundle),
                    "refused": run.refused,
                    **asdict(run.cost),
                }
                for run in entry.runs
            ],
        }
