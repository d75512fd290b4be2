"""Reviews of many calls read together: by tokens, in turns, dropped when nobody waits."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field, replace
from operator import attrgetter
from threading import Condition, Thread
from time import monotonic, perf_counter

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Mined, Review
from guandian.mining.miner import Miner, PreparedReview, mined_together
from guandian.service.answering.admission import tokens_of
from guandian.tasks.decode import Arrays

_AT_ONCE = 16
"""Reviews that a thread prepares before it looks at what else there is, and those of one call."""
_ROWS = 8
"""Reviews from which on a batch is whole: whoever waits for one of them is answered early."""
_JOB_ROWS = 64
"""Reviews that a job's batch holds, at most."""


class Abandoned(Exception):
    """Nobody waits for this batch any more."""


class TooLate(Exception):
    """The deadline of a call passed before it was answered."""


@dataclass(slots=True, eq=False)
class _Call:
    """One call's reviews.

    Attributes:
        miner: which model answers all of them.
        waiting: reviews that nobody has taken.
        answers: by position.
        left: how many are not answered.
        future: what the caller waits for; cancelled by who leaves.
        until: when it is too late, by the monotonic clock.
    """

    miner: Miner
    waiting: deque[_Item]
    answers: list[Mined | None]
    left: int
    until: float
    future: Future[list[Mined]] = field(default_factory=Future)

    @property
    def wanted(self) -> bool:
        """Tell whether somebody still waits for the answer."""
        return not self.future.done() and monotonic() < self.until


@dataclass(slots=True, eq=False)
class _Item:
    """One review of a call.

    Attributes:
        call: whose it is.
        at: its position there.
        review: the review.
        due: how many tokens were read when it would have been its turn, had its call been alone
            from its beginning on.
        prepared: the same, ready to be read.
    """

    call: _Call
    at: int
    review: Review
    due: int = 0
    prepared: PreparedReview | None = None

    @property
    def tokens(self) -> int:
        """Those that the model reads."""
        return self.prepared.tokens if self.prepared else 0


_Task = tuple[Callable[[list[_Item]], None], list[_Item]]


class Batcher:
    """Threads that prepare what came, and read what is prepared, a batch each.

    Calls of people go before those of jobs. Reviews stand in the order of what was read before
    their call came and of the tokens of their call before them, so that a long call does not hold
    up short ones that come after it. The first of them is read next, with all others of as many
    tokens, since the model reads only equally long ones at once: to group them well is what makes
    many small calls as quick as a large one. A batch holds reviews of one model alone; those of
    several tenants bring their adapters, each for its own row.

    Args:
        threads: batches that are read at the same time.
        tokens: of a batch, at most, but one review at least.
        on_batch: told the reviews, tokens and seconds of each batch.
    """

    def __init__(
        self, threads: int, tokens: int, on_batch: Callable[[int, int, float], None]
    ) -> None:
        self._tokens, self._on_batch = tokens, on_batch
        self._people, self._jobs = deque[_Call](), deque[_Call]()
        self._ready: list[_Item] = []
        self._preparing = self._read_tokens = 0
        self._change, self._open = Condition(), True
        self._threads = [
            Thread(target=self._work, name=f"batch-{k}", daemon=True) for k in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(
        self,
        miner: Miner,
        reviews: Sequence[Review],
        seconds: float = float("inf"),
        *,
        job: bool = False,
    ) -> Future[list[Mined]]:
        """Let a call's reviews be read by one model; the answers come in their order.

        Args:
            miner: the model.
            reviews: an empty call is answered at once.
            seconds: until it is too late; the future then fails with `TooLate`.
            job: it gives way to calls of people.
        """
        call = _Call(miner, deque(), [None] * len(reviews), len(reviews), monotonic() + seconds)
        due = self._read_tokens
        for k, review in enumerate(reviews):
            call.waiting.append(_Item(call, k, review, due))
            due += tokens_of(review.text)
        if not reviews:
            call.future.set_result([])
            return call.future
        with self._change:
            if not self._open:
                call.future.set_exception(Abandoned())
                return call.future
            (self._jobs if job else self._people).append(call)
            self._change.notify()
        return call.future

    def close(self) -> None:
        """Drop what waits; batches that are being read are waited for."""
        with self._change:
            self._open = False
            prepared = (item.call for item in self._ready)
            for call in (*self._people, *self._jobs, *prepared):
                call.future.cancel()
            self._people.clear()
            self._jobs.clear()
            self._ready.clear()
            self._change.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        with suppress(AttributeError, OSError):  # where the system knows of no such class
            # The loop, awake for a fraction of a millisecond, goes first whenever it wakes.
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        while (task := self._next()) is not None:
            act, items = task
            act(items)

    def _next(self) -> _Task | None:
        """What to do next with which reviews, None at the end."""
        task: _Task
        with self._change:
            while True:
                if self._people:
                    task = self._prepare, self._taken(self._people, _AT_ONCE)
                    self._preparing += bool(task[1])
                elif self._ready:
                    task = self._read, self._batch()
                elif self._jobs and not self._preparing:
                    task = self._read_job, self._taken(self._jobs, _JOB_ROWS)
                elif self._open:
                    self._change.wait()
                    continue
                else:
                    return None
                if task[1]:
                    if self._people or self._ready or self._jobs:
                        self._change.notify()
                    return task

    def _taken(self, calls: deque[_Call], most: int) -> list[_Item]:
        """Some reviews of each call in turn, all for one model, within the tokens of a batch."""
        items: list[_Item] = []
        room = self._tokens
        while calls and len(items) < most and room > 0:
            call = calls.popleft()
            if not _is_wanted(call):
                continue
            if items and call.miner.reader.passes != items[0].call.miner.reader.passes:
                calls.appendleft(call)
                break
            for _ in range(min(_AT_ONCE, len(call.waiting), most - len(items))):
                cost = tokens_of(call.waiting[0].review.text)
                if items and cost > room:
                    room = 0
                    break
                room -= cost
                items.append(call.waiting.popleft())
            if call.waiting:
                calls.append(call)
        return items

    def _batch(self) -> list[_Item]:
        """The reviews whose turn it is, each with all others of as many tokens."""
        ready = [item for item in self._ready if _is_wanted(item.call)]
        ready.sort(key=attrgetter("due"))
        rows = min(_ROWS, -(-len(ready) // len(self._threads)))
        groups: dict[int, list[_Item]] = {}
        passes = ready[0].call.miner.reader.passes if ready else ()
        for item in ready:
            if item.call.miner.reader.passes == passes:
                groups.setdefault(item.tokens, []).append(item)
        batch: list[_Item] = []
        room = self._tokens
        for length, group in groups.items():  # in the order of the first of each
            fitting = group[: max(room // max(length, 1), not batch)]
            batch += fitting
            room -= length * len(fitting)
            if len(batch) >= rows or len(fitting) < len(group):
                break
        numbers = set(map(id, batch))
        self._ready = [item for item in ready if id(item) not in numbers]
        self._read_tokens += self._tokens - room
        return batch

    def _prepare(self, items: list[_Item]) -> None:
        prepared = _prepared(items)
        with self._change:
            self._preparing -= 1
            self._ready += prepared
            self._change.notify_all()

    def _read_job(self, items: list[_Item]) -> None:
        self._read(_prepared(items))

    def _read(self, batch: list[_Item]) -> None:
        """Read a batch; where it fails, its calls fail apart from each other."""
        if not batch:
            return
        started = perf_counter()
        try:
            answers = _mined(batch)
        except Abandoned:
            for item in batch:
                _too_late(item.call)
            return
        except Exception as error:  # noqa: BLE001
            calls = {id(item.call): item.call for item in batch}
            if len(calls) == 1:
                _settle(batch[0].call, error)
            else:
                for call in calls.values():
                    self._read([item for item in batch if item.call is call])
            return
        tokens = sum(item.tokens for item in batch)
        self._on_batch(len(batch), tokens, perf_counter() - started)
        with self._change:
            complete = []
            for item, mined in zip(batch, answers, strict=True):
                call = item.call
                call.answers[item.at] = mined
                call.left -= 1
                if not call.left:
                    complete.append(call)
        for call in complete:
            _settle(call)


def _prepared(items: list[_Item]) -> list[_Item]:
    """Prepare reviews; a call with one that cannot be fails by itself."""
    for item in items:
        try:
            item.prepared = item.call.miner.prepare(item.review)
        except Exception as error:  # noqa: BLE001
            _settle(item.call, error)
    return [item for item in items if item.prepared]


def _mined(batch: list[_Item]) -> list[Mined]:
    """The answers to a batch, which is dropped between two passes when all its calls are."""
    calls = list({id(item.call): item.call for item in batch}.values())
    forward = calls[0].miner.reader.forward

    def guarded(ids: NDArray[np.int64], *adapters: Sequence[object | None]) -> Arrays:
        if not any(call.wanted for call in calls):
            raise Abandoned
        return forward(ids, *adapters)

    reader = replace(calls[0].miner.reader, forward=guarded, workers=1)
    pairs = [(item.call.miner, item.prepared) for item in batch if item.prepared]
    return mined_together(reader, pairs)


def _is_wanted(call: _Call) -> bool:
    """Tell whether to read a call; one whose deadline has passed is told so."""
    if call.wanted:
        return True
    _too_late(call)
    return False


def _too_late(call: _Call) -> None:
    if monotonic() >= call.until:
        _settle(call, TooLate())


def _settle(call: _Call, error: Exception | None = None) -> None:
    """Hand the answers or the failure to whoever still waits."""
    with suppress(InvalidStateError):  # who left has cancelled it
        if error is not None:
            call.future.set_exception(error)
        else:
            call.future.set_result([mined for mined in call.answers if mined is not None])
