"""A search for a better recipe: trials side by side, weak ones stopped, within a budget."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from guandian.comparison.points import require_points
from guandian.comparison.space import Changes, Given, Label, Space, changed, load_space
from guandian.comparison.study import Row, State, Study, Turn
from guandian.comparison.trial import Trial, drop_weights
from guandian.errors import GuandianError
from guandian.files.atomic import write_whole
from guandian.training.recipe import Recipe, load_recipe
from guandian.training.recipe_file import to_toml

BEST = "best.toml"
_LOOK_SECONDS = 0.5
_HOPELESS = 5
"""So many failures without a single score end the search."""
_OVER = "the time was over"


@dataclass(frozen=True, slots=True)
class Asked:
    """What to search.

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


@dataclass(frozen=True, slots=True)
class Begun:
    """A trial begins, with these parameters by name."""

    number: int
    parameters: Mapping[str, Label]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the search is, told twice a second.

    Attributes:
        rows: every trial.
        best: the best complete one.
        running: of this process, by number: the share that is done, the best score until now.
        seconds: that are left; None without a budget of time.
    """

    rows: list[Row]
    best: Row | None
    running: Mapping[int, tuple[float, float | None]]
    seconds: float | None


Told = Begun | Row | Standing
"""What a search tells: a trial that begins, one that ended, and where it stands."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search has found.

    Attributes:
        name: of the recipe.
        rows: every trial.
        best: the best of the complete ones.
        first: the recipe itself, if it was tried and is complete.
        changes: of the best to the recipe.
        recipe: the file with the best recipe.
        importance: of each parameter, see `Study.importance`.
    """

    name: str
    rows: list[Row]
    best: Row
    first: Row | None
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


def search(asked: Asked, tell: Callable[[Told], None]) -> Found:
    """Run trials until the budget is spent; the best recipe until now is always on disk.

    The recipe itself is the first trial where it is a point of the space.

    Raises:
        GuandianError: before anything runs: a point of the space that the recipe does not take, a
            missing base or set, no dev set, a study of something else. Later: no trial was
            complete.
        KeyboardInterrupt: passed on when every process has ended.
    """
    recipe = load_recipe(asked.recipe, asked.changes)
    space = load_space(asked.space)
    require_points(recipe, space, asked.root)
    told = {"recipe": recipe.model_dump(mode="json"), "space": dict(space.written)}
    options = {"resume": asked.resume, "pruning": asked.pruning}
    with Study(asked.folder, told, recipe.seed, **options) as study:
        if (own := space.locate(recipe)) is not None:
            study.suggest_first(own)
        run = _Search(asked, recipe, space, study, tell)
        run.to_the_end()
        return run.found(own)


class _Search:
    """The trials of this process, looked at in turn."""

    def __init__(
        self,
        asked: Asked,
        recipe: Recipe,
        space: Space,
        study: Study,
        tell: Callable[[Told], None],
    ) -> None:
        self._asked, self._recipe, self._space = asked, recipe, space
        self._study, self._tell = study, tell
        self._running: dict[Turn, Trial] = {}

    def to_the_end(self) -> None:
        """Run trials until none is left to run and none runs."""
        try:
            while self._begin() or self._running:
                for turn, trial in list(self._running.items()):
                    self._look(turn, trial)
                self._tell(self._standing())
                time.sleep(_LOOK_SECONDS)
        finally:
            for trial in self._running.values():
                trial.stop()

    def found(self, own: Mapping[str, Label] | None) -> Found:
        """What all processes together have found.

        Raises:
            GuandianError: no trial was complete.
        """
        rows = self._study.rows()
        if (best := best_of(rows)) is None:
            raise GuandianError(f"no trial was complete: {_reasons(rows)}", "give it more time")
        first = next((r for r in rows if r.state == "complete" and r.parameters == own), None)
        changes = self._space.draw(Given(best.parameters))
        file = self._asked.folder / BEST
        importance = self._study.importance()
        return Found(self._recipe.name, rows, best, first, changes, file, importance)

    def _begin(self) -> bool:
        """Start trials while there are processes and budget for them; whether any was started."""
        begun = False
        while len(self._running) < self._asked.processes and self._left() != 0:
            self._refuse_hopeless()
            turn = self._study.next(self._asked.trials)
            if turn is None:
                break
            begun = True
            self._start(turn)
        return begun

    def _start(self, turn: Turn) -> None:
        changes = self._space.draw(turn)
        parameters = next(row.parameters for row in self._study.rows() if row.number == turn.number)
        self._tell(Begun(turn.number, parameters))
        try:
            recipe = self._space.apply(self._recipe, changes)
            place = self._asked.folder / turn.folder
            trial = Trial(recipe, self._asked.root, place, self._asked.processes)
        except GuandianError as error:
            self._end(turn, "failed", reason=error.problem)
            return
        self._running[turn] = trial

    def _look(self, turn: Turn, trial: Trial) -> None:
        """Take a trial's scores; write down its end if it has come or must come."""
        ended = trial.ended()
        weak = [turn.report(*score) for score in trial.fresh()]
        if ended:
            failure = trial.failure()
            if failure is None:
                self._end(turn, "complete", trial.best)
            else:
                self._end(turn, "failed", reason=failure)
        elif any(weak):
            trial.stop()
            self._end(turn, "pruned")
        elif self._left() == 0:
            trial.stop()
            self._end(turn, "pruned", reason=_OVER)

    def _end(self, turn: Turn, state: State, score: float | None = None, reason: str = "") -> None:
        self._running.pop(turn, None)
        self._study.end(turn, state, score, reason)
        rows = self._study.rows()
        best = best_of(rows)
        if best is not None and best.number == turn.number:
            self._write(best)
        for row in rows:
            if row.state not in ("running", "interrupted") and row is not best:
                drop_weights(self._asked.folder / row.folder)
        self._tell(next(row for row in rows if row.number == turn.number))

    def _write(self, best: Row) -> None:
        """Write the best recipe down."""
        changes = self._space.draw(Given(best.parameters))
        values = changed(self._recipe, changes, self._space.source)
        score = 100 * (best.score or 0.0)
        head = (
            f"# The best of the first {best.number + 1} trials of a search, {score:.2f} on dev.\n"
            f"# Changed from {self._asked.recipe.name}: {', '.join(changes)}\n"
        )
        write_whole(self._asked.folder / BEST, (head + to_toml(values)).encode(), overwrite=True)

    def _refuse_hopeless(self) -> None:
        rows = [row for row in self._study.rows() if row.state not in ("running", "interrupted")]
        if len(rows) >= _HOPELESS and all(row.state == "failed" for row in rows):
            raise GuandianError(
                f"the first {len(rows)} trials all failed: {_reasons(rows)}",
                f"what each process said is in {self._asked.folder}/trial-NNNN.txt; "
                "try the recipe by itself with `guandian train`",
            )

    def _standing(self) -> Standing:
        rows = self._study.rows()
        running = {turn.number: (one.share, one.best) for turn, one in self._running.items()}
        return Standing(rows, best_of(rows), running, self._left())

    def _left(self) -> float | None:
        """Seconds of the budget, None without one."""
        if self._asked.minutes is None:
            return None
        return max(0.0, 60 * self._asked.minutes - self._study.seconds())


def best_of(rows: list[Row]) -> Row | None:
    """The complete trial of the highest score, the first of several."""
    complete = [row for row in rows if row.state == "complete"]
    return max(complete, key=lambda row: row.score or 0.0, default=None)


def _reasons(rows: list[Row]) -> str:
    reasons = dict.fromkeys(row.reason for row in rows if row.reason)
    return "; ".join(reasons) or "none was begun"
