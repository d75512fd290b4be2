"""Reviews of many calls read together: by tokens, in turns, dropped when nobody waits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import Condition, Thread
from time import monotonic, perf_counter

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Mined, Review
from guandian.mining.miner import Miner
from guandian.service.answering.admission import tokens_of
from guandian.tasks.decode import Arrays

_AT_ONCE = 16
"""Reviews that a batch takes of one call before it looks at the next one."""
_ROWS = 64
"""Reviews of a batch, at most."""


class Abandoned(Exception):
    """Nobody waits for this batch any more."""


class TooLate(Exception):
    """The deadline of a call passed before it was answered."""


@dataclass(slots=True, eq=False)
class _Call:
    """One call's reviews.

    Attributes:
        miner: which model answers all of them.
        waiting: reviews that no batch has taken, each with its position and its tokens.
        answers: by position.
        left: how many are not answered.
        future: what the caller waits for; cancelled by who leaves.
        until: when it is too late, by the monotonic clock.
    """

    miner: Miner
    waiting: deque[tuple[int, Review, int]]
    answers: list[Mined | None]
    left: int
    until: float
    future: Future[list[Mined]] = field(default_factory=Future)

    @property
    def wanted(self) -> bool:
        """Tell whether somebody still waits for the answer."""
        return not self.future.done() and monotonic() < self.until


_Item = tuple[_Call, int, Review, int]


class Batcher:
    """Threads that read what waits, a batch each.

    Calls of people go before those of jobs. A batch takes some reviews of each call in turn, so
    that a long call does not hold up short ones, and reviews of one model alone.

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
        call = _Call(
            miner,
            deque((k, review, tokens_of(review.text)) for k, review in enumerate(reviews)),
            [None] * len(reviews),
            len(reviews),
            monotonic() + seconds,
        )  # fmt: skip
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
            for call in (*self._people, *self._jobs):
                call.future.cancel()
            self._people.clear()
            self._jobs.clear()
            self._change.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while (batch := self._next()) is not None:
            if batch:
                self._read(batch)

    def _next(self) -> list[_Item] | None:
        """The next batch, None at the end."""
        with self._change:
            while not (self._people or self._jobs):
                if not self._open:
                    return None
                self._change.wait()
            batch = self._fill(self._people) or self._fill(self._jobs)
            if self._people or self._jobs:
                self._change.notify()
            return batch

    def _fill(self, calls: deque[_Call]) -> list[_Item]:
        """Take a fair share of what waits, in turns, within the bounds of a batch."""
        waiting = sum(len(call.waiting) for call in calls)
        rows = min(_ROWS, max(1, -(-waiting // len(self._threads))))
        batch: list[_Item] = []
        room = self._tokens
        while calls and len(batch) < rows and room > 0:
            call = calls.popleft()
            if not call.wanted:
                _too_late(call)
                continue
            if batch and call.miner is not batch[0][0].miner:
                calls.appendleft(call)
                break
            for _ in range(min(_AT_ONCE, len(call.waiting), rows - len(batch))):
                cost = call.waiting[0][2]
                if batch and cost > room:
                    room = 0
                    break
                room -= cost
                batch.append((call, *call.waiting.popleft()))
            if call.waiting:
                calls.append(call)
        return batch

    def _read(self, batch: list[_Item]) -> None:
        """Read a batch; where it fails, its calls fail apart from each other."""
        started = perf_counter()
        try:
            answers = _mined(batch)
        except Abandoned:
            for call, *_ in batch:
                _too_late(call)
            return
        except Exception as error:  # noqa: BLE001
            if len({id(call) for call, *_ in batch}) == 1:
                _settle(batch[0][0], error)
            else:
                for call in {id(call): call for call, *_ in batch}.values():
                    self._read([item for item in batch if item[0] is call])
            return
        tokens = sum(cost for *_, cost in batch)
        self._on_batch(len(batch), tokens, perf_counter() - started)
        with self._change:
            complete = []
            for (call, at, *_), mined in zip(batch, answers, strict=True):
                call.answers[at] = mined
                call.left -= 1
                if not call.left:
                    complete.append(call)
        for call in complete:
            _settle(call)


def _mined(batch: list[_Item]) -> list[Mined]:
    """The answers to a batch, which is dropped between two passes when all its calls are."""
    calls = list({id(call): call for call, *_ in batch}.values())
    miner = calls[0].miner
    forward = miner.reader.forward

    def guarded(ids: NDArray[np.int64]) -> Arrays:
        if not any(call.wanted for call in calls):
            raise Abandoned
        return forward(ids)

    reader = replace(miner.reader, forward=guarded, workers=1)
    reading = Miner(reader, miner.labels, miner.model, miner.key, miner.filler, miner.rates)
    return reading.mine([review for _, _, review, _ in batch])


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
