"""A queue simulator: calls through a router to replicas whose threads read batches of tokens.

Events in the order of their time, as any discrete-event simulation. What a thread takes next is
what `service.answering.batcher` takes: calls are prepared before batches are read, a batch begins
with the review whose turn it is, and takes all others of as many tokens until eight are in it or
its tokens are full. How long a pass takes is drawn from passes that were measured.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush
from itertools import count

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_CROWDED, _CALM = 0.8, 1.0
"""The share of the room that is left within so many seconds of a refusal."""
_NEAREST = 100
"""Measured passes of like size from which a pass is drawn."""


@dataclass(frozen=True, slots=True)
class MeasuredPasses:
    """How long passes of a model took.

    Attributes:
        rows: reviews of each pass [P].
        tokens: tokens of all its reviews together [P].
        seconds: that it took [P], decoding included.
        when: it began [P], in seconds, where a machine that others use too is followed in time.
    """

    rows: Floats
    tokens: Floats
    seconds: Floats
    when: Floats | None = None


class Followed:
    """Seconds that something took at the time, drawn from what was measured just then.

    Args:
        when: seconds [K], ascending.
        seconds: that it took [K].
        seed: of the draws.
        near: how many of the measured ones around an instant are drawn from.
    """

    def __init__(self, when: Floats, seconds: Floats, seed: int = 0, near: int = 12) -> None:
        self._when, self._seconds = when, seconds
        self._dice, self._near = np.random.default_rng(seed), near

    def draw(self, clock: float) -> float:
        """What it takes at that instant."""
        middle = int(np.searchsorted(self._when, clock))
        low = max(0, min(middle - self._near // 2, len(self._when) - self._near))
        among = self._seconds[low : low + self._near]
        return float(among[self._dice.integers(len(among))])


class PassTimes:
    """Seconds of passes of any size, drawn from measured ones.

    What a pass takes is a line in its rows and tokens, by least squares of relative errors, times
    the ratio to that line of one of the measured passes nearest in size, or where it is told when
    they began, in time.

    Args:
        measured: at least three passes of different sizes.
        seed: of the draws.
        scale: of all seconds, such as 0.5 for a processor twice as fast.
    """

    def __init__(self, measured: MeasuredPasses, seed: int = 0, scale: float = 1.0) -> None:
        order = np.argsort(measured.tokens, kind="stable")
        self._tokens = measured.tokens[order]
        terms = np.stack((np.ones(len(order)), measured.rows, measured.tokens), 1)[order]
        seconds = measured.seconds[order]
        relative = terms / seconds[:, None]
        line, *_ = np.linalg.lstsq(relative, np.ones(len(order)), rcond=None)
        self.line: Floats = np.maximum(line, 0)
        if not self.line.any():
            self.line[2] = seconds.sum() / self._tokens.sum()
        fitted = terms @ self.line
        self._ratios = seconds / fitted
        self._followed = None
        if measured.when is not None:
            by_time = np.argsort(measured.when, kind="stable")
            ratios = measured.seconds / (np.stack((np.ones(len(order)), measured.rows,
                                                   measured.tokens), 1) @ self.line)  # fmt: skip
            self._followed = Followed(measured.when[by_time], ratios[by_time], seed)
        self._dice, self._scale = np.random.default_rng(seed), scale

    def mean(self, rows: float, tokens: float) -> float:
        """What a pass takes on average, in seconds."""
        return self._scale * float(self.line @ (1.0, rows, tokens)) * float(self._ratios.mean())

    def draw(self, rows: int, tokens: int, clock: float) -> float:
        """Seconds of one pass that begins at an instant."""
        plain = self._scale * float(self.line @ (1.0, rows, tokens))
        if self._followed is not None:
            return plain * self._followed.draw(clock)
        middle = int(np.searchsorted(self._tokens, tokens))
        low = max(0, min(middle - _NEAREST // 2, len(self._tokens) - _NEAREST))
        among = self._ratios[low : low + _NEAREST]
        ratio = among[self._dice.integers(len(among))]
        return plain * float(ratio)


@dataclass(frozen=True, slots=True)
class ReplicaTimes:
    """What a replica needs besides its passes, in seconds, and how it batches.

    Attributes:
        passes: of the model.
        loop: of the thread that takes requests and sends answers, for a call; half before it is
            read and half after.
        prepare: of a batch thread, for a review before it is read.
        wire: that pass without anything being busy, for a call.
        threads: that read batches.
        batch_tokens: of a batch, at most.
        rows: from which on a batch is whole.
        at_once: reviews that are prepared together, at most.
        most: reviews in the house for each replica, at most; a fifth fewer within a second of a
            refusal.
        before, after: what passes before a call stands in the queue and after its pass, followed in
            time in place of `loop` and `wire`.
        preparing: of a preparation, followed in time in place of `prepare`.
    """

    passes: PassTimes
    loop: float
    prepare: float
    wire: float
    threads: int = 1
    batch_tokens: int = 2048
    rows: int = 8
    at_once: int = 16
    most: int = 80
    before: Followed | None = None
    after: Followed | None = None
    preparing: Followed | None = None


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a simulation gives.

    Attributes:
        latencies: seconds from arrival to answer [n], in the order of arrival; NaN of a call that
            was refused.
        refused: calls that found no room.
        busy: share of the time in which batch threads had work.
        rows: reviews of a pass, on average.
        most: calls in the house at once, at most.
    """

    latencies: Floats
    refused: int
    busy: float
    rows: float
    most: int


def simulated(
    arrivals: Floats, tokens: NDArray[np.int64], times: ReplicaTimes, replicas: int = 1
) -> Simulated:
    """Simulate calls of one review each.

    Args:
        arrivals: seconds [n], ascending.
        tokens: of each call's review [n].
        times: of every replica.
        replicas: each with a loop and threads of its own; a call goes to the one with the fewest
            tokens.
    """
    return _Simulation(arrivals, tokens, times, replicas).run()


def poisson_arrivals(rate: float, seconds: float, seed: int) -> Floats:
    """Times at which calls come independently of each other.

    Args:
        rate: calls a second.
        seconds: for how long.
        seed: of the draws.
    """
    dice = np.random.default_rng(seed)
    number = int(rate * seconds + 6 * (rate * seconds) ** 0.5 + 10)
    times = dice.exponential(1 / rate, number).cumsum()
    return np.asarray(times[times < seconds])


@dataclass(slots=True)
class _Replica:
    """One replica: what waits in it."""

    waiting: deque[int]
    ready: list[int]
    idle: int
    loop_free: float = 0.0
    tokens: int = 0


class _Simulation:
    """The events of one simulation."""

    def __init__(
        self, arrivals: Floats, tokens: NDArray[np.int64], times: ReplicaTimes, replicas: int
    ) -> None:
        self._arrivals, self._times = arrivals, times
        self._tokens: Sequence[int] = tokens.tolist()
        self._replicas = [_Replica(deque(), [], times.threads) for _ in range(replicas)]
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._numbers = count()
        self._ends = np.zeros(len(arrivals))
        self._busy, self._passes, self._read = 0.0, 0, 0
        self._inside = self._most = 0
        self._refused = -_CALM

    def run(self) -> Simulated:
        """Play all events."""
        starts = self._arrivals.tolist()
        for call, start in enumerate(starts):
            self._at(start, partial(self._arrive, call))
        clock = 0.0
        while self._events:
            clock, _, act = heappop(self._events)
            act(clock)
        threads = self._times.threads * len(self._replicas)
        length = max(clock - (starts[0] if starts else 0.0), 1e-9)
        return Simulated(
            self._ends - self._arrivals + self._times.wire,
            int(np.isnan(self._ends).sum()),
            self._busy / length / threads,
            self._read / max(self._passes, 1),
            self._most,
        )

    def _at(self, clock: float, act: Callable[[float], None]) -> None:
        heappush(self._events, (clock, next(self._numbers), act))

    def _arrive(self, call: int, clock: float) -> None:
        most = self._times.most * len(self._replicas)
        if self._inside >= (_CROWDED * most if clock - self._refused < _CALM else most):
            self._refused, self._ends[call] = clock, np.nan
            return
        self._inside += 1
        self._most = max(self._most, self._inside)
        replica = min(self._replicas, key=lambda other: other.tokens)
        replica.tokens += self._tokens[call]

        def enter(instant: float) -> None:
            replica.waiting.append(call)
            self._work(replica, instant)

        before = self._times.before
        instant = (
            self._through_loop(replica, clock) if before is None else clock + before.draw(clock)
        )
        self._at(instant, enter)

    def _through_loop(self, replica: _Replica, clock: float) -> float:
        """When the loop has done its half for a call."""
        replica.loop_free = max(replica.loop_free, clock) + self._times.loop / 2
        return replica.loop_free

    def _work(self, replica: _Replica, clock: float) -> None:
        """Let idle threads begin what there is."""
        while replica.idle and (replica.waiting or replica.ready):
            replica.idle -= 1
            if replica.waiting:
                seconds, then = self._prepare(replica, clock)
            else:
                seconds, then = self._pass(replica, clock)
            self._busy += seconds
            self._at(clock + seconds, then)

    def _prepare(self, replica: _Replica, clock: float) -> tuple[float, Callable[[float], None]]:
        number = min(self._times.at_once, len(replica.waiting))
        calls = [replica.waiting.popleft() for _ in range(number)]

        def prepared(end: float) -> None:
            replica.ready += calls
            replica.idle += 1
            self._work(replica, end)

        preparing = self._times.preparing
        seconds = self._times.prepare * number if preparing is None else preparing.draw(clock)
        return seconds, prepared

    def _pass(self, replica: _Replica, clock: float) -> tuple[float, Callable[[float], None]]:
        batch = self._batch(replica)
        tokens = sum(self._tokens[call] for call in batch)
        self._passes += 1
        self._read += len(batch)

        def answered(end: float) -> None:
            after = self._times.after
            for call in batch:
                replica.tokens -= self._tokens[call]
                gone = self._through_loop(replica, end) if after is None else end + after.draw(end)
                self._at(gone, partial(self._leave, call))
            replica.idle += 1
            self._work(replica, end)

        return self._times.passes.draw(len(batch), tokens, clock), answered

    def _batch(self, replica: _Replica) -> list[int]:
        """The calls whose turn it is, each with all others of as many tokens."""
        times = self._times
        wanted = min(times.rows, -(-len(replica.ready) // times.threads))
        groups: dict[int, list[int]] = {}
        for call in replica.ready:
            groups.setdefault(self._tokens[call], []).append(call)
        batch: list[int] = []
        room = times.batch_tokens
        for length, group in groups.items():
            fitting = group[: max(room // max(length, 1), not batch)]
            batch += fitting
            room -= length * len(fitting)
            if len(batch) >= wanted or len(fitting) < len(group):
                break
        batched = set(batch)
        replica.ready = [call for call in replica.ready if call not in batched]
        return batch

    def _leave(self, call: int, clock: float) -> None:
        self._inside -= 1
        self._ends[call] = clock
