"""All that stands around the model of now: a trial, a watch after it, and reasons to train."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from guandian.domain import Mined, Review
from guandian.evaluation.wager import Wager
from guandian.service.answering.batcher import Batcher
from guandian.service.answering.model_switch import ModelSwitch, ServedModel
from guandian.service.auth import TENANT
from guandian.service.log import log_event
from guandian.service.metrics import Metrics
from guandian.service.rollout.comparing import (
    CorrectedFigures,
    TrialFigures,
    corrected_figures,
    trial_figures,
)
from guandian.service.rollout.promotion_watch import PromotionWatch
from guandian.service.rollout.proposing import DriftWatch, Proposal
from guandian.service.rollout.trials import Trials
from guandian.store.readings import Readings
from guandian.store.records import Records

_SERVICE = "service"
"""Who acts in the audit log where nobody does."""


class Rollout:
    """The parts of a rollout, put together.

    Args:
        model, batcher, records, readings, metrics: parts of the service.

    Attributes:
        trials: a candidate beside the model.
        watch: of a model that was promoted.
        drift: of the answers of the model of now.
    """

    def __init__(
        self,
        model: ModelSwitch,
        batcher: Batcher,
        records: Records,
        readings: Readings,
        metrics: Metrics,
    ) -> None:
        self._model, self._records, self._metrics = model, records, metrics
        self.watch = PromotionWatch(model, batcher, records, readings, self._rolled_back)
        self.trials = Trials(model, batcher, records, self.watch.begin)
        self.drift = DriftWatch()

    def answered(
        self, tenant: str, served: ServedModel, reviews: Sequence[Review], answers: Sequence[Mined]
    ) -> None:
        """A call was answered: count it, and let the other model of a trial read a copy."""
        if served is self._model.current:
            self.drift.note(answers)
        self.trials.copy(tenant, served, reviews, answers)

    def corrected(self, tenant: str, review: str) -> None:
        """Something was said of a review, or taken back."""
        self.watch.corrected(tenant, review)
        self.proposals(tenant)

    def proposals(self, tenant: str) -> list[Proposal]:
        """Why a training is worth it for a tenant now; what is new of it is told in the log."""
        opened = datetime.fromisoformat(self._model.current.opened)
        corrected = self._records.corrections.reviews_since(tenant, opened)
        return self.drift.proposals(tenant, corrected)

    def figures(self, tenant: str) -> tuple[TrialFigures, CorrectedFigures]:
        """How the candidate compares: on copies of calls, and on what a tenant's people corrected.

        Raises:
            GuandianError: no candidate is on trial.
        """
        compared = trial_figures(self.trials.compared())
        trial = self.trials.current
        settled = self.watch.settled(tenant)
        if trial is None or not settled:
            return compared, corrected_figures([], [], [])
        answers = (
            self.watch.answers(served, settled) for served in (self._model.current, trial.candidate)
        )
        return compared, corrected_figures(settled, *answers)

    def close(self) -> None:
        """End what runs beside."""
        self.trials.close()
        self.watch.close()

    def _rolled_back(self, back: ServedModel, bet: Wager) -> None:
        name = back.miner.model
        self._metrics.model(name)
        why = {"why": "worse on corrections", "wins": bet.wins, "losses": bet.losses,
               "capital": round(bet.capital, 2)}  # fmt: skip
        self._records.audit.add(TENANT, _SERVICE, "model.rollback", name, why)
        log_event("model-rolled-back", model=name, **why)
