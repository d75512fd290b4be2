"""A file mined by a language model: part by part, behind the calls of people, within bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from threading import Event

from guandian.domain import Mined, Review
from guandian.errors import GuandianError
from guandian.service.problems import Problem
from guandian.service.tenants.tenant_models import (
    LanguageModels,
    TenantsModel,
    told_of_failure,
)

CHUNK = 40
"""Reviews whose answers are kept together: what a kill of the service may cost again."""
_PART = 8
"""Reviews for which a job has one of the places of calls."""
_LOOK = 0.2
"""Seconds between two looks whether the job is to end."""
_PATIENCE = 2.0
"""Seconds until a place is asked for again, where calls have them all."""
STORED = "what is mined is stored; go on with a file of the other rows"


@dataclass(frozen=True)
class PartByPart:
    """A language model for a job; calls find a place between two parts.

    Attributes:
        models: that the operator named.
        model: the one.
        check: raises where the job is to end.
        ending: set once the service is to end.
        spend: counts so many reviews against the quota of the key; raises where it is spent.
    """

    models: LanguageModels
    model: TenantsModel
    check: Callable[[], None]
    ending: Event
    spend: Callable[[int], None]

    def mine(self, reviews: Sequence[Review]) -> list[Mined]:
        """Mine each review, in their order.

        Raises:
            GuandianError: the day's tokens are spent, or the model does not answer; in words that
                hold nothing of the endpoint's.
        """
        mined: list[Mined] = []
        for at in range(0, len(reviews), _PART):
            part = reviews[at : at + _PART]
            self.check()
            self.spend(len(part))
            mined += self._part(part)
        return mined

    def _part(self, reviews: Sequence[Review]) -> list[Mined]:
        future = self._begun(reviews)
        try:
            while True:
                try:
                    return future.result(_LOOK)
                except TimeoutError:
                    if future.done():
                        raise
                    self.check()
        except GuandianError as error:
            problem = told_of_failure(self.model.name, error).problem
            raise GuandianError(problem, STORED) from error
        except CancelledError:  # by `LanguageModels.close`
            self.check()
            raise
        finally:
            future.cancel()

    def _begun(self, reviews: Sequence[Review]) -> Future[list[Mined]]:
        while True:
            self.check()
            try:
                return self.models.begin(self.model, reviews)
            except Problem as problem:
                if problem.status != 429:
                    raise
            self.ending.wait(_PATIENCE)
