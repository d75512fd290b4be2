"""`guandian serve` with a watch at its batches: `bench/plan.py` runs it as a process of its own.

Takes the options of `guandian serve`. On SIGUSR1 it writes what it saw since the last time to the
file that the environment names (`PLAN_TIMES`): what the batch thread did (what, from, to, ids of
the reviews, tokens, seconds of processor), when each review was handed to it, and seconds of
processor of the loop.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any

from guandian.__main__ import main
from guandian.service.answering import batcher
from guandian.service.answering.batcher import Batcher

_DONE: list[tuple[str, float, float, list[str], int, float]] = []
_SUBMITTED: dict[str, float] = {}


def watch() -> None:
    """Put the watch in."""
    plain_read, plain_prepared, plain_submit = Batcher._read, batcher._prepared, Batcher.submit

    def read(self: Batcher, batch: Sequence[Any]) -> None:
        began, spent = perf_counter(), thread_time()
        plain_read(self, list(batch))
        if batch:
            tokens = sum(item.tokens for item in batch)
            ids = [item.review.id for item in batch]
            _DONE.append(("pass", began, perf_counter(), ids, tokens, thread_time() - spent))

    def prepared(items: list[Any]) -> list[Any]:
        began, spent = perf_counter(), thread_time()
        ready = plain_prepared(items)
        ids = [item.review.id for item in items]
        _DONE.append(("prepare", began, perf_counter(), ids, 0, thread_time() - spent))
        return ready

    def submit(self: Batcher, *given: Any, **more: Any) -> Any:
        for review in given[1]:
            _SUBMITTED[review.id] = perf_counter()
        return plain_submit(self, *given, **more)

    Batcher._read, Batcher.submit = read, submit  # type: ignore[method-assign, assignment]
    batcher._prepared = prepared
    signal.signal(signal.SIGUSR1, tell)


def tell(*_: object) -> None:
    """Write what was seen, and forget it."""
    with Path(
        "/proc/thread-self/schedstat"
    ).open() as file:  # of the main thread, which is the loop
        loop = int(file.read().split()[0]) / 1e9
    assert threading.current_thread() is threading.main_thread()
    seen = {"done": _DONE[:], "submitted": dict(_SUBMITTED), "loop": loop}
    _DONE.clear()
    _SUBMITTED.clear()
    path = Path(os.environ["PLAN_TIMES"])
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(seen))
    beside.rename(path)


if __name__ == "__main__":
    watch()
    main()
