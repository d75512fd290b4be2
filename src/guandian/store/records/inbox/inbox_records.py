"""The inbox of all tenants: what came in, what is proposed, what people made of it."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, case, delete, func, select, update

from guandian.errors import GuandianError
from guandian.store.records.database import Database
from guandian.store.records.inbox.inbox_items import (
    OPEN,
    Draft,
    DraftEdit,
    InboxItem,
    InboxKind,
    InboxState,
    Look,
    NewItem,
)
from guandian.store.records.inbox.inbox_tables import INBOX
from guandian.store.records.key_text import random_letters


class InboxRecords:
    """Messages and reviews that wait for an answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, tenant: str, item: NewItem, who: str) -> InboxItem:
        """Keep what came in; of two with the same kind and reference the first one stays."""
        id, moment = f"m_{random_letters(16)}", self._database.clock()
        row = {
            "tenant": tenant, "id": id, "kind": item.kind, "reference": item.reference,
            "text": item.text, "about": dict(item.about), "urgency": item.urgency,
            "understood": dict(item.understood), "drafts": [asdict(draft) for draft in item.drafts],
            "needs_person": int(item.needs_person), "state": InboxState.NEW, "made": moment,
            "changed": moment, "who": who, "edits": [], "seen": [],
        }  # fmt: skip
        insert = self._database.upsert(INBOX).values(**row)
        insert = insert.on_conflict_do_nothing(index_elements=["tenant", "kind", "reference"])
        with self._database.writing() as connection:
            connection.execute(insert)
            stored = self.get(tenant, id) or self.by_reference(
                tenant, item.kind, str(item.reference)
            )
        assert stored is not None
        return stored

    def get(self, tenant: str, id: str) -> InboxItem | None:
        """A tenant's item, None where there is none."""
        with self._database.reading() as connection:
            row = connection.execute(select(INBOX).where(_of(tenant, id))).mappings().one_or_none()
        return None if row is None else _read(row)

    def hold(self, tenant: str, id: str) -> InboxItem | None:
        """As `get`; within `Records.together` nobody else changes it until that ends."""
        with self._database.writing() as connection:
            query = select(INBOX).where(_of(tenant, id)).with_for_update()
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else _read(row)

    def by_reference(self, tenant: str, kind: InboxKind, reference: str) -> InboxItem | None:
        """The item that its owner knows by a reference, None where there is none."""
        known = (INBOX.c.kind == kind) & (INBOX.c.reference == reference)
        query = select(INBOX).where((INBOX.c.tenant == tenant) & known)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else _read(row)

    def list(
        self,
        tenant: str,
        states: Iterable[InboxState] = (),
        kind: InboxKind | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> list[InboxItem]:
        """A tenant's items: what waits first, the most urgent on top, then the newest.

        Args:
            tenant: whose.
            states: only these; none takes all.
            kind: only messages, or only reviews.
            limit: how many.
            offset: how many are passed over.
        """
        answered = case((INBOX.c.state.in_(OPEN), 0), else_=1)
        order = (answered, INBOX.c.urgency.desc(), INBOX.c.number.desc())
        query = select(INBOX).where(_chosen(tenant, states, kind)).order_by(*order)
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(limit).offset(offset)).mappings()
            return [_read(row) for row in rows]

    def newest(self, tenant: str, kind: InboxKind, limit: int) -> builtins.list[InboxItem]:
        """A tenant's items of a kind, what came in last first."""
        query = select(INBOX).where(_chosen(tenant, (), kind)).order_by(INBOX.c.number.desc())
        with self._database.reading() as connection:
            return [_read(row) for row in connection.execute(query.limit(limit)).mappings()]

    def count(
        self, tenant: str, states: Iterable[InboxState] = (), kind: InboxKind | None = None
    ) -> int:
        """How many there are."""
        query = select(func.count()).where(_chosen(tenant, states, kind))
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def sent(self, tenant: str) -> builtins.list[InboxItem]:
        """All items of which something was sent, in the order in which they came in."""
        chosen = _chosen(tenant, [InboxState.SENT], None)
        with self._database.reading() as connection:
            rows = connection.execute(select(INBOX).where(chosen).order_by(INBOX.c.number))
            return [_read(row) for row in rows.mappings()]

    def see(self, tenant: str, id: str, channel: str, who: str) -> InboxItem:
        """Keep that somebody opened a draft; the first one stays.

        Raises:
            GuandianError: there is none.
        """
        with self._database.writing() as connection:
            item = self._held(tenant, id)
            if item.look(channel) is not None:
                return item
            seen = (*item.seen, Look(channel, who, self._database.clock()))
            return self._put(connection, tenant, replace(item, seen=seen))

    def write(
        self, tenant: str, id: str, channel: str, text: str, who: str, *, sent: bool = False
    ) -> InboxItem:
        """Keep what a person wrote in place of a draft, or that it was sent.

        Raises:
            GuandianError: there is none, it has no such draft, or that was sent before.
        """
        with self._database.writing() as connection:
            item = self._held(tenant, id)
            if item.draft(channel) is None:
                known = ", ".join(draft.channel for draft in item.given.drafts)
                raise GuandianError(f"{id} has no draft {channel!r}", f"it has: {known}")
            if item.sent(channel) is not None:
                raise GuandianError(f"{id} was sent", "what was sent stays as it is")
            moment = self._database.clock()
            edits = (*item.edits, DraftEdit(channel, text, who, moment, sent))
            state = item.state
            if state is not InboxState.SENT:
                state = InboxState.SENT if sent else InboxState.EDITED
            return self._put(connection, tenant, replace(
                item, state=state, edits=edits, changed=moment, who=who
            ))  # fmt: skip

    def hand_over(self, tenant: str, id: str, who: str) -> InboxItem:
        """Say that somebody else has to answer.

        Raises:
            GuandianError: there is none, or it was sent.
        """
        with self._database.writing() as connection:
            item = self._held(tenant, id)
            if item.state is InboxState.SENT:
                raise GuandianError(f"{id} was sent", "what was sent stays as it is")
            moment = self._database.clock()
            return self._put(connection, tenant, replace(
                item, state=InboxState.HANDED_OVER, changed=moment, who=who
            ))  # fmt: skip

    def delete(self, tenant: str, id: str) -> bool:
        """Remove an item with all its texts; whether it was there."""
        with self._database.writing() as connection:
            return bool(connection.execute(delete(INBOX).where(_of(tenant, id))).rowcount)

    def forget(self, tenant: str, review: str) -> int:
        """Remove what a review brought in; how many items those are."""
        brought = (INBOX.c.kind == InboxKind.REVIEW) & (INBOX.c.reference == review)
        with self._database.writing() as connection:
            query = delete(INBOX).where((INBOX.c.tenant == tenant) & brought)
            return connection.execute(query).rowcount

    def _held(self, tenant: str, id: str) -> InboxItem:
        item = self.hold(tenant, id)
        if item is None:
            raise _none(id)
        return item

    def _put(self, connection: Connection, tenant: str, item: InboxItem) -> InboxItem:
        values = {
            "state": item.state, "changed": item.changed, "who": item.who,
            "edits": [_kept(edit) for edit in item.edits],
            "seen": [_kept(look) for look in item.seen],
        }  # fmt: skip
        connection.execute(update(INBOX).where(_of(tenant, item.id)).values(**values))
        return item


def _none(id: str) -> GuandianError:
    return GuandianError(f"there is no item {id} in the inbox", "list them: GET /v1/assist/inbox")


def _of(tenant: str, id: str) -> ColumnElement[bool]:
    return (INBOX.c.tenant == tenant) & (INBOX.c.id == id)


def _chosen(
    tenant: str, states: Iterable[InboxState], kind: InboxKind | None
) -> ColumnElement[bool]:
    chosen = INBOX.c.tenant == tenant
    if wanted := [*states]:
        chosen &= INBOX.c.state.in_(wanted)
    return chosen if kind is None else chosen & (INBOX.c.kind == kind)


def _kept(act: DraftEdit | Look) -> dict[str, Any]:
    return asdict(act) | {"made": act.made.isoformat()}


def _read(row: RowMapping) -> InboxItem:
    given = NewItem(
        InboxKind(row["kind"]), row["text"], row["reference"], row["about"], row["urgency"],
        row["understood"], tuple(Draft(**draft) for draft in row["drafts"]),
        bool(row["needs_person"]),
    )  # fmt: skip
    return InboxItem(
        row["id"], given, InboxState(row["state"]), row["made"], row["changed"], row["who"],
        tuple(Look(**_made(look)) for look in row["seen"]),
        tuple(DraftEdit(**_made(edit)) for edit in row["edits"]),
    )  # fmt: skip


def _made(act: dict[str, Any]) -> dict[str, Any]:
    return act | {"made": datetime.fromisoformat(act["made"])}
