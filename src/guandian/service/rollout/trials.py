"""A candidate beside the model of now: it reads copies of calls, then answers a share of them.

No call is answered by two models: whose answer it gets is settled before it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread

from guandian.domain import Mined, Review
from guandian.errors import GuandianError
from guandian.service.answering.batcher import Batcher
from guandian.service.answering.model_switch import ModelSwitch, ServedModel
from guandian.service.log import log_event
from guandian.service.rollout.comparing import compared_review
from guandian.store.records import Records
from guandian.store.records.trials import ComparedReview

MOST_WAITING = 256
"""Copied reviews that wait for the other model; further ones are not copied, and counted."""
_PATIENCE = 120.0
"""Seconds after which a copy is read no more."""
_POLL = 0.5


@dataclass(frozen=True, slots=True)
class ModelTrial:
    """A candidate on trial.

    Attributes:
        candidate: the model.
        share: of the calls that it answers, 0 to 1; with 0 it reads copies alone.
        since: when, ISO 8601 in UTC.
        copied, skipped: reviews of which both models' answers are kept, and those that were not
            copied as too many waited.
    """

    candidate: ServedModel
    share: float
    since: str
    copied: int = 0
    skipped: int = 0


class Trials:
    """The trial that runs, if one does.

    Args:
        model: which model answers.
        batcher: reads the copies, behind what people ask.
        records: keep how both answered.
        on_promoted: told of the candidate that answers from now on, and the model before.
    """

    def __init__(
        self,
        model: ModelSwitch,
        batcher: Batcher,
        records: Records,
        on_promoted: Callable[[ServedModel, ServedModel], None],
    ) -> None:
        self._model, self._batcher, self._records = model, batcher, records
        self._on_promoted = on_promoted
        self._lock, self._waiting = Lock(), 0
        self._trial: ModelTrial | None = None
        self._read: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._ending = Event()
        self._thread = Thread(target=self._keep, name="trials", daemon=True)
        self._thread.start()

    @property
    def current(self) -> ModelTrial | None:
        """The trial that runs."""
        return self._trial

    def running(self) -> ModelTrial:
        """The trial that runs.

        Raises:
            GuandianError: no candidate is on trial.
        """
        if self._trial is None:
            raise GuandianError("no candidate is on trial", "begin with POST /v1/models/candidate")
        return self._trial

    def begin(self, bundle: Path, share: float = 0.0) -> ModelTrial:
        """Open a candidate, try it, and let it read copies of calls from now on.

        Args:
            bundle: its folder.
            share: of the calls that it answers at once.

        Raises:
            GuandianError: it is refused, or is the model of now.
        """
        fresh = self._model.opened(bundle)
        with self._lock:
            if fresh.miner.key == self._model.current.miner.key:
                raise GuandianError(
                    f"{fresh.miner.model} is the model that answers", "name another one"
                )
            since = datetime.now(UTC).isoformat(timespec="seconds")
            self._trial = ModelTrial(fresh, share, since)
            return self._trial

    def set_share(self, share: float) -> ModelTrial:
        """Let the candidate answer another share of the calls.

        Raises:
            GuandianError: no candidate is on trial.
        """
        with self._lock:
            self._trial = replace(self.running(), share=share)
            return self._trial

    def promote(self) -> ServedModel:
        """Let the candidate answer every call from now on; the trial ends.

        Raises:
            GuandianError: no candidate is on trial, or tenants have adapters that were made on
                another model than it.
        """
        with self._lock:
            trial, before = self.running(), self._model.current
            self._model.put(trial.candidate)
            self._trial = None
        self._on_promoted(trial.candidate, before)
        return trial.candidate

    def end(self) -> ServedModel | None:
        """Drop the candidate; the one that was dropped, None where none was on trial."""
        with self._lock:
            trial, self._trial = self._trial, None
            return None if trial is None else trial.candidate

    def answering(self, key: str, reviews: Sequence[Review]) -> ServedModel:
        """The model that answers a call, the same for the same key as long as the trial lasts.

        A call of one review is told by the id of the review, so that it is answered alike whoever
        asks; others by the key, so that a caller sees one model.

        Args:
            key: the id of the caller's key.
            reviews: of the call.
        """
        trial = self._trial
        if trial is None or not trial.share:
            return self._model.current
        said = reviews[0].id if len(reviews) == 1 else key
        return trial.candidate if draw_of(said, trial) < trial.share else self._model.current

    def copy(
        self, tenant: str, served: ServedModel, reviews: Sequence[Review], answers: Sequence[Mined]
    ) -> None:
        """Let the other model read what a call brought, and keep how both answered, no more.

        Args:
            tenant: whose call it is.
            served: the model that answered.
            reviews: of the call.
            answers: what it got.
        """
        trial, incumbent = self._trial, self._model.current
        if trial is None or served not in (trial.candidate, incumbent) or not reviews:
            return
        with self._lock:
            room = self._waiting + len(reviews) <= MOST_WAITING
            if room:
                self._waiting += len(reviews)
            else:
                self._count(trial, skipped=len(reviews))
        if not room:
            return
        by_candidate = served is trial.candidate
        other = incumbent if by_candidate else trial.candidate
        future = self._batcher.submit(other.miner, reviews, _PATIENCE, job=True)

        def keep() -> None:
            with self._lock:
                self._waiting -= len(reviews)
            if future.cancelled() or future.exception() is not None:
                return
            pairs = zip(answers, future.result(), strict=True)
            several = [
                compared_review(*((b, a) if by_candidate else (a, b)), by_candidate=by_candidate)
                for a, b in pairs
            ]
            self._records.trials.add(
                tenant, incumbent.miner.key, trial.candidate.miner.key, several
            )
            with self._lock:
                self._count(trial, copied=len(several))

        def read(_: Future[list[Mined]]) -> None:
            self._read.put(keep)

        future.add_done_callback(read)

    def compared(self) -> list[ComparedReview]:
        """What is kept of the reviews that both models of the trial have read.

        Raises:
            GuandianError: no candidate is on trial.
        """
        trial = self.running()
        return self._records.trials.of(self._model.current.miner.key, trial.candidate.miner.key)

    def close(self) -> None:
        """Keep what was read until now, and end."""
        self._ending.set()
        self._thread.join()

    def _count(self, trial: ModelTrial, copied: int = 0, skipped: int = 0) -> None:
        running = self._trial
        if running is not None and running.candidate is trial.candidate:
            self._trial = replace(
                running, copied=running.copied + copied, skipped=running.skipped + skipped
            )

    def _keep(self) -> None:
        while not (self._ending.is_set() and self._read.empty()):
            try:
                act = self._read.get(timeout=_POLL)
            except Empty:
                continue
            try:
                act()
            except GuandianError as error:  # a comparison less; calls go on
                log_event("trial", problem=error.problem)
            except Exception as error:  # noqa: BLE001  # the thread keeps the next ones
                log_event("trial", error=type(error).__name__)


def draw_of(said: str, trial: ModelTrial) -> float:
    """A number from 0 to 1, the same for the same words and candidate."""
    digest = blake2b(f"{trial.candidate.miner.key} {said}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
