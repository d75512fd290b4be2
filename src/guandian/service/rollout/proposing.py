"""When a training is worth it: enough corrections, or reviews that the model does not know."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal

from guandian.domain import Mined
from guandian.evaluation.intervals.wilson import wilson_ends
from guandian.mining.caution.familiarity import LIMIT
from guandian.service.log import log_event

CORRECTED = 200
"""Reviews that people corrected since the model was opened: as many as teach something."""
WINDOW = 500
"""Reviews at the beginning, and the latest ones, that are held against each other."""
UNLIKE_TIMES = 2
"""As many times the reviews that are unlike as among familiar ones make a drift."""
LESS_SURE = 0.05
"""As much less confidence than at the beginning makes a drift."""
_Z = 2.58
"""Normal quantile of 99 %: a service looks often."""
Reason = Literal["corrections", "unlike", "confidence"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A reason to train.

    Attributes:
        reason: corrections, reviews unlike those learned from, or less confidence than before.
        value: what was seen: corrected reviews, the share that is unlike, the mean confidence.
        limit: from which on it is a reason.
        low, high: the interval of the value at 99 %; None of corrections.
    """

    reason: Reason
    value: float
    limit: float
    low: float | None = None
    high: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


class DriftWatch:
    """Counts how sure and how familiar a model's answers are, from its first one on."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._model = ""
        self._first: list[tuple[float, float]] = []
        self._latest: deque[tuple[float, float]] = deque(maxlen=WINDOW)
        self._unlike: deque[bool] = deque(maxlen=WINDOW)
        self._told: set[tuple[str, Reason]] = set()

    def note(self, answers: Sequence[Mined]) -> None:
        """Count answers; another model than before begins anew."""
        with self._lock:
            for answer in answers:
                if answer.model != self._model:
                    self._model = answer.model
                    self._first, self._told = [], set()
                    self._latest.clear()
                    self._unlike.clear()
                if answer.likeness is not None:
                    self._unlike.append(answer.likeness <= LIMIT)
                if answer.opinions:
                    sure = [opinion.confidence for opinion in answer.opinions]
                    mean = sum(sure) / len(sure)
                    if len(self._first) < WINDOW:
                        self._first.append((mean, mean * mean))
                    else:
                        self._latest.append((mean, mean * mean))

    def proposals(self, tenant: str, corrected: int) -> list[Proposal]:
        """The reasons to train that stand now; each is told in the log once a tenant and model.

        Args:
            tenant: whose corrections were counted.
            corrected: reviews that its people corrected since the model was opened.
        """
        with self._lock:
            signs = [self._unfamiliar(), self._less_sure()]
            if corrected >= CORRECTED:
                signs.insert(0, Proposal("corrections", corrected, CORRECTED))
            proposals = [sign for sign in signs if sign is not None]
            fresh = [sign for sign in proposals if (tenant, sign.reason) not in self._told]
            self._told |= {(tenant, sign.reason) for sign in fresh}
            model = self._model
        for sign in fresh:
            log_event("training-proposed", tenant=tenant, model=model, **sign.to_json())
        return proposals

    def _unfamiliar(self) -> Proposal | None:
        if len(self._unlike) < WINDOW:
            return None
        share, limit = sum(self._unlike) / len(self._unlike), UNLIKE_TIMES * LIMIT
        low, high = wilson_ends(share, len(self._unlike), _Z)
        return Proposal("unlike", share, limit, low, high) if low > limit else None

    def _less_sure(self) -> Proposal | None:
        if len(self._latest) < WINDOW:
            return None
        (first, spread), (latest, other) = map(_mean_and_variance, (self._first, self._latest))
        half = _Z * (spread + other) ** 0.5
        limit = first - LESS_SURE
        if latest + half >= limit:
            return None
        return Proposal("confidence", latest, limit, latest - half, latest + half)


def _mean_and_variance(seen: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The mean, and the variance of that mean."""
    total = len(seen)
    mean = sum(value for value, _ in seen) / total
    squares = sum(square for _, square in seen) / total
    return mean, max(squares - mean * mean, 0.0) / total
