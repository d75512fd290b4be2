"""The trials of a search, kept in its folder: what several processes share and a kill leaves."""

from __future__ import annotations

import secrets
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self

import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.pruners import MedianPruner, NopPruner
from optuna.samplers import TPESampler
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from guandian.errors import GuandianError
from guandian.io.locks import Lock, is_locked
from guandian.recipes.recipe import parse_recipe
from guandian.recipes.search_space import Choice, Label, Range
from guandian.tracking.run_folder import LOG, STORAGE, differences
from guandian.tuning.importance import importances

_NAME = "guandian"
_LOCK = "lock"
_SEARCHERS = "searchers"
_WAIT_SECONDS = 60.0
"""For another process that writes into the same file."""
_AT_RANDOM = 10
"""Trials before any is drawn by those before it."""
_STARTUP, _WARM = 5, 30
"""Trials that must be complete, and per cent of a trial's training, before any is pruned."""
TENTH = 10
"""Scores are compared at every tenth of a training, in per cent."""
_FOLDER, _SEARCHER, _REASON = "folder", "searcher", "reason"

State = Literal["running", "complete", "pruned", "failed", "interrupted"]
_STATES: dict[TrialState, State] = {
    TrialState.RUNNING: "running",
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A trial as it stands.

    Attributes:
        number: from 0.
        score: of a complete trial; of another the best at the last tenth of its training, None
            before the first.
        parameters: by name.
        folder: its name within the study's.
        began, ended: by the clock; of one that runs `ended` is now.
        reason: why it failed or was stopped.
    """

    number: int
    state: State
    score: float | None
    parameters: Mapping[str, Label]
    folder: str
    began: datetime
    ended: datetime
    reason: str = ""

    @property
    def minutes(self) -> float:
        """By the clock."""
        return (self.ended - self.began).total_seconds() / 60


class Turn:
    """A trial that is to be run: gives its parameters, takes its scores.

    Attributes:
        number: of the trial, from 0.
        folder: its name within the study's.
    """

    def __init__(self, trial: optuna.Trial, folder: str) -> None:
        self.folder = folder
        self.number = trial.number
        self._trial = trial
        self._reported = 0

    def among(self, dimension: Range) -> float:
        """A number of the range.

        Raises:
            GuandianError: the trial was enqueued with another one, which Optuna passes on as it is.
        """
        name, low, high, log = dimension.name, dimension.low, dimension.high, dimension.log
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            value = (
                self._trial.suggest_int(name, int(low), int(high), log=log)
                if dimension.whole
                else self._trial.suggest_float(name, low, high, log=log)
            )
        if not low <= value <= high:
            raise GuandianError(
                f"{name} = {value:g} was enqueued, and the space has {low:g} to {high:g}",
                "enqueue points of the space alone",
            )
        return value

    def choice(self, dimension: Choice) -> Label:
        """The label of an option.

        Raises:
            GuandianError: the trial was enqueued with another one.
        """
        labels = [option.label for option in dimension.options]
        try:
            label: Label = self._trial.suggest_categorical(dimension.name, labels)  # type: ignore[assignment]
        except ValueError as error:
            raise GuandianError(
                f"{dimension.name} was enqueued with none of {', '.join(map(str, labels))}",
                "enqueue points of the space alone",
            ) from error
        return label

    def explain(self, reason: str) -> None:
        """Write down why the trial fails or is stopped."""
        self._trial.set_user_attr(_REASON, reason)

    def report(self, share: float, best: float) -> bool:
        """Take a score.

        Args:
            share: of the training that is done, 0 to 1.
            best: the best score until now.

        Returns:
            Whether the trial is to be stopped, since it is below the median of the complete ones at
            the same tenth of their training (Golovin et al. 2017, Google Vizier).
        """
        reached = int(share * TENTH + 1e-9)
        fresh = range(self._reported + 1, reached + 1)
        for tenth in fresh:
            self._trial.report(best, tenth * TENTH)
        self._reported = max(self._reported, reached)
        return bool(fresh) and reached < TENTH and self._trial.should_prune()


class Study:
    """The study of a folder, for one process that searches; begun where there is none.

    Args:
        folder: of the study.
        subject: what it is about, as JSON: another recipe or space is refused.
        seed: of the sampler; the same trials are drawn after the same ones.
        resume: go on with a study that is there. One that another process searches at this moment
            is joined in any case.
        pruning: stop weak trials.

    Raises:
        GuandianError: the folder holds something else, or a study and `resume` was not said; or
            the study is about something else, and what differs is named.
    """

    def __init__(
        self, folder: Path, subject: Mapping[str, Any], seed: int, *, resume: bool, pruning: bool
    ) -> None:
        self.folder = folder
        self._seed = seed
        there = (folder / STORAGE).is_file()
        if not there and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise GuandianError(f"{folder} is not a study's folder", "choose another one with -o")
        (folder / _SEARCHERS).mkdir(parents=True, exist_ok=True)
        self._lock = Lock(folder / _LOCK)
        with self._lock:
            there = (folder / STORAGE).is_file()
            if there and not resume and not any(map(_held, self._searchers())):
                raise GuandianError(
                    f"{folder} holds a study already",
                    "say --resume to go on with it, or choose another folder with -o",
                )
            self._study = _opened(folder / STORAGE)
            self._study.pruner = (
                MedianPruner(_STARTUP, _WARM, interval_steps=1, n_min_trials=1)
                if pruning
                else NopPruner()
            )
            if (before := self._study.user_attrs.get("told")) is None:
                self._study.set_user_attr("told", dict(subject))
            elif different := differences(_as_now(before), dict(subject)):
                raise GuandianError(
                    f"{folder} is a study of something else; " + "; ".join(different),
                    "go on with that recipe and space, or choose another folder with -o",
                )
            self._own = Lock(folder / _SEARCHERS / f"{secrets.token_hex(4)}.lock")
            self._own.acquire(blocking=False)
            self._reclaim()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, *trace: object
    ) -> None:
        """Leave it to the other processes; trials that still run are theirs to go on with.

        Raises:
            GuandianError: the file could not be written.
        """
        self._own.release()
        Path(self._own.lock_file).unlink(missing_ok=True)
        if isinstance(error, StorageInternalError):
            raise GuandianError(
                f"{self.folder / STORAGE} cannot be written: {_first_line(error)}",
                "end what else holds it or make room, then go on with --resume",
            ) from error

    def suggest_first(self, parameters: Mapping[str, Label]) -> None:
        """Have these parameters tried first, if nothing has been tried yet."""
        with self._lock:
            if not self._study.get_trials(deepcopy=False):
                self._study.enqueue_trial(dict(parameters))

    def next(self, most: int | None) -> Turn | None:
        """A trial to be run: one that a dead process left behind, else a fresh one.

        Args:
            most: how many trials all processes together run; interrupted ones do not count.

        Returns:
            None when there are so many.
        """
        with self._lock:
            self._reclaim()
            rows = self.rows()
            counted = sum(row.state != "interrupted" for row in rows)
            if most is not None and counted >= most:
                return None
            # A sampler a trial: what is drawn depends on the trials before alone, not on which
            # process draws.
            self._study.sampler = _sampler(self._seed + 1000 * len(rows))
            trial = self._study.ask()
            folder = _folder(trial)
            trial.set_user_attr(_FOLDER, folder)
            trial.set_user_attr(_SEARCHER, Path(self._own.lock_file).name)
            return Turn(trial, folder)

    def end(self, trial: Turn, state: State, score: float | None = None, reason: str = "") -> None:
        """Write down how a trial ended.

        Args:
            trial: the trial.
            state: `complete`, `pruned` or `failed`.
            score: of a complete one.
            reason: of the others.
        """
        if reason:
            trial.explain(reason)
        kind = next(kind for kind, name in _STATES.items() if name == state)
        self._study.tell(trial.number, score if state == "complete" else None, kind)

    def rows(self) -> list[TrialRow]:
        """Every trial that was begun, in order."""
        trials = self._study.get_trials(deepcopy=False)
        return [self._row(trial) for trial in trials if trial.state in _STATES]

    def seconds(self) -> float:
        """Seconds by the clock that the study has been searched, pauses left out."""
        total, until = 0.0, datetime.min
        for row in sorted(self.rows(), key=lambda row: row.began):
            begin = max(row.began, until)
            total += max(0.0, (row.ended - begin).total_seconds())
            until = max(until, row.ended)
        return total

    def importance(self) -> dict[str, float]:
        """Of the complete trials, see `importances`."""
        return importances(self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))

    def _row(self, trial: FrozenTrial) -> TrialRow:
        state, reason = _STATES[trial.state], trial.user_attrs.get(_REASON, "")
        folder = _folder(trial)
        began = trial.datetime_start or datetime.now()
        ended = trial.datetime_complete or datetime.now()
        if state == "failed" and not reason:
            state = "interrupted"
            ended = self._last_sign(folder, began, ended)
        score = trial.value if state == "complete" else None
        if score is None and trial.intermediate_values:
            score = max(trial.intermediate_values.values())
        return TrialRow(trial.number, state, score, trial.params, folder, began, ended, reason)

    def _last_sign(self, folder: str, began: datetime, ended: datetime) -> datetime:
        """When an interrupted trial last wrote into its log."""
        log = self.folder / folder / LOG
        written = log.stat().st_mtime if log.is_file() else 0.0
        return min(max(began, datetime.fromtimestamp(written)), ended)

    def _reclaim(self) -> None:
        """Count trials of dead processes as failed, and have them gone on with."""
        for trial in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            searcher = trial.user_attrs.get(_SEARCHER)
            if searcher is not None and _held(self.folder / _SEARCHERS / searcher):
                continue
            self._study.tell(trial.number, state=TrialState.FAIL)
            folder = _folder(trial)
            self._study.enqueue_trial(trial.params, {_FOLDER: folder})

    def _searchers(self) -> list[Path]:
        return list((self.folder / _SEARCHERS).glob("*.lock"))


def _sampler(seed: int) -> TPESampler:
    """The way that parameters are drawn, said in full: Optuna 5 changed two of its defaults."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return TPESampler(
            seed=seed,
            n_startup_trials=_AT_RANDOM,
            n_ei_candidates=24,
            multivariate=True,
            group=True,
            constant_liar=True,
        )


def _folder(trial: optuna.Trial | FrozenTrial) -> str:
    """The name of a trial's folder; one that goes on has that of the trial before it."""
    return str(trial.user_attrs.get(_FOLDER, f"trial-{trial.number:04d}"))


def _as_now(subject: dict[str, Any]) -> dict[str, Any]:
    """What a study began with, its recipe with the keys that recipes have had since, unset."""
    try:
        recipe = parse_recipe(subject["recipe"])
    except (KeyError, TypeError, GuandianError):
        return subject
    return subject | {"recipe": recipe.model_dump(mode="json")}


def _opened(file: Path) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        storage = RDBStorage(
            f"sqlite:///{file}", engine_kwargs={"connect_args": {"timeout": _WAIT_SECONDS}}
        )
        return optuna.create_study(
            study_name=_NAME, storage=storage, direction="maximize", load_if_exists=True
        )
    except (SQLAlchemyError, StorageInternalError, RuntimeError) as error:
        raise GuandianError(
            f"{file} cannot be read as a study: {_first_line(error)}",
            "end what else holds it, or choose another folder with -o",
        ) from error


def _first_line(error: Exception) -> str:
    """The first line of what the data base itself said."""
    return str(error.__cause__ or error).splitlines()[0]


def _held(lock: Path) -> bool:
    """Tell whether the process that took a lock is alive; the file of a dead one is removed."""
    if is_locked(lock):
        return True
    with suppress(OSError):
        lock.unlink()
    return False
