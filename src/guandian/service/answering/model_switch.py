"""The model that answers: opened and probed before any call sees it, and rolled back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from guandian.bundle import open_folder, shipped
from guandian.domain import Review
from guandian.errors import GuandianError
from guandian.mining.miner import Miner
from guandian.pipelines import open_miner
from guandian.pipelines.adapters.adapting import AdaptableBase
from guandian.service.tenants.tenant_adapters import TenantAdapters
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
        base: what adapters of tenants know it by; None where it takes none.
    """

    miner: Miner
    path: Path | None
    opened: str
    base: AdaptableBase | None = None


class ModelSwitch:
    """Holds the model of now and the one before it.

    Whoever takes `current.miner` keeps it to the end of a call, so that no answer mixes two models.

    Args:
        bundle: the folder of the first one; None is the shipped one.
        adapters: the folder of tenants' adapters, where there is one.

    Attributes:
        adapters: of tenants.

    Raises:
        GuandianError: it cannot be opened, or does not answer, or takes no adapters.
    """

    def __init__(self, bundle: Path | None = None, adapters: Path | None = None) -> None:
        self._lock = Lock()
        self.adapters = TenantAdapters(adapters)
        self._current = self.opened(bundle)
        self._previous: ServedModel | None = None

    @property
    def current(self) -> ServedModel:
        """The model that answers calls that begin now."""
        return self._current

    @property
    def previous(self) -> ServedModel | None:
        """The one that a roll-back brings again."""
        return self._previous

    def of_tenant(self, tenant: str) -> ServedModel:
        """The model that answers a tenant: that of now, with the tenant's adapter if it has one.

        Raises:
            Problem: 503 where the tenant has an adapter that cannot be used.
        """
        served = self._current
        miner = self.adapters.miner(served.base, served.miner, tenant)
        return served if miner is served.miner else replace(served, miner=miner)

    def unfit(self) -> dict[str, GuandianError]:
        """The tenants whose adapters do not stand beside the model of now, each with why."""
        base = self._current.base
        return {} if base is None else self.adapters.unfit(base)

    def opened(self, bundle: Path | None) -> ServedModel:
        """Open a model and try it, without letting it answer.

        Raises:
            GuandianError: it is refused.
        """
        return opened_model(bundle, adapters=self.adapters.folder is not None)

    def switch(self, bundle: Path | None) -> ServedModel:
        """Open another model, try it, and let it answer from now on.

        Raises:
            GuandianError: it is refused; the one of now goes on.
        """
        fresh = self.opened(bundle)
        self.put(fresh)
        return fresh

    def put(self, fresh: ServedModel) -> None:
        """Let a model that was opened and tried answer from now on.

        Raises:
            GuandianError: tenants have adapters that were made on another one.
        """
        self._refuse_unfit(fresh)
        with self._lock:
            self._previous, self._current = self._current, fresh

    def roll_back(self) -> ServedModel:
        """Let the model of before answer again.

        Raises:
            GuandianError: there was none, or tenants have adapters that were made on another one:
                these would be refused.
        """
        with self._lock:
            if self._previous is None:
                raise GuandianError(
                    "no model was served before this one", "load another one with POST /v1/models"
                )
            self._refuse_unfit(self._previous)
            self._previous, self._current = self._current, self._previous
            return self._current

    def _refuse_unfit(self, served: ServedModel) -> None:
        unfit = {} if served.base is None else self.adapters.unfit(served.base)
        if unfit:
            tenant, error = next(iter(unfit.items()))
            raise GuandianError(
                f"{len(unfit)} tenants have adapters that do not stand beside "
                f"{served.miner.model}, such as {tenant}: {error.problem}",
                f"train theirs from it and put them into {self.adapters.folder} under their names, "
                "or take theirs out",
            )


def opened_model(bundle: Path | None, *, adapters: bool = False) -> ServedModel:
    """Open a model and let it answer the probe; with `adapters` it takes those of tenants.

    Raises:
        GuandianError: a damaged bundle, answers that are none, or no place for adapters.
    """
    language(_FOREIGN)  # what tells languages apart is read at the first text that needs it
    base = AdaptableBase.open(open_folder(bundle or shipped())) if adapters else None
    miner = open_miner(bundle, threads=1, likeness=True, adapters=adapters)
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
    return ServedModel(miner, bundle, datetime.now(UTC).isoformat(timespec="seconds"), base)
