"""What people said of mined opinions: right, mended, wrong, missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    RowMapping,
    Update,
    delete,
    func,
    select,
    update,
)

from guandian.domain import Polarity, Quad, Span
from guandian.errors import GuandianError
from guandian.store.records.change_marks import ChangeMarks
from guandian.store.records.database import Database
from guandian.store.records.key_text import random_letters
from guandian.store.records.record_tables import CORRECTIONS

_SPANS = ("aspect", "expression", "evidence")
_FIELDS = (*_SPANS, "category", "polarity", "tag")


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
        fields: what should stand there, of a fix or an addition; else empty. `aspect`, `expression`
            and `evidence` are `{"start", "end"}` in code points, half-open, or null; `category`,
            `polarity` and `tag` are texts. A fix keeps what it does not name.
        before: the opinion as the model gave it, likewise, of all but an addition: by it the
            opinion is known again when a newer model has mined the review.
    """

    opinion: str | None
    review: str
    action: CorrectionAction
    fields: Mapping[str, Any]
    before: Mapping[str, Any]

    @property
    def result(self) -> Mapping[str, Any]:
        """The opinion as it should be: `before` with `fields` over it."""
        return {**self.before, **self.fields}


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
        self._database, self._marks = database, ChangeMarks(database, "corrections")

    def add(self, tenant: str, said: NewCorrection, who: str) -> CorrectionRecord:
        """Record a correction; of several of one opinion the last counts.

        Raises:
            GuandianError: `fields` or `before` lack something, or hold what is no opinion.
        """
        _check(said)
        id, made = f"c_{random_letters(16)}", self._database.clock()
        row = {
            "tenant": tenant, "id": id, "opinion": said.opinion, "review": said.review,
            "action": said.action, "fields": dict(said.fields), "before": dict(said.before),
            "who": who, "made": made,
        }  # fmt: skip
        with self._database.writing() as connection:
            connection.execute(CORRECTIONS.insert().values(**row))
            self._marks.count(tenant)
        return CorrectionRecord(id, tenant, said, who, made, None)

    def get(self, tenant: str, id: str) -> CorrectionRecord | None:
        """A tenant's correction, None where there is none."""
        with self._database.reading() as connection:
            query = select(CORRECTIONS).where(_of(tenant, id))
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else _read(row)

    def of_review(self, tenant: str, review: str) -> list[CorrectionRecord]:
        """The corrections of one review that count, in the order in which they were made."""
        mine = _standing(tenant, False) & (CORRECTIONS.c.review == review)
        query = select(CORRECTIONS).where(mine).order_by(CORRECTIONS.c.number)
        with self._database.reading() as connection:
            return [_read(row) for row in connection.execute(query).mappings()]

    def standing(self, tenant: str) -> list[CorrectionRecord]:
        """All corrections of a tenant that count, in the order in which they were made."""
        query = select(CORRECTIONS).where(_standing(tenant, False)).order_by(CORRECTIONS.c.number)
        with self._database.reading() as connection:
            return [_read(row) for row in connection.execute(query).mappings()]

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

    def reviews_since(self, tenant: str, moment: datetime) -> int:
        """How many of a tenant's reviews have a correction that was made since, and counts."""
        mine = _standing(tenant, False) & (CORRECTIONS.c.made >= moment)
        query = select(func.count(CORRECTIONS.c.review.distinct())).where(mine)
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def undo(self, tenant: str, id: str) -> bool:
        """Let a correction count no longer; whether it did until now."""
        standing = _of(tenant, id) & CORRECTIONS.c.undone.is_(None)
        change = update(CORRECTIONS).where(standing).values(undone=self._database.clock())
        with self._database.writing() as connection:
            return bool(self._counted(connection, tenant, change))

    def forget(self, tenant: str, review: str) -> int:
        """Remove the corrections of a review, undone ones too; how many those are."""
        mine = (CORRECTIONS.c.tenant == tenant) & (CORRECTIONS.c.review == review)
        with self._database.writing() as connection:
            return self._counted(connection, tenant, delete(CORRECTIONS).where(mine))

    def mark(self, tenant: str) -> int:
        """Another number as soon as anything is said, undone or forgotten."""
        return self._marks.of(tenant)

    def _counted(self, connection: Connection, tenant: str, change: Update | Delete) -> int:
        rows = connection.execute(change).rowcount
        if rows:
            self._marks.count(tenant)
        return rows


def quad_of(fields: Mapping[str, Any]) -> Quad:
    """The opinion that `before` or `result` of a correction tell.

    Raises:
        GuandianError: they lack something, or hold what is no opinion.
    """
    if unknown := [name for name in fields if name not in _FIELDS]:
        raise GuandianError(
            f"no field {unknown[0]!r} of an opinion", f"one of {', '.join(_FIELDS)}"
        )
    category, polarity = fields.get("category"), fields.get("polarity")
    if not isinstance(category, str) or not category.strip():
        raise GuandianError("an opinion needs a category", "give the name of one")
    if polarity not in set(Polarity):
        raise GuandianError(f"no polarity {polarity!r}", f"one of {', '.join(Polarity)}")
    aspect, expression, _ = (_span(name, fields.get(name)) for name in _SPANS)
    if not isinstance(fields.get("tag", ""), str):
        raise GuandianError("the tag of an opinion is a text", "leave it out to have one made")
    return Quad(aspect, expression, category.strip(), Polarity(polarity))


def _span(name: str, value: Any) -> Span | None:
    if value is None:
        return None
    match value:
        case {"start": int(start), "end": int(end)} if 0 <= start < end:
            return Span(start, end)
    raise GuandianError(
        f"{name} {value!r} is no span",
        'give {"start", "end"} in characters, the end not included, or null',
    )


def _check(said: NewCorrection) -> None:
    changes = said.action in (CorrectionAction.FIX, CorrectionAction.ADD)
    if changes and not said.fields:
        raise GuandianError(f"{said.action} needs fields", "say what should stand there")
    if said.fields and not changes:
        raise GuandianError(f"{said.action} takes no fields", "leave them out, or fix the opinion")
    if said.action is not CorrectionAction.ADD:
        if said.opinion is None:
            raise GuandianError(f"{said.action} needs an opinion", "give its id, or add one")
        quad_of(said.before)
    quad_of(said.result)


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
