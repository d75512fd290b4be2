"""Mining by Spark: Arrow batches of reviews in, of answers out, by `mapInArrow`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from guandian.domain import Mined, Review
from guandian.errors import GuandianError, reason
from guandian.mining.batching import PART_ROWS, LazyMiner
from guandian.mining.chunks import ROWS
from guandian.mining.engines.salvage import RowFailed, WorkerLost, salvaged
from guandian.mining.engines.wire import mined_of, review_bytes
from guandian.mining.engines.worker import Greeting, MiningWorker, Source, WorkerReply, refuse_other

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

REVIEWS = pa.schema([("review", pa.binary())])
"""The columns that go in: a line of `review_bytes` each."""
ANSWERS = pa.schema([
    ("line", pa.binary()), ("problem", pa.string()), ("repair", pa.string()),
    ("failure", pa.string()), ("version", pa.string()), ("key", pa.string()),
    ("host", pa.string()),
])  # fmt: skip
"""The columns that come out: an answer a row, in the order of the reviews; or one row of what went
wrong. Who answered stands in each."""
DDL = (
    "line binary, problem string, repair string, failure string, version string, key string,"
    " host string"
)
"""The same in Spark's words."""
_WORKERS: dict[str, MiningWorker] = {}
"""By the key and source of their model: Spark keeps a Python process for many calls."""


@dataclass(frozen=True)
class ArrowMiner:
    """A function for `DataFrame.mapInArrow`: it opens the model once in each Python process.

    Attributes:
        source: opens the model there.
        key: of that model.
    """

    source: Source
    key: str

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Answer the reviews of each batch together."""
        name = f"{self.key} {self.source!r}"
        worker = _WORKERS.setdefault(name, MiningWorker(self.source))
        for batch in batches:
            greeting = worker.greet()
            if isinstance(greeting, WorkerReply):
                yield _told(greeting, Greeting("", "", "", 0))
            else:
                yield _told(worker.mine(batch.column(0).to_pylist()), greeting)


def _told(reply: WorkerReply, greeting: Greeting) -> pa.RecordBatch:
    lines: Sequence[bytes | None] = reply.lines or [None]
    rest = (
        reply.problem, reply.repair, reply.failure, greeting.version, greeting.key,
        greeting.host,
    )  # fmt: skip
    columns = [list(lines), *([words] * len(lines) for words in rest)]
    return pa.record_batch(
        [pa.array(column, field.type) for column, field in zip(columns, ANSWERS, strict=True)],
        schema=ANSWERS,
    )


class SparkEngine:
    """An engine that makes a Spark job of each part; as with Ray, this process alone writes.

    Args:
        session: of Spark; whoever opened it stops it.
        source: opens the model in each of Spark's Python processes.
        model: the same here, to compare; it is not opened.
        workers: parts that are mined at once.
    """

    def __init__(
        self, session: SparkSession, source: Source, model: LazyMiner, workers: int
    ) -> None:
        self.workers, self.ahead = workers, 1 + workers // (ROWS // PART_ROWS)
        self._session, self._model = session, model
        self._mine = ArrowMiner(source, model.key)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="spark")

    def begin(self, reviews: Sequence[Review]) -> Future[list[Mined]]:
        """Begin to mine reviews together."""
        return self._pool.submit(salvaged, self._attempt, reviews, self._model.id)

    def close(self) -> None:
        """Drop what has not begun, and wait for what has."""
        self._pool.shutdown(cancel_futures=True)

    def _attempt(self, reviews: Sequence[Review]) -> list[Mined]:
        lines = pa.array([review_bytes(review) for review in reviews], pa.binary())
        frame: Any = self._session.createDataFrame(pa.table([lines], schema=REVIEWS))  # untyped
        try:
            # In one partition, so that the order stays and all are read together.
            rows = frame.coalesce(1).mapInArrow(self._mine, DDL).toArrow().to_pylist()
        except Exception as error:
            # Spark has many errors and no common base for those of a job.
            if type(error).__module__.partition(".")[0] not in ("pyspark", "py4j"):
                raise
            raise WorkerLost(reason(error)) from error
        if rows[0]["problem"]:
            raise GuandianError(rows[0]["problem"], rows[0]["repair"])
        refuse_other(
            Greeting(rows[0]["version"], rows[0]["key"], rows[0]["host"], 0), self._model.key
        )
        if rows[0]["failure"]:
            raise RowFailed(rows[0]["failure"])
        return mined_of([row["line"] for row in rows])
