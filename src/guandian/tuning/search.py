"""A search for a better recipe: trials side by side, weak ones stopped, within a budget."""

from __future__ import annotations

import time
from collections.abc import Callable

from guandian.errors import GuandianError
from guandian.recipes.recipe import load_recipe
from guandian.recipes.search_space import load_space
from guandian.tuning.study import Study, Turn
from guandian.tuning.trial import Trial
from guandian.tuning.trial_log import OVER, Found, Ledger, SearchRequest, Told
from guandian.tuning.validate_space import require_points

_LOOK_SECONDS = 0.5


def search(settings: SearchRequest, tell: Callable[[Told], None]) -> Found:
    """Run trials until the budget is spent; the best recipe until now is always on disk.

    The recipe itself is the first trial where it is a point of the space.

    Raises:
        GuandianError: before anything runs: a point of the space that the recipe does not take, a
            missing base or set, no dev set, a study of something else. Later: no trial was
            complete.
        KeyboardInterrupt: passed on when every process has ended.
    """
    recipe = load_recipe(settings.recipe, settings.changes)
    space = load_space(settings.space)
    require_points(recipe, space, settings.root)
    subject = {"recipe": recipe.model_dump(mode="json"), "space": dict(space.written)}
    options = {"resume": settings.resume, "pruning": settings.pruning}
    with Study(settings.folder, subject, recipe.seed, **options) as study:
        if (own := space.locate(recipe)) is not None:
            study.suggest_first(own)
        ledger = Ledger(settings, recipe, space, study, tell)
        if settings.ray:
            from guandian.tuning.ray_trials import run_on_ray

            run_on_ray(ledger)
        else:
            _Processes(ledger).to_the_end()
        return ledger.found(own)


class _Processes:
    """The trials of this process, each a process of its own, looked at in turn."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._running: dict[Turn, Trial] = {}

    def to_the_end(self) -> None:
        """Run trials until none is left to run and none runs."""
        try:
            while self._begin() or self._running:
                for suggestion, trial in list(self._running.items()):
                    self._look(suggestion, trial)
                running = {
                    suggestion.number: (process.share, process.best)
                    for suggestion, process in self._running.items()
                }
                self._ledger.tell(self._ledger.standing(running))
                time.sleep(_LOOK_SECONDS)
        finally:
            for trial in self._running.values():
                trial.stop()

    def _begin(self) -> bool:
        """Start trials while there are processes and budget for them; whether any was started."""
        started, settings = False, self._ledger.settings
        while (
            len(self._running) < settings.processes and (drawn := self._ledger.begin()) is not None
        ):
            suggestion, recipe = drawn
            started = True
            try:
                trial = Trial(
                    recipe, settings.root, settings.folder / suggestion.folder, settings.processes
                )
            except GuandianError as error:
                self._ledger.end(suggestion, "failed", reason=error.problem)
                continue
            self._running[suggestion] = trial
        return started

    def _look(self, suggestion: Turn, trial: Trial) -> None:
        """Take a trial's scores; write down its end if it has come or must come."""
        ended = trial.ended()
        weak = [suggestion.report(*score) for score in trial.fresh()]
        over = self._ledger.left() == 0
        if not ended and not any(weak) and not over:
            return
        del self._running[suggestion]
        if ended:
            failure = trial.failure()
            if failure is None:
                self._ledger.end(suggestion, "complete", trial.best)
            else:
                self._ledger.end(suggestion, "failed", reason=failure)
        else:
            trial.stop()
            self._ledger.end(suggestion, "pruned", reason="" if any(weak) else OVER)
