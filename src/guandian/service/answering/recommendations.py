"""The recommender that answers: a folder built beside the service, read again once replaced."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from guandian.errors import GuandianError
from guandian.service.auth import TENANT
from guandian.service.log import log_event
from guandian.service.problems import not_there

if TYPE_CHECKING:
    from guandian.recommend.recommender import Recommender

_NEEDED = "recommender.json"
"""The file of a recommender's folder that changes with every build."""


class Recommendations:
    """Holds what `guandian recommend build` wrote; a folder that is replaced is opened anew.

    A model holds pseudonyms and quotes of one shop, so callers of the first tenant alone see it.

    Args:
        folder: of the model; None serves none.

    Raises:
        GuandianError: it cannot be opened, or a library for it is missing.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder, self._lock = folder, Lock()
        self._stamp: tuple[int, int] | None = None
        self._opened: Recommender | None = None
        if folder is not None:
            self._stamp = self._stamp_now()
            self._opened = _open(folder)

    def serves(self, tenant: str) -> bool:
        """Whether callers of a tenant get recommendations."""
        return self._opened is not None and tenant == TENANT

    def of(self, tenant: str) -> Recommender:
        """What answers a caller.

        A new build that cannot be opened is told in the log, and the one of before goes on.

        Raises:
            Problem: 404 where the tenant has none.
        """
        if self._opened is None or tenant != TENANT:
            raise not_there("no recommender is served here: guandian serve --recommend FOLDER")
        with self._lock:
            stamp = self._stamp_now()
            if stamp is not None and stamp != self._stamp:
                self._stamp = stamp
                assert self._folder is not None
                try:
                    self._opened = _open(self._folder)
                except GuandianError as error:
                    log_event("recommender", problem=error.problem, remedy=error.repair)
            return self._opened

    def _stamp_now(self) -> tuple[int, int] | None:
        assert self._folder is not None
        try:
            status = (self._folder / _NEEDED).stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns


def _open(folder: Path) -> Recommender:
    try:
        from guandian.recommend.recommender_files import open_recommender
    except ModuleNotFoundError as error:
        raise GuandianError(
            f"recommending needs {error.name}, which is not installed",
            "pip install 'guandian[recommend]'",
        ) from error
    return open_recommender(folder)
