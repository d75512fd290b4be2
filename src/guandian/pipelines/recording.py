"""Records that a run keeps of a training as it goes: log, curves, trackers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from guandian.errors import GuandianError
from guandian.io.atomic import cannot_write, why_not_written
from guandian.tracking.events import Event, OnEvent, Phase, Stepped, ignore

if TYPE_CHECKING:
    from guandian.pipelines.decoders.train_decoder import DecoderJob
    from guandian.pipelines.train import TrainingJob
    from guandian.training.parallel.process_group import Group


@contextmanager
def recorded(job: TrainingJob | DecoderJob, on_event: OnEvent, group: Group) -> Iterator[OnEvent]:
    """Record a training in its run's folder, by the main process of a group alone.

    The curves are drawn before the bundle is exported, and when the run is interrupted. A run that
    is interrupted with nothing to go on from, or fails before its first step, leaves nothing.

    Args:
        job: its folder is as `open_run` left it.
        on_event: told of each event when it is in the log.
        group: the processes that train together.

    Yields:
        What the training has to tell of its events.

    Raises:
        GuandianError: the disk is full.
    """
    if not group.main:
        yield ignore
        return
    from guandian.tracking.run_folder import Log, forget, is_resumable

    folder, stepped = job.folder, False
    try:
        from guandian.tracking.curves import leave_curves
        from guandian.tracking.trackers import Tracking, open_tracker

        with Log(folder) as log, Tracking() as tracking:
            tracking.trackers += [open_tracker(name, folder, job.recipe) for name in job.trackers]

            def record(event: Event) -> None:
                nonlocal stepped
                stepped = stepped or isinstance(event, Stepped)
                log(event)
                on_event(event)
                tracking(event)
                if isinstance(event, Phase) and event.name in ("confidence", "writing"):
                    leave_curves(folder, job.recipe.name)

            yield record
    except KeyboardInterrupt:
        forget(folder)
        if is_resumable(folder):
            leave_curves(folder, job.recipe.name)
        raise
    except Exception as error:
        if not stepped:
            forget(folder)
        if isinstance(error, OSError) and cannot_write(error):
            raise _unwritten(error, folder, resumable=is_resumable(folder)) from error
        raise


def _unwritten(error: OSError, folder: Path, *, resumable: bool) -> GuandianError:
    """The error of a disk that takes no more of a run."""
    path, why = error.filename or folder, why_not_written(error)
    if not resumable:
        return GuandianError(
            f"cannot write {path}: {why}", f"make room in {folder} and run the same command again"
        )
    return GuandianError(
        f"cannot write {path}: {why}; the checkpoint of before is kept",
        f"make room in {folder} and run the same command with --resume",
    )
