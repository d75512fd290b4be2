"""Policies and cases: what one person proposes counts once another one has confirmed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from guandian.errors import GuandianError
from guandian.store.records.audit_log import AuditLog
from guandian.store.records.database import Database
from guandian.store.records.key_text import random_letters
from guandian.store.records.policies.policy_tables import POLICIES
from guandian.store.records.record_tables import API_KEYS, AUDIT


class PolicyName(StrEnum):
    """What is decided by two people."""

    THRESHOLD = "abuse.threshold"
    CASE = "abuse.case"


class PolicyState(StrEnum):
    """How far a proposal came."""

    PROPOSED = "proposed"
    IN_FORCE = "in-force"
    REFUSED = "refused"
    REPLACED = "replaced"


class SamePersonError(GuandianError):
    """Whoever proposes something may not confirm it."""


@dataclass(frozen=True, slots=True)
class PolicyProposal:
    """What somebody proposes.

    Attributes:
        name: of what is decided.
        value: `threshold` and `borderline` of a threshold, `abusive` of a case.
        subject: the digest of a case's text; empty of a threshold.
        reason: in the words of who proposes.
    """

    name: PolicyName
    value: Mapping[str, Any]
    subject: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """A proposal as it is recorded.

    Attributes:
        id: such as `p_4fGh...`.
        tenant: for whom it counts.
        proposal: what was proposed.
        state: how far it came.
        proposed_by: the id of the key.
        made: when, in UTC.
        decided_by: the id of the other key; None until then.
        decided: when, in UTC.
    """

    id: str
    tenant: str
    proposal: PolicyProposal
    state: PolicyState
    proposed_by: str
    made: datetime
    decided_by: str | None
    decided: datetime | None


class PolicyRecords:
    """The policies and cases of all tenants; each act stands in the audit log."""

    def __init__(self, database: Database, audit: AuditLog) -> None:
        self._database, self._audit = database, audit

    def propose(self, tenant: str, proposal: PolicyProposal, who: str) -> Policy:
        """Record a proposal, which counts for nothing yet."""
        id, made = f"p_{random_letters(16)}", self._database.clock()
        row = {
            "tenant": tenant, "id": id, "name": proposal.name, "subject": proposal.subject,
            "value": dict(proposal.value), "reason": proposal.reason,
            "state": PolicyState.PROPOSED, "proposed_by": who, "made": made,
        }  # fmt: skip
        with self._database.writing() as connection:
            connection.execute(POLICIES.insert().values(**row))
            details = {"name": str(proposal.name), "value": dict(proposal.value)}
            self._audit.add(tenant, who, "policy.propose", id, details)
        return Policy(id, tenant, proposal, PolicyState.PROPOSED, who, made, None, None)

    def decide(self, tenant: str, id: str, who: str, *, approve: bool) -> Policy | None:
        """Confirm a proposal, which counts from now on in place of what counted, or refuse it.

        Args:
            tenant: whose.
            id: of the proposal.
            who: the id of the key; to confirm, of another person than proposed it.
            approve: whether to confirm.

        Returns:
            The policy; None where no such proposal waits.

        Raises:
            SamePersonError: the key proposed it, took the place of one that did, or was made by
                that one since.
        """
        state = PolicyState.IN_FORCE if approve else PolicyState.REFUSED
        with self._database.writing() as connection:
            waiting = (
                (POLICIES.c.tenant == tenant)
                & (POLICIES.c.id == id)
                & (POLICIES.c.state == PolicyState.PROPOSED)
            )
            query = select(POLICIES).where(waiting).with_for_update()
            row = connection.execute(query).mappings().one_or_none()
            if row is None:
                return None
            policy = _read(row)
            if approve:
                self._refuse_same(connection, policy, who)
                earlier = (
                    (POLICIES.c.tenant == tenant)
                    & (POLICIES.c.name == policy.proposal.name)
                    & (POLICIES.c.subject == policy.proposal.subject)
                    & (POLICIES.c.state == PolicyState.IN_FORCE)
                )
                replaced = {"state": PolicyState.REPLACED}
                connection.execute(update(POLICIES).where(earlier).values(**replaced))
            decided = self._database.clock()
            values = {"state": state, "decided_by": who, "decided": decided}
            connection.execute(update(POLICIES).where(waiting).values(**values))
            act = "policy.approve" if approve else "policy.refuse"
            details = {"name": str(policy.proposal.name), "proposed_by": policy.proposed_by}
            self._audit.add(tenant, who, act, id, details)
        return _read({**row, **values})

    def proposals(self, tenant: str, limit: int = 100, offset: int = 0) -> list[Policy]:
        """A tenant's proposals and policies, the latest first."""
        mine = select(POLICIES).where(POLICIES.c.tenant == tenant)
        query = mine.order_by(POLICIES.c.number.desc()).limit(limit).offset(offset)
        with self._database.reading() as connection:
            return [_read(row) for row in connection.execute(query).mappings()]

    def in_force(self, tenant: str) -> list[Policy]:
        """The policies of a tenant that count."""
        query = select(POLICIES).where(
            POLICIES.c.tenant == tenant, POLICIES.c.state == PolicyState.IN_FORCE
        )
        with self._database.reading() as connection:
            return [_read(row) for row in connection.execute(query).mappings()]

    def _refuse_same(self, connection: Connection, policy: Policy, who: str) -> None:
        """Refuse a key in the hands of who proposed: itself, its successors, what it made since."""
        own, key = policy.proposed_by, who
        lineage = {who}
        while key:
            query = select(API_KEYS.c.replaces).where(
                API_KEYS.c.tenant == policy.tenant, API_KEYS.c.id == key
            )
            key = connection.execute(query).scalar_one_or_none() or ""
            lineage |= {key} - {""}
        made = select(AUDIT.c.number).where(
            AUDIT.c.tenant == policy.tenant,
            AUDIT.c.who == own,
            AUDIT.c.act == "key.create",
            AUDIT.c.subject.in_(lineage),
            AUDIT.c.made >= policy.made,
        )
        if own in lineage or connection.execute(made.limit(1)).first() is not None:
            raise SamePersonError(
                f"the key {who} belongs to who proposed {policy.id}",
                "ask a second person to confirm it, with a key of their own",
            )


def _read(row: RowMapping | dict[str, Any]) -> Policy:
    proposal = PolicyProposal(PolicyName(row["name"]), row["value"], row["subject"], row["reason"])
    return Policy(
        row["id"], row["tenant"], proposal, PolicyState(row["state"]), row["proposed_by"],
        row["made"], row["decided_by"], row["decided"],
    )  # fmt: skip
