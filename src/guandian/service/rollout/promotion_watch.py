"""A model that was promoted is watched: it goes by itself where people's corrections say so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread

from guandian.domain import Labelled, Mined, Review
from guandian.errors import GuandianError
from guandian.evaluation.wager import Wager, wager
from guandian.service.answering.batcher import Abandoned, Batcher, TooLate
from guandian.service.answering.model_switch import ModelSwitch, ServedModel
from guandian.service.log import log_event
from guandian.service.rollout.comparing import outcome
from guandian.store.readings import Readings
from guandian.store.records import Records
from guandian.store.records.training_export import export_corrections

ALPHA = 0.05
"""The chance that a model which is not worse is ever taken back."""
_POLL = 0.5
_MOST_CORRECTED = 500
"""Reviews with corrections that a comparison reads anew, the latest ones."""
RolledBack = Callable[[ServedModel, Wager], None]


@dataclass(frozen=True, slots=True)
class Promotion:
    """A promoted model and what was said since.

    Attributes:
        promoted, before: it, and the model that it took the place of.
        corrected: the reviews that people corrected since, each a tenant and an id, in that order.
        outcomes: of those that are settled, what `outcome` says of them.
    """

    promoted: ServedModel
    before: ServedModel
    corrected: dict[tuple[str, str], None] = field(default_factory=dict)
    outcomes: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def bet(self) -> Wager:
        """What came of betting that the promoted one loses."""
        return wager(self.outcomes[key] for key in self.corrected if key in self.outcomes)


class PromotionWatch:
    """Holds the promoted model and the one before against each correction that is made.

    Where people settled every opinion of a review, the model with the higher F1 on it wins; a bet
    on the promoted one's losing tells when it is worse (`guandian.evaluation.wager`).

    Args:
        model: which model answers.
        batcher: lets both models read corrected reviews, behind what people ask.
        records, readings: hold the corrections, and the reviews.
        on_rolled_back: told of the model that answers again, and why.
    """

    def __init__(
        self,
        model: ModelSwitch,
        batcher: Batcher,
        records: Records,
        readings: Readings,
        on_rolled_back: RolledBack,
    ) -> None:
        self._model, self._batcher = model, batcher
        self._records, self._readings = records, readings
        self._on_rolled_back = on_rolled_back
        self._lock, self._ending = Lock(), Event()
        self._promotion: Promotion | None = None
        self._said: SimpleQueue[tuple[str, str]] = SimpleQueue()
        self._thread = Thread(target=self._work, name="promotion", daemon=True)
        self._thread.start()

    @property
    def promotion(self) -> Promotion | None:
        """What is watched; None where nothing was promoted, or another model answers by now."""
        promotion = self._promotion
        if promotion is None or promotion.promoted is not self._model.current:
            return None
        return promotion

    def begin(self, promoted: ServedModel, before: ServedModel) -> None:
        """Watch a model from now on."""
        self._promotion = Promotion(promoted, before)

    def corrected(self, tenant: str, review: str) -> None:
        """Something was said of a review, or taken back."""
        if self.promotion is not None:
            self._said.put((tenant, review))

    def settled(self, tenant: str, reviews: Sequence[str] | None = None) -> list[Labelled]:
        """Reviews of a tenant of which people settled every opinion, as labelled.

        Args:
            tenant: whose.
            reviews: of these alone; None = of the latest that were corrected.
        """
        corrections, reader = self._records.corrections, self._readings.as_mined(tenant)

        def read(id: str) -> tuple[Review, Mined] | None:
            stored = reader.review(id)
            return None if stored is None else (stored.review, stored.mined)

        if reviews is None:
            said = corrections.standing(tenant)
            latest = list(dict.fromkeys(record.said.review for record in reversed(said)))
            newest = set(latest[:_MOST_CORRECTED])
            said = [record for record in said if record.said.review in newest]
        else:
            said = [record for id in reviews for record in corrections.of_review(tenant, id)]
        return list(export_corrections(said, read).records)

    def answers(self, served: ServedModel, records: Sequence[Labelled]) -> list[Mined]:
        """What a model says of labelled reviews, behind what people ask.

        Raises:
            GuandianError: the service ends.
        """
        reviews = [Review(record.id, record.text) for record in records]
        try:
            return self._batcher.submit(served.miner, reviews, job=True).result()
        except (Abandoned, CancelledError, TooLate):
            raise GuandianError("the service is about to end", "ask again later") from None

    def close(self) -> None:
        """End."""
        self._ending.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._ending.is_set():
            try:
                tenant, review = self._said.get(timeout=_POLL)
            except Empty:
                continue
            try:
                self._judge(tenant, review)
            except GuandianError as error:  # the next correction asks again
                log_event("promotion", problem=error.problem, remedy=error.repair)
            except Exception as error:  # noqa: BLE001  # the watch outlives what one review does
                log_event("promotion", error=type(error).__name__)

    def _judge(self, tenant: str, review: str) -> None:
        promotion, key = self.promotion, (tenant, review)
        if promotion is None:
            return
        promotion.corrected.setdefault(key)
        labelled = self.settled(tenant, [review])
        promotion.outcomes.pop(key, None)
        if labelled:
            (old,), (new,) = (
                self.answers(served, labelled) for served in (promotion.before, promotion.promoted)
            )
            promotion.outcomes[key] = outcome(labelled[0], old, new)
        bet = promotion.bet
        with self._lock:
            if bet.crossed(ALPHA) and self.promotion is promotion:
                self._on_rolled_back(self._model.roll_back(), bet)
