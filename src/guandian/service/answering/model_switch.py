"""The model that answers: opened and probed before any call sees it, and rolled back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from guandian.domain import Review
from guandian.errors import GuandianError
from guandian.mining.miner import Miner
from guandian.pipelines import open_miner
from guandian.text.language import language

_PROBE = (
    Review("probe-zh", "屏幕很清晰，但是电池不耐用。"),
    Review("probe-en", "The screen is sharp, but the battery drains fast."),
)
_FOREIGN = "Der Bildschirm ist scharf, aber die Batterie leert sich zu schnell."


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model that was opened and has answered the probe.

    Attributes:
        miner: what answers.
        path: the folder of its bundle; None is the shipped one.
        opened: when, ISO 8601 in UTC.
    """

    miner: Miner
    path: Path | None
    opened: str


class ModelSwitch:
    """Holds the model of now and the one before it.

    Whoever takes `current.miner` keeps it to the end of a call, so that no answer mixes two models.

    Args:
        bundle: the folder of the first one; None is the shipped one.

    Raises:
        GuandianError: it cannot be opened, or does not answer.
    """

    def __init__(self, bundle: Path | None = None) -> None:
        self._lock = Lock()
        self._current = opened_model(bundle)
        self._previous: ServedModel | None = None

    @property
    def current(self) -> ServedModel:
        """The model that answers calls that begin now."""
        return self._current

    @property
    def previous(self) -> ServedModel | None:
        """The one that a roll-back brings again."""
        return self._previous

    def switch(self, bundle: Path | None) -> ServedModel:
        """Open another model, try it, and let it answer from now on.

        Raises:
            GuandianError: it is refused; the one of now goes on.
        """
        fresh = opened_model(bundle)
        self.put(fresh)
        return fresh

    def put(self, fresh: ServedModel) -> None:
        """Let a model that was opened and tried answer from now on."""
        with self._lock:
            self._previous, self._current = self._current, fresh

    def roll_back(self) -> ServedModel:
        """Let the model of before answer again.

        Raises:
            GuandianError: there was none.
        """
        with self._lock:
            if self._previous is None:
                raise GuandianError(
                    "no model was served before this one", "load another one with POST /v1/models"
                )
            self._previous, self._current = self._current, self._previous
            return self._current


def opened_model(bundle: Path | None) -> ServedModel:
    """Open a model and let it answer the probe.

    Raises:
        GuandianError: a damaged bundle, or answers that are none.
    """
    language(_FOREIGN)  # what tells languages apart is read at the first text that needs it
    miner = open_miner(bundle, threads=1, likeness=True)
    answers = miner.mine(_PROBE)
    spans = [
        (review, span)
        for review, answer in zip(_PROBE, answers, strict=True)
        for opinion in answer.opinions
        for span in (opinion.aspect, opinion.expression, opinion.evidence)
        if span is not None
    ]
    silent = miner.reader.spans and not spans
    if silent or any(span.end > len(review.text) for review, span in spans):
        raise GuandianError(
            f"{miner.model} does not answer the probe: it finds nothing in two plain reviews",
            "export the bundle again with `guandian train`",
        )
    return ServedModel(miner, bundle, datetime.now(UTC).isoformat(timespec="seconds"))
