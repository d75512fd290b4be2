"""Which opinions a call or a job keeps: promises of the model that answers, looked up once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from guandian.errors import GuandianError
from guandian.mining.caution.promises import Caution, Promise, Promises
from guandian.pipelines.promising import promises_of
from guandian.service.answering.model_switch import ServedModel
from guandian.service.problems import Problem, wrong_place
from guandian.service.schemas.mining_schemas import KeptOpinions

_KEPT = 4
"""Models whose promises are remembered: to look them up takes as long as to check a bundle."""


class Promising:
    """The promises of whichever model answers.

    Args:
        files: of promises, of one model each; besides them those that ship.
        served: the model of now, which one of the files was measured on.

    Raises:
        GuandianError: a file cannot be read, or none was measured on the model of now.
    """

    def __init__(self, files: Sequence[Path] = (), served: ServedModel | None = None) -> None:
        self._files = tuple(files)
        if self._files:
            promises_of(None if served is None else served.path, *self._files)
        self._of = lru_cache(_KEPT)(self._looked_up)

    def caution(self, served: ServedModel, choice: KeptOpinions) -> Caution:
        """What is kept of a model's answers.

        Raises:
            Problem: 422 for a precision that the model cannot promise, and for `unlike` where
                nobody measured what it learned from.
        """
        if choice.unlike is not None and served.miner.familiar is None:
            raise _refused(
                "unlike",
                GuandianError(
                    f"nobody measured what {served.miner.model} learned from", "leave unlike out"
                ),
            )
        return Caution(self._promise(served, choice), choice.unlike)

    def _promise(self, served: ServedModel, choice: KeptOpinions) -> Promise | None:
        if choice.precision is None:
            return None
        if served.miner.reader.adapter is not None:
            problem = f"nobody measured what {served.miner.model} promises"
            raise _refused("precision", GuandianError(problem, "leave it out"))
        try:
            promises = self._of(served.miner.key, served.path)
            return promises.promise(choice.precision, choice.precision_of)
        except GuandianError as error:
            raise _refused("precision", error) from error

    def _looked_up(self, _: str, path: Path | None) -> Promises:
        """Those of a model, by its key."""
        if self._files:
            try:
                return promises_of(path, *self._files)
            except GuandianError:  # a model that was switched to, of which a shipped one may tell
                return promises_of(path)
        return promises_of(path)


def _refused(name: str, error: GuandianError) -> Problem:
    """The error of a member of a request."""
    wrong = wrong_place(f"/{name}", error.repair)
    return Problem(422, name, error.problem, error.repair, errors=[wrong])
