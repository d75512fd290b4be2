"""Several pretrained models by one recipe: the same data, seeds and budget for each."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Literal

from guandian.bundle import Bundle, float32_weights
from guandian.data.splits import sample
from guandian.domain import Labelled
from guandian.errors import GuandianError
from guandian.experiments.main_metric import count_main, measures
from guandian.experiments.model_ranking import Entry, ModelRanking, SeedRun
from guandian.experiments.predictors import learned_remarks
from guandian.pipelines import open_miner, reads_of, require_base
from guandian.recipes.recipe import Recipe, load_recipe
from guandian.tracking.run_folder import forget_unbegun, has_learned, open_run
from guandian.tracking.status import files_behind
from guandian.tracking.subprocesses import cost_of, finished, log_of, train_apart
from guandian.training.data.dataset import gather
from guandian.wording import Name

_ROUNDS = 5
_TIMED = 400


@dataclass(frozen=True, slots=True)
class CandidateModels:
    """Pretrained models to compare, and how each is trained.

    Attributes:
        recipe: the file; its `base.model` and `seed` are replaced.
        changes: other `key=value` of it.
        root: of the sets and models.
        models: as `base.model` names them.
        seeds: each trains every model.
        folder: of all the runs.
    """

    recipe: Path
    root: Path
    folder: Path
    models: tuple[str, ...]
    seeds: tuple[int, ...]
    changes: tuple[str, ...] = ()

    def read(self, model: str, seed: int) -> Recipe:
        """The recipe of one run."""
        return load_recipe(self.recipe, self.changes_of(model, seed))

    def changes_of(self, model: str, seed: int) -> tuple[str, ...]:
        """The values that one run's recipe has in place of the file's."""
        own = ("base.model", "seed")
        return (
            *(change for change in self.changes if change.partition("=")[0].strip() not in own),
            f"base.model={json.dumps(model, ensure_ascii=False)}",
            f"seed={seed}",
        )

    def files(self) -> list[Path]:
        """The files that the trainings read, and the scores of the runs that are there."""
        paths: list[Path] = []
        for model in self.models:
            paths += reads_of(self.read(model, self.seeds[0]), self.root)
        return paths + [file for run in self.runs() for file in files_behind(run)]

    def runs(self) -> list[Path]:
        """The folders of all runs."""
        return [self.place(model, seed) for model in self.models for seed in self.seeds]

    def place(self, model: str, seed: int) -> Path:
        """The folder of one run."""
        plain = re.sub(r"[^\w.-]+", "--", model).strip("-.")
        return self.folder / f"{plain}-{seed}"


@dataclass(frozen=True, slots=True)
class Training:
    """One of the trainings, before and after.

    Attributes:
        number: from 1, of `total`.
        what: it begins, is done, was finished before, or failed.
        words: why it failed.
    """

    model: str
    seed: int
    number: int
    total: int
    log: Path
    what: Literal["begins", "done", "kept", "failed"] = "begins"
    words: str = field(default="")


def compare_models(
    candidates: CandidateModels,
    tell: Callable[[Training], None],
    *,
    resume: bool = False,
    on_interrupt: Callable[[], None] = lambda: None,
) -> ModelRanking:
    """Train every model under every seed, score and time the bundles.

    A run that is finished is not run again, one that was interrupted goes on. A training that
    fails is told and leaves its model out; the others go on. What has not begun when the
    comparison ends early leaves nothing.

    Args:
        candidates: the models, and how each is trained.
        tell: told of each training, before and after.
        resume: go on with a comparison that the folder holds.
        on_interrupt: called on Ctrl-C, before what has not begun is removed.

    Raises:
        GuandianError: before anything is trained: the folder holds something, a model is missing or
            cannot take the recipe (all of them are named together), a set is missing, the recipe
            scores on no dev set; or every training failed.
        RecipeError: a run in the folder was begun by another recipe.
    """
    folder = candidates.folder
    if folder.is_dir() and any(folder.iterdir()) and not resume:
        raise GuandianError(
            f"{folder} holds something already",
            "say --resume to go on with a comparison, or choose another folder with -o",
        )
    try:
        return _compare(candidates, tell)
    except BaseException as error:
        runs, stopped = candidates.runs(), isinstance(error, KeyboardInterrupt)
        if stopped:
            on_interrupt()
        for run in runs:
            if stopped and not has_learned(run):
                log_of(run).unlink(missing_ok=True)
        forget_unbegun(runs)
        raise


def _compare(candidates: CandidateModels, tell: Callable[[Training], None]) -> ModelRanking:
    require_models(candidates)
    dev = gather(candidates.read(candidates.models[0], candidates.seeds[0]), candidates.root).dev
    if not dev:
        raise GuandianError(
            "the recipe scores on no dev set: there is nothing to compare models by",
            "name one: --set 'evaluation.corpora=[\"dev.jsonl\"]'",
        )
    for name, rows in dev.items():
        if not any(row.quads is not None or row.sentiment or row.entities for row in rows):
            raise GuandianError(
                f"{name} is annotated for declared labels alone, by which models are not compared",
                "name a set with opinions, sentiment or entities as evaluation.corpora, or train "
                "each model and read `guandian evaluate`",
            )
    for model in candidates.models:
        for seed in candidates.seeds:
            open_run(candidates.place(model, seed), candidates.read(model, seed), "resume")
    bundles, failed = _train(candidates, tell)
    if not bundles:
        raise GuandianError("every training failed: " + "; ".join(failed.values()))
    remarks: list[Name] = []
    rows = [row for part in dev.values() for row in part]
    for model, by_seed in bundles.items():
        remarks += learned_remarks(next(iter(by_seed.values())), model, rows)
    entries = _entries(candidates, bundles, dev)
    return ModelRanking(str(candidates.recipe), measures(dev), entries, failed, remarks)


def require_models(candidates: CandidateModels) -> None:
    """Refuse models that are missing or cannot take the recipe, all of them at once.

    Raises:
        GuandianError: with the way to each.
    """
    refusals: list[GuandianError] = []
    for model in candidates.models:
        try:
            require_base(candidates.read(model, candidates.seeds[0]), candidates.root)
        except GuandianError as error:
            refusals.append(error)
    if refusals:
        raise GuandianError(
            "\n  ".join(
                [f"{len(refusals)} of {len(candidates.models)} models cannot be compared:"]
                + [f"{refusal.problem}\n    {refusal.repair}" for refusal in refusals]
            )
        )


def _train(
    candidates: CandidateModels, tell: Callable[[Training], None]
) -> tuple[dict[str, dict[int, Path]], dict[str, str]]:
    """Bundles by model and seed of the models that every seed has trained; the failures."""
    trainings = [(model, seed) for model in candidates.models for seed in candidates.seeds]
    bundles: dict[str, dict[int, Path]] = {model: {} for model in candidates.models}
    failed: dict[str, str] = {}
    for number, (model, seed) in enumerate(trainings, start=1):
        folder = candidates.place(model, seed)
        training = (model, seed, number, len(trainings), log_of(folder))
        finished_before = finished(folder) is not None
        tell(Training(*training, "kept" if finished_before else "begins"))
        try:
            changes = candidates.changes_of(model, seed)
            bundles[model][seed] = train_apart(candidates.recipe, candidates.root, folder, changes)
        except GuandianError as error:
            failed[f"{model}, seed {seed}"] = error.problem
            tell(Training(*training, "failed", str(error)))
            continue
        if not finished_before:
            tell(Training(*training, "done"))
    whole = {model: runs for model, runs in bundles.items() if len(runs) == len(candidates.seeds)}
    return whole, failed


def _entries(
    candidates: CandidateModels,
    bundles: Mapping[str, Mapping[int, Path]],
    dev: Mapping[str, Sequence[Labelled]],
) -> list[Entry]:
    timed = sample([row for rows in dev.values() for row in rows], _TIMED)
    firsts = [next(iter(paths.values())) for paths in bundles.values()]
    speeds = mining_speeds(firsts, [row.text for row in timed])
    entries = []
    for (model, paths), speed in zip(bundles.items(), speeds, strict=True):
        runs = tuple(
            SeedRun(
                seed,
                path,
                cost_of(candidates.place(model, seed)),
                count_main(open_miner(path), dev),
            )
            for seed, path in paths.items()
        )
        encoder, whole = parameters(runs[0].bundle)
        entries.append(Entry(model, runs, encoder, whole, speed))
    return entries


def mining_speeds(
    bundles: Sequence[Path],
    texts: Sequence[str],
    threads: int | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> list[float]:
    """Reviews a second of each bundle, the median of rounds in which they take turns.

    Args:
        bundles: to be timed.
        texts: that each reads in each round.
        threads: of each; None = all usable cores.
        clock: seconds; that of the processor tells more where a machine does other work, and is
            for one thread.
    """
    miners = [open_miner(bundle, threads) for bundle in bundles]
    rates: list[list[float]] = [[] for _ in miners]
    for _ in range(_ROUNDS):
        for miner, own in zip(miners, rates, strict=True):
            began = clock()
            miner.predict(texts)
            own.append(len(texts) / (clock() - began))
    return [median(own) for own in rates]


def parameters(bundle: Path) -> tuple[int, int]:
    """Count the numbers of a bundle's encoder, and of the whole model."""
    weights = float32_weights(Bundle.open(bundle))
    sizes = {name: array.size for name, array in weights.items()}
    encoder = sum(size for name, size in sizes.items() if name.startswith("encoder."))
    return encoder, sum(sizes.values())
