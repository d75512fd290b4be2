"""The router: hands each call to the replica with the fewest tokens, and sees to their number."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from itertools import count
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any

from guandian.bundle.adapter import TenantAdapter
from guandian.domain import Mined, Review
from guandian.errors import GuandianError
from guandian.mining.miner import Miner
from guandian.service.answering.admission import Admission, tokens_of
from guandian.service.answering.batcher import Abandoned, Batcher
from guandian.service.answering.model_switch import ModelSwitch
from guandian.service.log import log_event
from guandian.service.replicas.replica_process import ReplicaLost, ReplicaProcess
from guandian.service.replicas.scaling import Patience, Scaling
from guandian.service.settings import Limits

_TICK = 0.2
"""Seconds between two looks at what waits."""
_TRIES = 3
"""Replicas that a call may outlive: what ends each that reads it is not tried for ever."""
_PACE = 2000.0
"""Tokens that a replica reads a second, until that is known."""
_SMOOTHING = 0.95


class Fleet:
    """Replicas between the bounds of `limits.replicas`, in place of a batcher for calls of people.

    The service keeps the keys, the bounds, the store and the jobs, and is the only one to write;
    replicas mine alone. A call that a replica loses with its end is handed to another one: nothing
    is kept of it, so to mine it anew is to answer it. Who leaves is handed nothing more, answers
    what it has, and ends. Calls that ask another model than the replicas have (while one is
    switched to another) are read by the batcher.

    Args:
        limits: bounds; those of admission hold for each replica.
        model: that is served.
        batcher: of the service itself.
        admission: widened with the replicas that are there.
    """

    def __init__(
        self, limits: Limits, model: ModelSwitch, batcher: Batcher, admission: Admission
    ) -> None:
        self._limits, self._model = limits, model
        self._batcher, self._admission = batcher, admission
        self.scaling, self._patience = Scaling(*limits.replicas), Patience()
        self._started_for = model.current
        self.replicas: list[ReplicaProcess] = []
        self.history: list[tuple[float, int]] = []
        self._folder = tempfile.TemporaryDirectory(prefix="guandian-")
        self._numbers, self._pace = count(), _PACE
        self._tasks = set[asyncio.Task[None]]()
        self._open = True
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="fleet", daemon=True)
        self._thread.start()
        try:
            self._in_loop(self._begin()).result()
        except BaseException:
            self.close()
            raise

    @property
    def ready(self) -> int:
        """Replicas that answer."""
        return sum(bool(replica.key) and not replica.leaving for replica in self.replicas)

    def submit(
        self, miner: Miner, reviews: Sequence[Review], seconds: float = float("inf")
    ) -> Future[list[Mined]]:
        """Let a call's reviews be read by one model; the answers come in their order.

        Args:
            miner: the model.
            reviews: an empty call is answered at once.
            seconds: until it is too late; the future then fails with `TooLate`.
        """
        if not self._open or not reviews or not self._choice(self._key(miner)):
            return self._batcher.submit(miner, reviews, seconds)
        return self._in_loop(self._mined(miner, reviews, min(seconds, self._limits.deadline)))

    def close(self) -> None:
        """End all replicas; what they were handed is answered first."""
        self._open = False
        self._in_loop(self._end_all()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._folder.cleanup()

    def _in_loop(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _choice(self, key: str, lost: Sequence[ReplicaProcess] = ()) -> ReplicaProcess | None:
        """The replica with the fewest tokens, of those that have a model; None where none has."""
        fit = [
            replica
            for replica in self.replicas
            if replica.key == key and not replica.leaving and replica.lives and replica not in lost
        ]
        return min(fit, key=lambda replica: replica.tokens, default=None)

    def _key(self, miner: Miner) -> str:
        """The key of the model that a miner reads by: with a tenant's adapter that of its base."""
        bare = self._model.current.miner
        own = miner.reader.adapter is not None and miner.reader.passes == bare.reader.passes
        return bare.key if own else miner.key

    async def _mined(self, miner: Miner, reviews: Sequence[Review], seconds: float) -> list[Mined]:
        tokens = sum(tokens_of(review.text) for review in reviews)
        until = monotonic() + seconds
        adapter = miner.reader.adapter
        assert adapter is None or isinstance(adapter, TenantAdapter)
        # One that was killed may seem to live a moment longer, and has the fewest tokens then.
        lost: list[ReplicaProcess] = []
        for _ in range(_TRIES):
            replica = self._choice(self._key(miner), lost)
            if replica is None:
                return await asyncio.wrap_future(
                    self._batcher.submit(miner, reviews, until - monotonic())
                )
            replica.calls += 1
            replica.tokens += tokens
            held = replica.tokens
            try:
                left = max(0.001, until - monotonic())
                answers, took = await replica.mined(reviews, left, adapter)
            except ReplicaLost:
                log_event("replica lost", calls=replica.calls)
                lost.append(replica)
                continue
            finally:
                replica.calls -= 1
                replica.tokens -= tokens
            self._learn(held, took)
            return answers
        raise Abandoned

    def _learn(self, tokens: int, seconds: float) -> None:
        """Learn the pace: so many tokens were in a replica while a call was read."""
        pace = tokens / max(seconds, 1e-3)
        self._pace = _SMOOTHING * self._pace + (1 - _SMOOTHING) * pace

    async def _begin(self) -> None:
        for _ in range(self.scaling.least):
            self._add()
        await asyncio.gather(*self._tasks)
        if not self.ready:
            raise GuandianError(
                "no replica could be started", "see standard error, or leave out --replicas"
            )
        task = asyncio.create_task(self._watch())
        self._keep(task)

    async def _watch(self) -> None:
        """Look after the number of replicas, until the end."""
        while self._open:
            await asyncio.sleep(_TICK)
            try:
                self._look()
            except Exception as error:  # noqa: BLE001  # the next look finds what is left to do
                log_event("replicas", error=type(error).__name__)

    def _look(self) -> None:
        """Bring the number of replicas to what is wanted now."""
        self._replace()
        living = [replica for replica in self.replicas if not replica.leaving]
        tokens = self._admission.tokens + self._admission.take_refused()
        wanted = self.scaling.wanted(monotonic(), tokens, self._pace, len(living))
        for _ in range(wanted - len(living)):
            self._add()
        idlest = sorted(living, key=lambda replica: replica.tokens)
        for replica in idlest[: max(0, len(living) - wanted)]:
            self._remove(replica)

    def _replace(self) -> None:
        """Take out what has ended, and what has another model than is served."""
        served = self._model.current
        for replica in [*self.replicas]:
            if replica.leaving or not replica.key:  # what starts is `_welcome`'s
                continue
            if not replica.lives:
                self._remove(replica)
            elif replica.key != served.miner.key:
                self._add()
                self._remove(replica)

    def _add(self) -> None:
        if self._started_for is not self._model.current:  # what refused was another model's
            self._started_for = self._model.current
            self._patience.welcomed()
        if not self._patience.over(monotonic()):
            return
        socket = Path(self._folder.name) / f"{next(self._numbers)}.sock"
        limits = self._limits
        served, threads = self._model.current, limits.threads or 1
        try:
            replica = ReplicaProcess.started(
                socket,
                served.path,
                threads,
                limits.batch_tokens,
                limits.drain,
                adapters=self._model.adapters.folder is not None,
            )
        except OSError as error:  # no memory, or too many processes
            self._refused(str(error), "fewer --replicas")
            return
        self.replicas.append(replica)
        self._keep(asyncio.create_task(self._welcome(replica)))

    async def _welcome(self, replica: ReplicaProcess) -> None:
        try:
            await replica.greeted()
        except Exception as error:  # noqa: BLE001  # a greeting that is none is a refusal too
            if replica.leaving:  # it is taken out already
                return
            if isinstance(error, GuandianError):
                self._refused(error.problem, error.repair)
            else:
                self._refused(f"its greeting is a {type(error).__name__}", "see standard error")
            self._remove(replica)
            return
        self._patience.welcomed()
        self._changed()

    def _refused(self, problem: str, remedy: str) -> None:
        """Wait before the next start: what is wrong with a bundle or the machine takes a while."""
        pause = self._patience.refused(monotonic())
        log_event("replica refused", problem=problem, remedy=remedy, again_in=pause)

    def _remove(self, replica: ReplicaProcess) -> None:
        replica.leaving = True
        self._changed()
        self._keep(asyncio.create_task(self._farewell(replica)))

    async def _farewell(self, replica: ReplicaProcess) -> None:
        while replica.calls and replica.lives:
            await asyncio.sleep(_TICK)
        await replica.ended()
        self.replicas.remove(replica)

    def _changed(self) -> None:
        """Let in as much as the replicas that are there can hold."""
        ready = max(1, self.ready)
        self._admission.most_reviews = self._limits.queue_reviews * ready
        self._admission.most_tokens = self._limits.queue_tokens * ready
        self.history.append((monotonic(), self.ready))
        log_event("replicas", ready=self.ready)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end_all(self) -> None:
        for task in self._tasks:  # first, so that nothing is started meanwhile
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for replica in self.replicas:
            replica.leaving = True
        await asyncio.gather(*(replica.ended() for replica in self.replicas))
