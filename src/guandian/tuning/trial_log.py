"""The ledger of a search: the trials of its study, the best recipe on disk, the budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from guandian.errors import GuandianError
from guandian.io.atomic import write_whole
from guandian.recipes.recipe import Recipe
from guandian.recipes.search_space import Changes, Given, Label, Space, changed
from guandian.tracking.run_folder import BEST_RECIPE, drop_weights
from guandian.tuning.study import State, Study, TrialRow, Turn

_HOPELESS = 5
"""So many failures without a single score end the search."""
OVER = "the time was over"


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """Settings of a search.

    Attributes:
        recipe: the file that trials change.
        space: the file that says how.
        root: of the sets and models.
        folder: of the study.
        changes: `key=value` of the recipe, for every trial.
        trials: how many at most, all processes together; None = as many as the time allows.
        minutes: how long at most, by the clock, pauses left out; None = as long as it takes.
        processes: trials at a time.
        pruning: stop weak trials.
        resume: go on with a study that is there.
        ray: leave the trials to Ray Tune, on its cluster or on this machine.
    """

    recipe: Path
    space: Path
    root: Path
    folder: Path
    changes: tuple[str, ...] = ()
    trials: int | None = None
    minutes: float | None = None
    processes: int = 1
    pruning: bool = True
    resume: bool = False
    ray: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """A trial begins, with these parameters by name."""

    number: int
    parameters: Mapping[str, Label]


@dataclass(frozen=True, slots=True)
class Standing:
    """The standing of a search, told twice a second.

    Attributes:
        rows: every trial.
        best: the best complete one.
        running: of this process, by number: the share that is done, the best score until now.
        seconds: that are left; None without a budget of time.
    """

    rows: list[TrialRow]
    best: TrialRow | None
    running: Mapping[int, tuple[float, float | None]]
    seconds: float | None


Told = Begun | TrialRow | Standing
"""Events of a search: a trial that begins, one that ended, and where it stands."""


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a search.

    Attributes:
        name: of the recipe.
        rows: every trial.
        best: the best of the complete ones.
        first: the recipe itself, if it was tried and is complete.
        changes: of the best to the recipe.
        recipe: the file with the best recipe.
        importance: of parameters that say more than chance, see `importances`.
    """

    name: str
    rows: list[TrialRow]
    best: TrialRow
    first: TrialRow | None
    changes: Changes
    recipe: Path
    importance: Mapping[str, float]

    def to_json(self) -> dict[str, object]:
        """Every figure by its name."""
        return {
            "format": "guandian-search/1",
            "recipe": self.name,
            "best": {"number": self.best.number, "score": self.best.score, "keys": self.changes},
            "recipe_itself": None if self.first is None else self.first.score,
            "importance": dict(self.importance),
            "trials": [
                {
                    "number": row.number,
                    "state": row.state,
                    "score": row.score,
                    "minutes": row.minutes,
                    "parameters": dict(row.parameters),
                    "folder": row.folder,
                    "reason": row.reason,
                }
                for row in self.rows
            ],
        }


class Ledger:
    """Writes trials down, in the same way for every way to run them.

    Args:
        settings: what to search.
        recipe: that trials change.
        space: how.
        study: of the trials, this process's part in it.
        tell: told of each trial that begins and ends.
    """

    def __init__(
        self,
        settings: SearchRequest,
        recipe: Recipe,
        space: Space,
        study: Study,
        tell: Callable[[Told], None],
    ) -> None:
        self.settings, self.tell = settings, tell
        self._recipe, self._space, self._study = recipe, space, study

    def begin(self) -> tuple[Turn, Recipe] | None:
        """A trial to be run, and its recipe; None when the budget is spent.

        Raises:
            GuandianError: every trial has failed until now.
        """
        while self.left() != 0:
            self._refuse_hopeless()
            trial = self._study.next(self.settings.trials)
            if trial is None:
                return None
            try:
                changes = self._space.draw(trial)
            except GuandianError as error:
                self.end(trial, "failed", reason=error.problem)
                continue
            rows = self._study.rows()
            parameters = next(row.parameters for row in rows if row.number == trial.number)
            self.tell(Begun(trial.number, parameters))
            try:
                return trial, self._space.apply(self._recipe, changes)
            except GuandianError as error:
                self.end(trial, "failed", reason=error.problem)
        return None

    def end(self, trial: Turn, state: State, score: float | None = None, reason: str = "") -> None:
        """Write down how a trial ended; of all but the best one, weights are removed."""
        self._study.end(trial, state, score, reason)
        rows = self._study.rows()
        best = best_of(rows)
        if best is not None and best.number == trial.number:
            self._write(best)
        for row in rows:
            if row.state not in ("running", "interrupted") and row is not best:
                drop_weights(self.settings.folder / row.folder)
        self.tell(next(row for row in rows if row.number == trial.number))

    def standing(self, running: Mapping[int, tuple[float, float | None]]) -> Standing:
        """The standing of the search; `running` as `Standing` has it."""
        rows = self._study.rows()
        return Standing(rows, best_of(rows), running, self.left())

    def left(self) -> float | None:
        """Seconds of the budget, None without one."""
        if self.settings.minutes is None:
            return None
        return max(0.0, 60 * self.settings.minutes - self._study.seconds())

    def found(self, own: Mapping[str, Label] | None) -> Found:
        """The result of all processes together.

        Args:
            own: the recipe itself as a point of the space, if it is one.

        Raises:
            GuandianError: no trial was complete.
        """
        rows = self._study.rows()
        if (best := best_of(rows)) is None:
            raise GuandianError(f"no trial was complete: {_reasons(rows)}", "give it more time")
        first = next((r for r in rows if r.state == "complete" and r.parameters == own), None)
        changes = self._space.draw(Given(best.parameters))
        file = self.settings.folder / BEST_RECIPE
        importance = self._study.importance()
        return Found(self._recipe.name, rows, best, first, changes, file, importance)

    def _write(self, best: TrialRow) -> None:
        """Write the best recipe down."""
        changes = self._space.draw(Given(best.parameters))
        values = changed(self._recipe, changes, self._space.source)
        score = 100 * (best.score or 0.0)
        head = (
            f"# Trial {best.number} of a search, the best when it ended, {score:.2f} on dev.\n"
            f"# Changed from {self.settings.recipe.name}: {', '.join(changes)}\n"
        )
        content = (head + tomli_w.dumps(values)).encode()
        write_whole(self.settings.folder / BEST_RECIPE, content, overwrite=True)

    def _refuse_hopeless(self) -> None:
        rows = [row for row in self._study.rows() if row.state not in ("running", "interrupted")]
        if len(rows) >= _HOPELESS and all(row.state == "failed" for row in rows):
            raise GuandianError(
                f"the first {len(rows)} trials all failed: {_reasons(rows)}",
                f"what each process said is in {self.settings.folder}/trial-NNNN.txt; "
                "try the recipe by itself with `guandian train`",
            )


def best_of(rows: list[TrialRow]) -> TrialRow | None:
    """The complete trial of the highest score, the first of several."""
    complete = [row for row in rows if row.state == "complete"]
    return max(complete, key=lambda row: row.score or 0.0, default=None)


def _reasons(rows: list[TrialRow]) -> str:
    reasons = dict.fromkeys(row.reason for row in rows if row.reason)
    return "; ".join(reasons) or "none was begun"
