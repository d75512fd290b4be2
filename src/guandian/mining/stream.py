"""Mining without a job: answers are given out as they come, and nothing is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, Queue
from threading import Event

from guandian.domain import Review
from guandian.files import StandardOutput
from guandian.mining.batching import Answers
from guandian.mining.chunks import chunks
from guandian.mining.job import Watch
from guandian.mining.job_manifest import Counts

WAITING = 512
"""Reviews that may wait for the model, and that it answers together, at most."""


def mine_file(
    reviews: Iterable[Review], answers: Answers, writer: StandardOutput, watch: Watch
) -> Counts:
    """Answer a stream chunk by chunk, in order; the counts lack rejects and repeated ids."""
    counts = Counts()
    for chunk in chunks(reviews):
        _answer(chunk, answers, writer, watch, counts)
    return counts


def mine_live(
    reviews: Iterable[Review], answers: Answers, writer: StandardOutput, watch: Watch
) -> Counts:
    """Answer what has arrived, without waiting for more: for a person or a program that types.

    The calling thread reads, so that an interrupt reaches it; another one answers.
    """
    arrived: Queue[Review | None] = Queue(WAITING)
    counts, failed = Counts(), Event()

    def work() -> None:
        batches = _arrived(arrived)
        try:
            for batch in batches:
                _answer(batch, answers, writer, watch, counts)
        except BaseException:
            failed.set()
            for _ in batches:  # whoever reads must not wait for room
                pass
            raise

    with ThreadPoolExecutor(1, thread_name_prefix="live") as pool:
        future = pool.submit(work)
        try:
            for review in reviews:
                if failed.is_set():
                    break
                arrived.put(review)
        finally:
            arrived.put(None)
        future.result()
    return counts


def _arrived(queue: Queue[Review | None]) -> Iterator[list[Review]]:
    """Yield what is in the queue, whenever something is, until it holds None."""
    batch: list[Review] = []
    while True:
        try:
            review = queue.get(block=not batch)
        except Empty:
            yield batch
            batch = []
            continue
        if review is None:
            break
        batch.append(review)
        if len(batch) == WAITING:
            yield batch
            batch = []
    if batch:
        yield batch


def _answer(
    batch: Sequence[Review], answers: Answers, writer: StandardOutput, watch: Watch, counts: Counts
) -> None:
    query = answers.ask(batch)
    mined = query.wait()
    for review, answer in zip(batch, mined, strict=True):
        writer.write(review, answer)
        counts.opinions += len(answer.opinions)
        counts.warnings += len(answer.warnings)
    writer.close()  # which flushes
    counts.reviews += len(batch)
    counts.recalled += query.recalled
    watch.mined(batch, mined, earlier=False)
