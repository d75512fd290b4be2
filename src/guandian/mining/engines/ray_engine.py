"""Mining by Ray: a worker a core of a cluster, each with a model of its own."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue
from threading import Lock
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError, RayError

from guandian.cluster.ray_cluster import connected
from guandian.domain import Mined, Review
from guandian.errors import GuandianError, reason
from guandian.mining.batching import PART_ROWS, LazyMiner
from guandian.mining.chunks import ROWS
from guandian.mining.engines.salvage import RowFailed, WorkerLost, salvaged
from guandian.mining.engines.wire import mined_of, review_bytes
from guandian.mining.engines.worker import MiningWorker, Source, WorkerReply, refuse_other

_PARTS = ROWS // PART_ROWS
_BEGINNINGS = 3
"""Times that a worker may end while it opens the model."""
_LOOK_SECONDS = 1.0
"""How often a thread that waits for a worker looks whether the job is over."""


class RayEngine:
    """An engine of Ray actors.

    Workers are asked part by part and keep nothing: whatever ends them, a part is answered by
    another one, and this process alone writes. So nothing depends on what Ray repeats or drops,
    nor on the order in which it answers. A cluster is joined, or started, with the first part.

    Args:
        source: opens the model on each worker.
        model: the same here, to compare; it is not opened.
        workers: how many; None is one for each core of the cluster.
    """

    ahead = workers = 1

    def __init__(self, source: Source, model: LazyMiner, workers: int | None = None) -> None:
        self._source, self._model, self._wanted = source, model, workers
        self._cluster = ExitStack()
        self._pool: ThreadPoolExecutor | None = None
        self._idle = SimpleQueue[Any]()
        self._workers: dict[int, tuple[Any, int]] = {}
        self._lock, self._open = Lock(), True

    def begin(self, reviews: Sequence[Review]) -> Future[list[Mined]]:
        """Begin to mine reviews together.

        Raises:
            GuandianError: no cluster answers, or it has not so many cores.
        """
        if self._pool is None:
            self._pool = self._connect()
        return self._pool.submit(self._answer, reviews)

    def processes(self) -> list[int]:
        """The numbers of the workers' processes on their machines, of those that have begun."""
        with self._lock:
            return [process for _, process in self._workers.values() if process]

    def close(self) -> None:
        """End the workers, and the cluster where it was started here."""
        with self._lock:
            self._open = False
            workers = list(self._workers.values())
            self._workers.clear()
        for worker, _ in workers:
            ray.kill(worker)
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._cluster.close()

    def _connect(self) -> ThreadPoolExecutor:
        have = self._cluster.enter_context(connected())
        cores = int(have.get("CPU", 0))
        if not cores or (self._wanted or 1) > cores:
            raise GuandianError(
                f"{self._wanted or 1} workers need as many cores, and the cluster has {cores}",
                f"say --workers {cores} at most" if cores else "add machines to it",
            )
        self.workers = self._wanted or cores
        for _ in range(self.workers):
            self._idle.put(None)  # to be started
        self.ahead = 1 + self.workers // _PARTS
        return ThreadPoolExecutor(self.workers, thread_name_prefix="ray")

    def _answer(self, reviews: Sequence[Review]) -> list[Mined]:
        return salvaged(self._attempt, reviews, self._model.id)

    def _attempt(self, reviews: Sequence[Review]) -> list[Mined]:
        worker = self._idle.get()
        try:
            if worker is None:
                worker = self._start()
            lines = [review_bytes(review) for review in reviews]
            reply: WorkerReply = self._wait(worker.mine.remote(lines))
        except WorkerLost:
            self._drop(worker)
            worker = None
            raise
        finally:
            self._idle.put(worker)
        if reply.problem:
            raise GuandianError(reply.problem, reply.repair)
        if reply.failure:
            raise RowFailed(reply.failure)
        return mined_of(reply.lines)

    def _start(self) -> Any:
        """A worker that answers as this process would.

        Raises:
            GuandianError: it would not, or it ends each time while it begins.
        """
        for _ in range(_BEGINNINGS):
            actor: Any = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(MiningWorker)
            worker = actor.remote(self._source)
            with self._lock:
                self._workers[id(worker)] = worker, 0
            try:
                greeting = self._wait(worker.greet.remote())
            except WorkerLost as lost:
                self._drop(worker)
                last = reason(lost)
                continue
            if isinstance(greeting, WorkerReply):
                raise GuandianError(greeting.problem, greeting.repair)
            refuse_other(greeting, self._model.key)
            with self._lock:
                if self._open:
                    self._workers[id(worker)] = worker, greeting.process
            return worker
        raise GuandianError(
            f"a worker of the cluster ends before it has opened the model: {last}",
            "see what its machine lacks (memory, guandian of this version): `ray logs` tells more",
        )

    def _wait(self, reference: Any) -> Any:
        """What a worker answers.

        Raises:
            WorkerLost: it ended.
            CancelledError: the job is over.
            GuandianError: the cluster is gone.
        """
        while self._open:
            try:
                return ray.get(reference, timeout=_LOOK_SECONDS)
            except GetTimeoutError:
                continue
            except RayActorError as error:
                if self._open:
                    raise WorkerLost(reason(error)) from error
            except RayError as error:
                raise GuandianError(
                    f"the Ray cluster does not answer any more: {reason(error)}",
                    "start it again, then go on: the same command with --resume",
                ) from error
        raise CancelledError

    def _drop(self, worker: Any) -> None:
        with self._lock:
            self._workers.pop(id(worker), None)
