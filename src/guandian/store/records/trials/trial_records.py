"""What is kept of reviews that the model of now and a candidate both read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal

from sqlalchemy import select

from guandian.store.records.database import Database
from guandian.store.records.trials.trial_tables import COMPARED


@dataclass(frozen=True, slots=True)
class ComparedReview:
    """How two models answered one review.

    Attributes:
        answered: whose answer the caller got.
        shared: opinions that both found, to the character.
        opinions, candidate_opinions: of each.
        same_sentiment: 1 where both give the review one sentiment, else 0.
        confidence, candidate_confidence: sums over the opinions of each.
    """

    answered: Literal["incumbent", "candidate"]
    shared: int
    opinions: int
    candidate_opinions: int
    same_sentiment: int
    confidence: float
    candidate_confidence: float


_COLUMNS = tuple(field.name for field in fields(ComparedReview))


class TrialRecords:
    """The compared answers of all tenants, by the keys of both models."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, tenant: str, incumbent: str, candidate: str, compared: Sequence[ComparedReview]
    ) -> None:
        """Keep what two models said of some reviews."""
        made = self._database.clock()
        common = {"tenant": tenant, "incumbent": incumbent, "candidate": candidate, "made": made}
        rows = [common | {name: getattr(review, name) for name in _COLUMNS} for review in compared]
        if rows:
            with self._database.writing() as connection:
                connection.execute(COMPARED.insert(), rows)

    def of(self, incumbent: str, candidate: str, most: int = 20_000) -> list[ComparedReview]:
        """The latest comparisons of two models, those of all tenants."""
        columns = [COMPARED.c[name] for name in _COLUMNS]
        pair = (COMPARED.c.incumbent == incumbent) & (COMPARED.c.candidate == candidate)
        query = select(*columns).where(pair).order_by(COMPARED.c.number.desc()).limit(most)
        with self._database.reading() as connection:
            return [ComparedReview(**row) for row in connection.execute(query).mappings()]
