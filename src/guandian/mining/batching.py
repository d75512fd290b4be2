"""Answers to reviews: every text once, by threads or by an engine, with a bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Event
from typing import Protocol, Self

from guandian.domain import LabelHead, Language, Mined, Review, Span
from guandian.evaluation.net_sentiment import PolarityRates
from guandian.tasks.inference import STOPPED

REMEMBERED = 4096
"""Answers that are kept for later chunks."""
SHORT = 400
"""Characters of a text whose answer is kept: what people repeat word for word is short."""
PART_ROWS = 250
PART_CHARACTERS = 50_000


class Mines(Protocol):
    """Gives answers; one for equal texts of equal parts, whatever stands beside. Thread-safe."""

    def mine(self, reviews: Sequence[Review]) -> list[Mined]:
        """Mine each review, in their order."""


@dataclass(frozen=True)
class LazyMiner:
    """A miner that is opened when it is first needed.

    Attributes:
        key: digest of all that its answers depend on.
        id: `name@version`.
        names: Chinese and English names of its categories.
        open: opens it.
        heads: the labels of whole reviews that it declares.
        rates: what it finds and misses of each polarity; None where nobody measured that.
        by_columns: whether product and brand of a review change its answer, beside its text.
    """

    key: str
    id: str
    open: Callable[[], Mines]
    names: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    heads: tuple[LabelHead, ...] = ()
    rates: PolarityRates | None = None
    by_columns: bool = False

    @cached_property
    def miner(self) -> Mines:
        """The opened miner."""
        return self.open()


class NeverAnswered(RuntimeError):
    """A review whose text an earlier asking was to answer, and that one failed."""


class MiningEngine(Protocol):
    """Answers parts of chunks, here or on other machines; whoever begins one waits for it.

    Attributes:
        ahead: chunks that are begun while the one before them is waited for.
        workers: parts that are mined at once.
    """

    ahead: int
    workers: int

    def begin(self, reviews: Sequence[Review]) -> Future[list[Mined]]:
        """Begin to mine reviews together; the answers come in their order."""

    def close(self) -> None:
        """Drop what has not begun, and wait for what has."""


class Threads:
    """An engine of threads in this process.

    Args:
        model: opened when the first part is begun.
        workers: threads that mine at once.
    """

    ahead = 1

    def __init__(self, model: LazyMiner, workers: int = 1) -> None:
        self._model, self.workers = model, workers
        self._closed = Event()
        self._pool = ThreadPoolExecutor(
            workers, "mine", initializer=STOPPED.set, initargs=(self._closed.is_set,)
        )

    def begin(self, reviews: Sequence[Review]) -> Future[list[Mined]]:
        """Begin to mine reviews together."""
        return self._pool.submit(self._model.miner.mine, reviews)

    def close(self) -> None:
        """Drop what has not begun; what has ends with its batch, and asks elsewhere no more."""
        self._closed.set()
        with stopped(vars(self._model).get("miner")):
            self._pool.shutdown(cancel_futures=True)


@dataclass(slots=True)
class _Answer:
    """The answer for one text, filled in when it is known."""

    mined: Mined | None = None


_Key = tuple[str, Language | None, tuple[Span, ...], str | None, str | None]
_Task = tuple[Review, _Answer]


@dataclass(frozen=True, slots=True)
class PendingAnswers:
    """Answers on their way.

    Attributes:
        recalled: reviews whose text was answered before, in this chunk or an earlier one.
    """

    reviews: Sequence[Review]
    recalled: int
    _answers: Sequence[_Answer]
    _pending: Sequence[tuple[Future[list[Mined]], Sequence[_Answer]]]

    def wait(self) -> list[Mined]:
        """The answers in the order of the reviews; earlier askings must have been waited for."""
        for future, answers in self._pending:
            for answer, mined in zip(answers, future.result(), strict=True):
                answer.mined = mined
        return [_own(a, review) for a, review in zip(self._answers, self.reviews, strict=True)]


class Answers:
    """Asks a model about chunks of reviews.

    Which texts are computed together depends on the chunks and their order alone, never on how
    fast they are answered or where an earlier run was stopped: equal input, equal bytes.

    Args:
        model: the model.
        workers: threads that mine at once.
        remembered: answers kept for later chunks.
        engine: answers in place of such threads; it is closed with this.
    """

    def __init__(
        self,
        model: LazyMiner,
        workers: int = 1,
        remembered: int = REMEMBERED,
        engine: MiningEngine | None = None,
    ) -> None:
        self.engine = engine or Threads(model, workers)
        self._most, self._by_columns = remembered, model.by_columns
        self._known: OrderedDict[_Key, _Answer] = OrderedDict()

    def ask(
        self, reviews: Sequence[Review], earlier: Sequence[Mined] | None = None
    ) -> PendingAnswers:
        """Begin to answer; `earlier` are the answers of an earlier run, where it found them."""
        by_key: dict[_Key, _Answer] = {}
        fresh: list[_Task] = []
        for at, review in enumerate(reviews):
            key = self._key(review)
            if key in by_key:
                continue
            answer = self._recall(key)
            if answer is None:
                answer = _Answer(earlier[at] if earlier else None)
                fresh.append((review, answer))
                self._remember(key, answer)
            by_key[key] = answer
        pending = [
            (self.engine.begin([review for review, _ in part]), [answer for _, answer in part])
            for part in (_parts(fresh) if not earlier else ())
        ]
        answers = [by_key[self._key(review)] for review in reviews]
        return PendingAnswers(reviews, len(reviews) - len(fresh), answers, pending)

    def close(self) -> None:
        """Drop what has not begun and wait for what has."""
        self.engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _key(self, review: Review) -> _Key:
        product, brand = (review.product, review.brand) if self._by_columns else (None, None)
        return review.text, review.language, tuple(review.parts.values()), product, brand

    def _recall(self, key: _Key) -> _Answer | None:
        if key in self._known:
            self._known.move_to_end(key)
        return self._known.get(key)

    def _remember(self, key: _Key, answer: _Answer) -> None:
        if len(key[0]) <= SHORT:
            self._known[key] = answer
            if len(self._known) > self._most:
                self._known.popitem(last=False)


def stopped(miner: object) -> AbstractContextManager[object]:
    """A block in which a miner begins nothing more, where it can be stopped."""
    stopping = getattr(miner, "stopping", nullcontext)
    block: AbstractContextManager[object] = stopping()
    return block


def _parts(tasks: Sequence[_Task]) -> Iterator[list[_Task]]:
    """Texts of like length together, the longest first so that no thread ends late."""
    part: list[_Task] = []
    size = 0
    for task in sorted(tasks, key=lambda entry: -len(entry[0].text)):
        length = len(task[0].text)
        if part and (len(part) == PART_ROWS or size + length > PART_CHARACTERS):
            yield part
            part, size = [], 0
        part.append(task)
        size += length
    if part:
        yield part


def _own(answer: _Answer, review: Review) -> Mined:
    if answer.mined is None:
        raise NeverAnswered(f"review {review.id} was asked about and never answered")
    return replace(answer.mined, review_id=review.id)
