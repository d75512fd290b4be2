"""What people said of mined opinions: right, mended, wrong, missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, func, select, update

from guandian.store.records.database import Database
from guandian.store.records.key_text import random_letters
from guandian.store.records.record_tables import CORRECTIONS


class CorrectionAction(StrEnum):
    """What a person does with an opinion."""

    ACCEPT = "accept"
    FIX = "fix"
    REJECT = "reject"
    ADD = "add"


@dataclass(frozen=True, slots=True)
class NewCorrection:
    """What is said of one opinion.

    Attributes:
        opinion: its id, None of one that is added.
        review: the id of its review.
        action: what is to be done with it.
        fields: the opinion as it should be, of a fix or an addition: `aspect` and `expression`
            (`{"start", "end"}` in code points, half-open, or null), `category`, `polarity`.
        before: the opinion as the model gave it, likewise, so that a newer model's can be told.
    """

    opinion: str | None
    review: str
    action: CorrectionAction
    fields: Mapping[str, Any]
    before: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CorrectionRecord:
    """A correction as it is recorded.

    Attributes:
        id: such as `c_4fGh...`.
        tenant: whose opinion it is.
        said: what was said.
        who: the id of the key, or the person's name.
        made: when, in UTC.
        undone: since when it no longer counts, None while it does.
    """

    id: str
    tenant: str
    said: NewCorrection
    who: str
    made: datetime
    undone: datetime | None


class Corrections:
    """The corrections of all tenants."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, tenant: str, said: NewCorrection, who: str) -> CorrectionRecord:
        """Record a correction. What was said of the same opinion before no longer counts."""
        id, made = f"c_{random_letters(16)}", self._database.clock()
        row = {
            "tenant": tenant, "id": id, "opinion": said.opinion, "review": said.review,
            "action": said.action, "fields": dict(said.fields), "before": dict(said.before),
            "who": who, "made": made,
        }  # fmt: skip
        with self._database.writing() as connection:
            connection.execute(CORRECTIONS.insert().values(**row))
        return CorrectionRecord(id, tenant, said, who, made, None)

    def get(self, tenant: str, id: str) -> CorrectionRecord | None:
        """A tenant's correction, None where there is none."""
        with self._database.reading() as connection:
            query = select(CORRECTIONS).where(_of(tenant, id))
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else _read(row)

    def list(
        self, tenant: str, limit: int = 100, offset: int = 0, *, undone: bool = False
    ) -> list[CorrectionRecord]:
        """A tenant's corrections, the latest first.

        Args:
            tenant: whose.
            limit: how many at most.
            offset: how many of the latest to pass over.
            undone: whether also those that were undone.
        """
        query = select(CORRECTIONS).where(_standing(tenant, undone))
        query = query.order_by(CORRECTIONS.c.number.desc()).limit(limit).offset(offset)
        with self._database.reading() as connection:
            return [_read(row) for row in connection.execute(query).mappings()]

    def count(self, tenant: str, *, undone: bool = False) -> int:
        """How many corrections a tenant has, as `list` counts them."""
        query = select(func.count()).select_from(CORRECTIONS).where(_standing(tenant, undone))
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def undo(self, tenant: str, id: str) -> bool:
        """Let a correction count no longer; whether it did until now."""
        standing = _of(tenant, id) & CORRECTIONS.c.undone.is_(None)
        change = update(CORRECTIONS).where(standing).values(undone=self._database.clock())
        with self._database.writing() as connection:
            return bool(connection.execute(change).rowcount)

    def by_opinion(self, tenant: str) -> dict[str, CorrectionRecord]:
        """Of each opinion that was corrected, the last correction that counts."""
        query = select(CORRECTIONS).where(_standing(tenant, False)).order_by(CORRECTIONS.c.number)
        with self._database.reading() as connection:
            rows = [_read(row) for row in connection.execute(query).mappings()]
        return {row.said.opinion: row for row in rows if row.said.opinion is not None}


def _of(tenant: str, id: str) -> ColumnElement[bool]:
    return (CORRECTIONS.c.tenant == tenant) & (CORRECTIONS.c.id == id)


def _standing(tenant: str, undone: bool) -> ColumnElement[bool]:
    mine = CORRECTIONS.c.tenant == tenant
    return mine if undone else mine & CORRECTIONS.c.undone.is_(None)


def _read(row: RowMapping) -> CorrectionRecord:
    said = NewCorrection(
        row["opinion"], row["review"], CorrectionAction(row["action"]), row["fields"], row["before"]
    )
    return CorrectionRecord(row["id"], row["tenant"], said, row["who"], row["made"], row["undone"])
