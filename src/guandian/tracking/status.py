"""Runs on disk: which there are, how each ended, what is missing, and what they were scored on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from guandian.bundle import Bundle, folders_of
from guandian.bundle.ensemble import unfinished
from guandian.errors import BundleError, GuandianError, RecipeError, reason
from guandian.recipes.recipe import Recipe, parse_recipe
from guandian.tracking.events import Read
from guandian.tracking.history import History, epochs_of, read_history
from guandian.tracking.run_folder import (
    BEST_WEIGHTS,
    BUNDLE,
    CHECKPOINTS,
    CURVES,
    DATA,
    DESCRIPTION,
    ENVIRONMENT,
    LOG,
    METRICS,
    RECIPE,
    STORAGE,
    UNCHECKED,
    files_of,
    is_running,
)
from guandian.tracking.subprocesses import finished
from guandian.wording import Name, term

State = Literal[
    "finished", "running", "interrupted", "failed", "refused", "waiting", "trial", "broken"
]
"""`failed`: an error ended it; `refused`: the export's gate kept the bundle back; `waiting`: only
the recipe was written; `trial`: of a search, which keeps the weights of the best alone."""

STATE_NAMES: Mapping[State, Name] = {
    "finished": term("finished"),
    "running": term("running"),
    "interrupted": term("interrupted"),
    "failed": term("failed"),
    "refused": term("refused"),
    "waiting": term("waiting"),
    "trial": term("trial", sense="of a search"),
    "broken": term("broken"),
}
_MARKS = (RECIPE, LOG, ENVIRONMENT, DATA, BEST_WEIGHTS, *CHECKPOINTS)
"""Any of them makes a folder a run's, so that one which lost some is not overlooked."""
_ALWAYS = (RECIPE, ENVIRONMENT, LOG)
_SHORT = 12
_ENDED = ("failed", "refused")
_ODD = (OSError, ValueError, KeyError, TypeError, AttributeError)
"""Errors that a file may raise which is JSON, but not as a run writes it."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run as it stands on disk.

    Attributes:
        folder: of the run.
        state: how it ended, if it has.
        missing: what should be there and is not, or cannot be read; only of a broken run.
        recipe: as it was written, {} where it cannot be read.
        environment: likewise.
        history: what its log tells, None where it cannot be read.
    """

    folder: Path
    state: State
    missing: tuple[str, ...]
    recipe: Mapping[str, Any]
    environment: Mapping[str, Any]
    history: History | None

    @property
    def name(self) -> str:
        """Of the recipe; of the folder where that cannot be read."""
        return str(self.recipe.get("name", self.folder.name))

    @property
    def method(self) -> str:
        """Its kind, and the stages before it if there are any; empty where nothing tells."""
        method, stages = self.recipe.get("method"), self.recipe.get("stages") or ()
        if not isinstance(method, Mapping):
            return ""
        before = "".join(f"{stage['name']} → " for stage in stages)
        return f"{before}{method.get('kind', '')}"

    @property
    def seed(self) -> int | None:
        """Of the recipe."""
        return self.recipe.get("seed")

    @property
    def best(self) -> float | None:
        """The best mean of the dev scores, 0 to 1; None where none was told."""
        own = self.history and self.history.own
        return own.best[1] if own and own.best else None

    @property
    def minutes(self) -> float | None:
        """By the clock; None without a log."""
        return self.history.minutes if self.history else None

    @property
    def failure(self) -> str:
        """The reason why it failed or was refused, with the repair; empty where it was not."""
        return self.history.failure if self.history and self.state in _ENDED else ""

    @property
    def scored(self) -> tuple[Read, ...]:
        """The dev parts that it was scored on; none in the log of an old version."""
        parts = self.history.parts if self.history else []
        return tuple(part for part in parts if part.use == "scored")

    @property
    def bundle(self) -> Path:
        """The folder of what it made, also where the gate refused it.

        Raises:
            GuandianError: there is none, for a reason that is told.
        """
        path = finished(self.folder)
        if path is not None:
            return path
        if self.state == "running":
            raise GuandianError(
                f"{self.folder} has no bundle yet: it is being trained", "wait for its end"
            )
        if self.missing:
            raise GuandianError(
                f"{self.folder} has no bundle: the run is broken, "
                f"{', '.join(self.missing)} missing",
                f"train again with `guandian train RECIPE -o {self.folder} --overwrite`",
            )
        raise unfinished(self.folder)

    def read_recipe(self) -> Recipe:
        """The recipe as an object.

        Raises:
            RecipeError: it cannot be read, or is of another version.
        """
        if not self.recipe:
            raise RecipeError(f"{self.folder / RECIPE} is missing or cannot be read")
        return parse_recipe(dict(self.recipe), str(self.folder / RECIPE))


def is_run(folder: Path) -> bool:
    """Tell whether a folder is a run's, whole or not."""
    return any((folder / mark).exists() for mark in _MARKS)


RUNS = Path("runs")
"""Where trainings go unless another folder is named."""


def meant_run(named: Path) -> str:
    """The run that was most likely meant by its bare name, as the beginning of a repair."""
    run = RUNS / named
    return f"did you mean {str(run)!r}? " if not named.is_absolute() and is_run(run) else ""


def files_behind(system: Path) -> list[Path]:
    """The files read of a run, a bundle, an ensemble or a file of answers, there or not."""
    return [*folders_of(system), *(files_of(system) if is_run(system) else ())]


def find_runs(folders: Sequence[Path]) -> list[RunFolder]:
    """All runs in folders and below, sorted by path; broken ones too.

    Raises:
        GuandianError: a folder is not there.
    """
    paths: dict[Path, None] = {}
    for folder in folders:
        if not folder.is_dir():
            raise GuandianError(
                f"no folder {folder}",
                f"{meant_run(folder)}name the folder of a run, or one that holds runs",
            )
        paths |= dict.fromkeys(_below(folder))
    return [open_folder_of_run(path) for path in sorted(paths)]


def open_folder_of_run(folder: Path) -> RunFolder:
    """A run's folder, read as far as it can be.

    Raises:
        GuandianError: it is no run's folder.
    """
    if not folder.exists():
        raise GuandianError(
            f"no folder {folder}",
            f"{meant_run(folder)}`guandian runs list FOLDER` shows the runs below a folder",
        )
    if not is_run(folder):
        raise GuandianError(
            f"{folder} is not a run's folder: it has none of {', '.join(_MARKS)}",
            f"{meant_run(folder)}`guandian runs list FOLDER` shows the runs below a folder",
        )
    missing: list[str] = []
    recipe = _recipe(folder / RECIPE, missing)
    environment = _json(folder / ENVIRONMENT, missing)
    if (folder / DATA).exists():
        _json(folder / DATA, missing)
    history = None
    try:
        history = read_history(folder, recipe)
    except FileNotFoundError:
        missing.append(LOG)
    except _ODD as error:
        missing.append(f"{LOG} ({error!r})")
    if is_running(folder):
        return RunFolder(folder, "running", (), recipe, environment, history)
    if missing == [ENVIRONMENT, LOG] and not any((folder / mark).exists() for mark in _MARKS[1:]):
        return RunFolder(folder, "waiting", (), recipe, environment, history)
    trial = (folder.parent / STORAGE).is_file() and not (folder / BUNDLE).is_dir()
    missing += _lacking(folder, history) if history and not trial else []
    missing += _of_bundle(folder)
    failed = history is not None and bool(history.failure)
    state = "trial" if trial and not missing else _state(folder, bool(missing), failed)
    return RunFolder(folder, state, tuple(missing), recipe, environment, history)


def require_same_data(runs: Sequence[RunFolder]) -> None:
    """Refuse to compare runs that were not scored on the same dev parts.

    Raises:
        GuandianError: with what each was scored on.
    """
    for run in runs:
        if not run.scored:
            raise GuandianError(
                f"{run.folder} does not tell what it was scored on: its recipe names no dev set, "
                "or it was trained before runs kept the hashes of their data",
                _OTHER_DATA,
            )
    first = set(runs[0].scored)
    if any(set(run.scored) != first for run in runs[1:]):
        descriptions = (
            f"{run.folder} on " + ", ".join(_part(part) for part in run.scored) for run in runs
        )
        raise GuandianError(
            "the runs were scored on different data, so their figures do not compare:\n    "
            + "\n    ".join(descriptions),
            _OTHER_DATA,
        )


def require_unchanged(run: RunFolder, current: Sequence[Read]) -> None:
    """Refuse dev parts that are no longer what a run was scored on.

    Raises:
        GuandianError: naming those that changed.
    """
    changed = [part for part in run.scored if part not in current]
    if changed:
        by_set = {part.set: _part(part) for part in current}
        changes = "; ".join(
            f"{_part(part)} then, {by_set[part.set]} now"
            if part.set in by_set
            else f"{_part(part)} then, nothing now"
            for part in changed
        )
        raise GuandianError(
            f"the data is not what {run.folder} was scored on: {changes}",
            "name with --root the folder of the same data, or " + _OTHER_DATA,
        )


_OTHER_DATA = (
    "score all of them on one set: --data FILE (with --format), or --corpus NAME with --root FOLDER"
)


def _part(part: Read) -> str:
    groups = f" {part.groups}" if part.groups else ""
    return f"{part.set}{groups} ({part.texts:,} texts, sha256 {part.sha256[:_SHORT]}…)"


def _below(folder: Path) -> Iterator[Path]:
    """Runs in a folder; not what lies in a run's own, as its stages do."""
    for path, folders, _ in os.walk(folder):
        if is_run(Path(path)):
            folders.clear()
            yield Path(path)
        folders[:] = [name for name in folders if not name.startswith(".")]


def _recipe(path: Path, missing: list[str]) -> dict[str, Any]:
    recipe = _json(path, missing)
    try:
        epochs_of(recipe)
    except _ODD as error:
        missing.append(f"{path.name} ({error!r})")
        return {}
    return recipe


def _json(path: Path, missing: list[str]) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        missing.append(path.name)
        return {}
    except (OSError, ValueError) as error:
        missing.append(f"{path.name} ({reason(error)})")
        return {}
    if not isinstance(content, dict):
        missing.append(f"{path.name} (not an object)")
        return {}
    return content


def _lacking(folder: Path, history: History) -> Iterator[str]:
    """Files that the log says were written, and that are gone; the log's own end."""
    if (folder / BUNDLE).is_dir() and "phase:exporting" not in history.events:
        yield f"{LOG} (it ends before the bundle was exported)"
    if history.parts and not (folder / DATA).is_file():
        yield DATA
    if "saved" in history.events and not any((folder / name).is_dir() for name in CHECKPOINTS):
        yield f"{CHECKPOINTS[0]}/"
    if history.own and history.own.best and not (folder / BEST_WEIGHTS).is_file():
        yield BEST_WEIGHTS
    if history.parts and "phase:exporting" in history.events:
        yield from (name for name in (METRICS, *CURVES) if not (folder / name).is_file())


def _of_bundle(folder: Path) -> list[str]:
    """The files that a bundle lacks, if there is one."""
    if not (folder / BUNDLE).is_dir():
        return []
    try:
        Bundle.open(folder / BUNDLE)
    except BundleError as error:
        return [f"{BUNDLE}/ ({error.problem})"]
    return []


def _state(folder: Path, broken: bool, failed: bool) -> State:
    if broken:
        return "broken"
    if (folder / BUNDLE).is_dir() or (folder / DESCRIPTION).is_file():
        return "finished"
    if (folder / UNCHECKED).is_dir():
        return "refused"
    return "failed" if failed else "interrupted"
