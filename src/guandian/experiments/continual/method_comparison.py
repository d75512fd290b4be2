"""Several methods on one sequence of domains, under several seeds."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from guandian.errors import GuandianError
from guandian.evaluation.domains.forgetting import (
    ContinualComparison,
    SequenceScores,
    over_their_seeds,
)
from guandian.experiments.continual.domain_sequence import SequenceRun, forget_sequence, has_begun
from guandian.experiments.continual.domains import SequenceStart, begin_sequence
from guandian.experiments.continual.sequence_export import refuse_unexported
from guandian.experiments.several_runs import WatchEach, unwatched_each
from guandian.io.locks import held_folder
from guandian.io.output_guard import keep_apart
from guandian.pipelines import reads_of
from guandian.recipes.continual_settings import JOINT, ContinualSettings, require_methods
from guandian.recipes.recipe import Recipe
from guandian.tracking.events import ignore
from guandian.tracking.run_folder import Mode


@dataclass(frozen=True, slots=True)
class ContinualJob:
    """What is compared, on what, and where it is kept.

    Attributes:
        recipe: names the sets and how one domain is learned.
        root: of the data.
        folder: of all sequences.
        methods: names of `METHODS`.
        seeds: each learns every sequence.
        settings: of the methods.
        groups: domains are the groups of the sets, not the sets.
        domains: these alone, in this order; empty = all, as the recipe has them.
        mode: what to do with sequences that are there.
        export: whether what each sequence ends with becomes the bundle of its folder.
    """

    recipe: Recipe
    root: Path
    folder: Path
    methods: tuple[str, ...]
    seeds: tuple[int, ...] = (1,)
    settings: ContinualSettings = field(default_factory=ContinualSettings)
    groups: bool = False
    domains: tuple[str, ...] = ()
    mode: Mode = "new"
    export: bool = False

    def folder_of(self, method: str, seed: int) -> Path:
        """The folder of one sequence."""
        return self.folder / f"{method}-{seed}"

    def folders(self) -> list[Path]:
        """The folders of all sequences."""
        return [self.folder_of(method, seed) for seed in self.seeds for method in self.methods]


def begin_folders(job: ContinualJob) -> None:
    """Make the folders of all sequences ready, or refuse before the first one begins.

    Raises:
        GuandianError: a sequence is there in mode `new`, a file stands in the place of a folder, or
            a sequence that would be removed holds what is read.
    """
    earlier = [folder_of for folder_of in job.folders() if has_begun(folder_of)]
    if earlier and job.mode == "new":
        raise GuandianError(
            f"{earlier[0]} holds a sequence already",
            "say --resume to go on with it, --overwrite to begin anew, or choose another with -o",
        )
    if job.mode == "overwrite":
        keep_apart(earlier, reads_of(job.recipe, job.root))
        for folder in earlier:
            forget_sequence(folder)


def compare_methods(job: ContinualJob, watch: WatchEach = unwatched_each) -> ContinualComparison:
    """Learn every sequence that is not finished, and compare them.

    Args:
        job: what is asked.
        watch: opened for each training.

    Raises:
        GuandianError: a sequence is there in mode `new`, or as `begin_sequence` and training.
    """
    require_methods(job.methods)
    if job.export:
        refuse_unexported(job.methods)
    with _held(job.folder):
        begin_folders(job)
        return _compared(job, watch)


def _compared(job: ContinualJob, watch: WatchEach) -> ContinualComparison:
    """Learn, and compare."""
    runs: dict[str, list[SequenceScores]] = {method: [] for method in job.methods}
    start: SequenceStart | None = None
    for number, seed in enumerate(job.seeds):
        recipe = job.recipe.model_copy(update={"seed": seed})
        start = begin_sequence(recipe, job.root, ignore, groups=job.groups, chosen=job.domains)
        of_each = len(start.domains)
        total = of_each * len(job.methods) * len(job.seeds)
        for order, method in enumerate(job.methods):
            first = of_each * (number * len(job.methods) + order) + 1
            run = SequenceRun(
                method, job.folder_of(method, seed), job.settings, watch, first, total,
                job.export,
            )  # fmt: skip
            runs[method].append(run.learn(start))
    assert start is not None  # there is a seed
    first_run = runs[job.methods[0]][0]
    return ContinualComparison(
        job.recipe.name,
        tuple(domain.name for domain in start.domains),
        dict(zip(first_run.domains, first_run.measures, strict=True)),
        {domain.name: len(domain.dev) for domain in start.domains},
        {domain.name: len(domain.rows) for domain in start.domains},
        over_their_seeds(runs, JOINT),
    )


def _held(folder: Path) -> AbstractContextManager[None]:
    return held_folder(
        folder,
        GuandianError(
            f"another process learns in {folder}", "wait for it, or choose another with -o"
        ),
    )
