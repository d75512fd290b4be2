"""Several trainings one after the other, each in a run's folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import NamedTuple

from guandian.errors import GuandianError
from guandian.pipelines.train import TrainingJob, Watch, begin_run, train, unwatched
from guandian.tracking.events import OnEvent


class NextRun(NamedTuple):
    """One of several trainings, before it begins.

    Attributes:
        name: of its run's folder.
        number: from 1, of `total`.
        total: of all trainings.
        finished: whether it was before, and nothing is left to do.
    """

    name: str
    number: int
    total: int
    finished: bool


WatchEach = Callable[[NextRun], AbstractContextManager[OnEvent]]
"""Watches one of several trainings; of a finished one it is called and not opened."""


def unwatched_each(run: NextRun) -> AbstractContextManager[OnEvent]:
    """Watch nothing."""
    del run
    return unwatched(True)


GoesOn = Callable[[str, GuandianError], bool]
"""Called with the name of a run that failed; tells whether the others are trained still."""


def train_each(
    jobs: Mapping[str, TrainingJob],
    watch: WatchEach = unwatched_each,
    goes_on: GoesOn | None = None,
) -> None:
    """Make all folders ready, then train each that is not finished.

    Args:
        jobs: by the name that the watch is told.
        watch: opened for each training.
        goes_on: decides whether the others are trained when one fails; by default none is.

    Raises:
        GuandianError: as `train`; before the first training where a run cannot begin.
    """
    finished = {name: begin_run(job) for name, job in jobs.items()}
    for number, (name, job) in enumerate(jobs.items(), start=1):
        watched = watch(NextRun(name, number, len(jobs), finished[name]))
        if not finished[name]:
            try:
                train(replace(job, mode="resume"), watch=_already(watched))
            except GuandianError as error:
                if goes_on is None or not goes_on(name, error):
                    raise


def _already(watched: AbstractContextManager[OnEvent]) -> Watch:
    def watch(main: bool) -> AbstractContextManager[OnEvent]:
        del main
        return watched

    return watch
