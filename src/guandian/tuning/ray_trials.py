"""The trials of a search by Ray Tune: on a cluster, or on this machine."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import Any

from ray import tune
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher

from guandian.cluster.ray_cluster import connected, go_to, share_of
from guandian.errors import GuandianError
from guandian.recipes.recipe import parse_recipe
from guandian.tuning.study import Turn
from guandian.tuning.trial import Trial
from guandian.tuning.trial_log import OVER, Ledger

_LOOK_SECONDS = 0.5
_FOLDER = "ray"
_BEST, _SHARE = "best", "share"


def run_on_ray(ledger: Ledger) -> None:
    """Run a study's trials as Ray Tune places them, until the budget is spent.

    The study draws and judges as it does without Ray, in the same file: it may be gone on with
    either way. Every machine must see the study's folder and the data under the same names.

    Raises:
        GuandianError: the cluster does not answer, or every trial has failed.
    """
    settings = ledger.settings
    storage = (settings.folder / _FOLDER).resolve()
    trials = _RayTrials(ledger)
    with connected() as have:
        resources = {
            kind.lower(): part for kind, part in share_of(have, settings.processes).items()
        }
        tuner = tune.Tuner(
            tune.with_resources(_train, resources),
            tune_config=tune.TuneConfig(
                search_alg=_Asking(trials),
                scheduler=_Stopping(trials),
                num_samples=-1 if settings.trials is None else settings.trials,
                max_concurrent_trials=settings.processes,
            ),
            run_config=tune.RunConfig(
                name="trials", storage_path=str(storage), verbose=0, callbacks=[_Watching(trials)]
            ),
        )
        try:
            tuner.fit()
        finally:
            shutil.rmtree(storage, ignore_errors=True)
    if trials.failure is not None:
        raise trials.failure


def _train(config: dict[str, Any]) -> None:
    """Run a trial's process for Ray and pass its scores on. It ends with this one, or in time."""
    began = time.monotonic()
    go_to(config["here"])
    recipe = parse_recipe(config["recipe"], "the recipe of a trial")
    trial = Trial(recipe, Path(config["root"]), Path(config["folder"]), config["beside"])
    try:
        ended = False
        while not ended:
            time.sleep(_LOOK_SECONDS)
            ended = trial.ended()
            for share, best in trial.fresh():
                tune.report({_SHARE: share, _BEST: best})
            if not ended and time.monotonic() - began > config["seconds"]:
                return
        if (failure := trial.failure()) is not None:
            raise GuandianError(failure)
    finally:
        trial.stop()


class _RayTrials:
    """The trials that Ray runs, by Ray's names."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.turns: dict[str, Turn] = {}
        self.reached: dict[str, tuple[float, float | None]] = {}
        self.reasons: dict[str, str] = {}
        self.failure: GuandianError | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Nothing for the files that Ray keeps: the study's has it all."""
        return {}

    def suggest(self, name: str) -> dict[str, Any] | None:
        """The next trial as Ray passes it on, None when the budget is spent."""
        settings = self.ledger.settings
        try:
            drawn = self.ledger.begin()
        except GuandianError as error:
            self.failure, drawn = error, None
        if drawn is None:
            return None
        self.turns[name], recipe = drawn
        self.reached[name] = (0.0, None)
        return {
            "recipe": recipe.model_dump(mode="json"),
            "here": str(Path.cwd()),
            "root": str(settings.root.resolve()),
            "folder": str((settings.folder / self.turns[name].folder).resolve()),
            "beside": settings.processes,
            "seconds": inf if (left := self.ledger.left()) is None else left,
        }

    def weak(self, name: str, result: Mapping[str, Any]) -> bool:
        """Take a score; whether the trial is to be stopped."""
        share, best = float(result[_SHARE]), float(result[_BEST])
        self.reached[name] = (share, best)
        if self.turns[name].report(share, best):
            self.reasons[name] = ""
        elif self.ledger.left() == 0 and share < 1:
            self.reasons[name] = OVER
        return name in self.reasons

    def end(self, name: str, *, failed: bool) -> None:
        """Write down how a trial ended."""
        trial, (share, best) = self.turns.pop(name), self.reached.pop(name)
        if not failed and share < 1 and self.ledger.left() == 0:
            self.reasons.setdefault(name, OVER)
        if name in self.reasons:
            self.ledger.end(trial, "pruned", reason=self.reasons[name])
        elif failed or best is None:
            log = f"{self.ledger.settings.folder / trial.folder}.txt"
            self.ledger.end(trial, "failed", reason=f"what it said is in {log}")
        else:
            self.ledger.end(trial, "complete", best)

    def stand(self) -> None:
        """Tell where the search is."""
        running = {trial.number: self.reached[name] for name, trial in self.turns.items()}
        self.ledger.tell(self.ledger.standing(running))


class _Asking(Searcher):
    """Draws Ray's trials from the study, which is their memory too."""

    def __init__(self, trials: _RayTrials) -> None:
        super().__init__(metric=_BEST, mode="max")
        self._trials = trials

    def suggest(self, trial_id: str) -> Any:
        """A trial's configuration."""
        return self._trials.suggest(trial_id) or Searcher.FINISHED

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Write its end down."""
        self._trials.end(trial_id, failed=error)

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the study's file has it all."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing, likewise."""


class _Stopping(FIFOScheduler):
    """Lets the study's pruner stop trials, and the budget."""

    def __init__(self, trials: _RayTrials) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._trials = trials

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        """Decide whether it goes on."""
        weak = self._trials.weak(trial.trial_id, result)
        return TrialScheduler.STOP if weak else TrialScheduler.CONTINUE


class _Watching(tune.Callback):
    """Tells where the search is, after each step of Ray's."""

    def __init__(self, trials: _RayTrials) -> None:
        self._trials = trials

    def on_step_end(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """Tell it."""
        self._trials.stand()
