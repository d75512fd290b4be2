"""A worker: a process elsewhere that opens the model by itself and mines what it is given."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import guandian
from guandian.errors import GuandianError
from guandian.mining.batching import LazyMiner
from guandian.mining.engines.wire import mined_bytes, sent_review

Source = Callable[[], LazyMiner]
"""Opens the model on any machine: a function of a module, which pickle takes by its name."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """The first words of a worker.

    Attributes:
        version: of guandian there.
        key: of the model that it opened.
        host: the machine's name.
        process: its number there.
    """

    version: str
    key: str
    host: str
    process: int


@dataclass(frozen=True, slots=True)
class WorkerReply:
    """The reply to a call of a worker: plain values, which pickle takes whatever went wrong.

    Attributes:
        lines: of the reviews, as `mined_bytes` writes them.
        problem: what the worker's owner can repair, with its `repair`; empty where there is none.
        repair: that.
        failure: any other error, by its kind and words: a row's, or a mistake of ours.
    """

    lines: tuple[bytes, ...] = ()
    problem: str = ""
    repair: str = ""
    failure: str = ""


class MiningWorker:
    """Opens the model once, and mines.

    Args:
        source: of the model.
    """

    def __init__(self, source: Source) -> None:
        self._source = source

    @cached_property
    def _model(self) -> LazyMiner:
        return self._source()

    def greet(self) -> Greeting | WorkerReply:
        """Open the model, and tell who answers; a reply with a problem where that fails."""
        try:
            model = self._model
            model.miner  # noqa: B018  # opened now, so that what is wrong with it is told now
        except GuandianError as error:
            return WorkerReply(problem=error.problem, repair=error.repair)
        return Greeting(guandian.__version__, model.key, platform.node(), os.getpid())

    def mine(self, lines: Sequence[bytes]) -> WorkerReply:
        """Mine reviews together.

        Args:
            lines: of `review_bytes`.
        """
        reviews = [sent_review(line) for line in lines]
        try:
            return WorkerReply(tuple(mined_bytes(reviews, self._model.miner.mine(reviews))))
        except GuandianError as error:
            return WorkerReply(problem=error.problem, repair=error.repair)
        except Exception as error:  # noqa: BLE001  # of one row: the others go on
            return WorkerReply(failure=f"{type(error).__name__}: {error}")


def refuse_other(greeting: Greeting, key: str) -> None:
    """Refuse a worker that would give other answers than this process.

    Raises:
        GuandianError: its version or its model is another one.
    """
    where, ours = f"the worker on {greeting.host}", guandian.__version__
    if greeting.version != ours:
        raise GuandianError(
            f"{where} has guandian {greeting.version}, and this command {ours}: they may answer"
            " differently",
            f"install the same there: pip install 'guandian[scale]=={ours}'",
        )
    if greeting.key != key:
        raise GuandianError(
            f"{where} opened another model than this command",
            "put the same folder of the bundle there under the same name, or on a disk that all"
            " machines see",
        )
