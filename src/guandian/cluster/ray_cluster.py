"""Ray: a cluster of machines, or this one alone."""

from __future__ import annotations

import gc
import logging
import os
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import ray

from guandian.errors import GuandianError

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # it would tell a server of every cluster that starts
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_TRAIN_V2_ENABLED": "1",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",  # a trial may end without a score
}

_FAILURES = (OSError, ValueError, RuntimeError)
_TRIES = 3
"""Times that a cluster may take too long to start."""


@contextmanager
def connected(*, output: bool = False) -> Iterator[dict[str, float]]:
    """The cluster that RAY_ADDRESS names, or one on this machine that ends with the context.

    Args:
        output: show here what its processes print.

    Yields:
        What it has: `CPU`, `GPU`, `memory` in bytes.

    Raises:
        GuandianError: the cluster does not answer, or is not named as one is.
    """
    os.environ.update(_QUIET)
    mine = not ray.is_initialized()
    options: dict[str, Any] = {"runtime_env": {"worker_process_setup_hook": _hush}}
    if "RAY_ADDRESS" not in os.environ:
        # Else Ray joins whatever cluster was started here last, one that was killed too.
        options |= {"address": "local", "include_dashboard": False}
    try:
        if mine:
            _begin(log_to_driver=output, logging_level=logging.ERROR, **options)
    except _FAILURES as error:
        address = os.environ.get("RAY_ADDRESS")
        raise GuandianError(
            f"no Ray cluster {f'answers at {address}' if address else 'starts here'}: {error}",
            "start one with `ray start --head`, or unset RAY_ADDRESS for this machine alone",
        ) from error
    try:
        resources: Any = ray.cluster_resources  # untyped
        yield resources()
    finally:
        if mine:
            ray.shutdown()


def _begin(**options: Any) -> None:
    """Begin, again where a crowded machine was too slow for Ray, which waits half a minute.

    Raises:
        RuntimeError: it was each time.
    """
    for _ in range(_TRIES):
        before = psutil.Process().children(recursive=True)
        try:
            ray.init(**options)
            return
        except Exception as error:
            if type(error) is not Exception:  # a bare one says that it took too long
                raise
            slow = error
            _end_slow_cluster(error, before)
    raise RuntimeError(str(slow)) from slow


def _end_slow_cluster(error: Exception, before: Sequence[psutil.Process]) -> None:
    """End what Ray gave up waiting for and left running: it would crowd out the next try."""
    for process in {*psutil.Process().children(recursive=True)} - {*before}:
        with suppress(psutil.Error):
            if any("ray" in Path(word).parts for word in process.cmdline()):
                process.kill()
    with warnings.catch_warnings():
        # Ray's own record of them warns, where it is freed, that it never saw them end.
        warnings.simplefilter("ignore", ResourceWarning)
        traceback.clear_frames(error.__traceback__)
        gc.collect()


def _hush() -> None:
    """In each process: no warnings that there is no dashboard."""
    cleaner = "ray.train.v2._internal.execution.controller.placement_group_cleaner"
    logging.getLogger(cleaner).setLevel(logging.ERROR)


def go_to(folder: str) -> None:
    """Go where the command was called, so that paths mean the same: Ray moves its processes.

    A machine that has no such folder must be told whole paths.
    """
    with suppress(OSError):
        os.chdir(folder)


def share_of(have: dict[str, float], parts: int) -> dict[str, float]:
    """An equal part of a cluster for each of so many processes, of a processor at least one."""
    share = {"CPU": max(1.0, have["CPU"] // parts)}
    if have.get("GPU"):
        gpus = have["GPU"] / parts
        share["GPU"] = gpus if gpus < 1 else gpus // 1  # Ray takes no one and a half
    return share
