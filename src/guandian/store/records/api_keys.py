"""API keys: made, found by their text, rotated, revoked. Their text itself is never written."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select, update

from guandian.domain.tenant_names import checked_tenant
from guandian.errors import GuandianError
from guandian.store.records.audit_log import AuditLog
from guandian.store.records.database import Database
from guandian.store.records.key_secret import KeySecret
from guandian.store.records.key_text import START, is_well_formed, make_key, random_letters
from guandian.store.records.record_tables import API_KEYS, SETTINGS

_SECRET = {"tenant": "", "name": "keys.secret"}
"""Where the mark of the secret stands with which the last key was made: it is no tenant's."""


class Scope(StrEnum):
    """What a key may do."""

    READ = "read"
    MINE = "mine"
    CORRECT = "correct"
    ADMIN = "admin"


class Refusal(StrEnum):
    """Why a key is refused."""

    MISTYPED = "mistyped"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """What a key is made with.

    Attributes:
        name: for people, such as `shop back end`.
        scopes: what it may do; `admin` may do all.
        expires: from when it is refused, None for never.
        rate: requests a minute at most, None for what the service allows anyone.
        quota: reviews a day (of UTC) at most, None for no end.
    """

    name: str
    scopes: tuple[Scope, ...]
    expires: datetime | None = None
    rate: int | None = None
    quota: int | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is recorded: all but its text.

    Attributes:
        id: such as `k_4fGh...`.
        tenant: whose rows it opens.
        start: the first characters of its text, for people to know it by.
        terms: what it was made with; a rotated key expires after the overlap.
        created: when, in UTC.
        revoked: since when it is refused, None while it is not.
        replaces: the id of the key that it took over from, None for a new one.
    """

    id: str
    tenant: str
    start: str
    terms: KeyTerms
    created: datetime
    revoked: datetime | None
    replaces: str | None

    def allows(self, scope: Scope) -> bool:
        """Whether it may do something."""
        return scope in self.terms.scopes or Scope.ADMIN in self.terms.scopes

    def refusal(self, time: datetime) -> Refusal | None:
        """Why it is refused at a time, None where it is not."""
        if self.revoked is not None:
            return Refusal.REVOKED
        expires = self.terms.expires
        return Refusal.EXPIRED if expires is not None and expires <= time else None


class ApiKeys:
    """The keys of all tenants."""

    def __init__(self, database: Database, secret: KeySecret, audit: AuditLog) -> None:
        self._database, self._secret, self._audit = database, secret, audit

    def create(self, tenant: str, terms: KeyTerms, who: str) -> tuple[ApiKey, str]:
        """Make a key; its text is told this once and cannot be had again.

        Raises:
            GuandianError: no name or no scope is given, a number or a time that allows nothing, or
                what is no name of a tenant.
        """
        self._check(terms)
        checked_tenant(tenant)
        with self._database.writing() as connection:
            key, text = self._insert(connection, tenant, terms, None)
            details = {"name": terms.name, "scopes": list(terms.scopes)}
            self._audit.add(tenant, who, "key.create", key.id, details)
        return key, text

    def authenticate(self, text: str) -> ApiKey | Refusal:
        """The key of a text; one with a wrong checksum is refused without asking the records."""
        if not is_well_formed(text):
            return Refusal.MISTYPED
        digest = self._secret.digest(text)
        query = select(API_KEYS).where(API_KEYS.c.start == text[:START])
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
        for row in rows:
            if hmac.compare_digest(row["digest"], digest):
                key = _read(row)
                return key.refusal(self._database.clock()) or key
        return Refusal.UNKNOWN

    def get(self, tenant: str, id: str) -> ApiKey | None:
        """A tenant's key, None where there is none."""
        query = select(API_KEYS).where(API_KEYS.c.tenant == tenant, API_KEYS.c.id == id)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else _read(row)

    def list(self, tenant: str) -> list[ApiKey]:
        """A tenant's keys, also those that are refused, in the order in which they were made."""
        query = select(API_KEYS).where(API_KEYS.c.tenant == tenant).order_by(API_KEYS.c.number)
        with self._database.reading() as connection:
            return [_read(row) for row in connection.execute(query).mappings()]

    def count(self) -> int:
        """How many keys there are, of all tenants: none at the first start."""
        with self._database.reading() as connection:
            return connection.execute(select(func.count(API_KEYS.c.number))).scalar_one()

    def fit_secret(self) -> bool:
        """Whether the last key was made with the secret that is there; so where there is no key.

        Where they do not fit, `keys.secret` was lost or is another folder's: no key of before
        opens anything, and pseudonyms are others than before.
        """
        query = select(SETTINGS.c.value).where(
            SETTINGS.c.tenant == _SECRET["tenant"], SETTINGS.c.name == _SECRET["name"]
        )
        with self._database.writing() as connection:
            mark = connection.execute(query).scalar_one_or_none()
            if mark is None and connection.execute(select(func.count(API_KEYS.c.number))).scalar():
                mark = "lost" if self._secret.is_new else self._secret.mark  # keys without a mark
                self._note(connection, mark)
        return mark in (None, self._secret.mark)

    def rotate(self, tenant: str, id: str, overlap: timedelta, who: str) -> tuple[ApiKey, str]:
        """Make a key like another, which is refused once the overlap is over.

        Raises:
            GuandianError: there is no such key, or it is refused already.
        """
        with self._database.writing() as connection:
            old, time = self._one(connection, tenant, id), self._database.clock()
            if old.revoked is not None:
                raise GuandianError(f"the key {id} is revoked", "make a new one")
            if old.refusal(time) is not None:
                raise GuandianError(f"the key {id} has expired", "make a new one")
            terms = old.terms
            end = time + overlap
            old_end = end if terms.expires is None else min(end, terms.expires)
            key, text = self._insert(connection, tenant, terms, id)
            self._change(connection, tenant, id, expires=old_end)
            details = {"by": key.id, "until": old_end.isoformat()}
            self._audit.add(tenant, who, "key.rotate", id, details)
        return key, text

    def revoke(self, tenant: str, id: str, who: str) -> ApiKey:
        """Refuse a key from this moment on; one that is revoked stays so.

        Raises:
            GuandianError: there is no such key.
        """
        with self._database.writing() as connection:
            key = self._one(connection, tenant, id)
            if key.revoked is None:
                self._change(connection, tenant, id, revoked=self._database.clock())
                self._audit.add(tenant, who, "key.revoke", id)
            return self._one(connection, tenant, id)

    def _insert(
        self, connection: Connection, tenant: str, terms: KeyTerms, replaces: str | None
    ) -> tuple[ApiKey, str]:
        text, id = make_key(), f"k_{random_letters(16)}"
        row = {
            "tenant": tenant, "id": id, "start": text[:START], "name": terms.name,
            "scopes": [scope.value for scope in terms.scopes], "expires": terms.expires,
            "rate": terms.rate, "quota": terms.quota, "created": self._database.clock(),
            "replaces": replaces, "digest": self._secret.digest(text),
        }  # fmt: skip
        connection.execute(API_KEYS.insert().values(**row))
        self._note(connection, self._secret.mark)
        return self._one(connection, tenant, id), text

    def _note(self, connection: Connection, mark: str) -> None:
        note = self._database.upsert(SETTINGS).values(**_SECRET, value=mark)
        new = {"value": note.excluded.value}
        connection.execute(note.on_conflict_do_update(index_elements=[*_SECRET], set_=new))

    def _one(self, connection: Connection, tenant: str, id: str) -> ApiKey:
        query = select(API_KEYS).where(API_KEYS.c.tenant == tenant, API_KEYS.c.id == id)
        row = connection.execute(query.with_for_update()).mappings().one_or_none()
        if row is None:
            raise GuandianError(f"there is no key {id}", "`guandian keys list` names them")
        return _read(row)

    def _change(self, connection: Connection, tenant: str, id: str, **values: Any) -> None:
        mine = (API_KEYS.c.tenant == tenant) & (API_KEYS.c.id == id)
        connection.execute(update(API_KEYS).where(mine).values(**values))

    def _check(self, terms: KeyTerms) -> None:
        if not terms.name.strip():
            raise GuandianError("a key needs a name", "say whom it is for")
        if not terms.scopes:
            raise GuandianError("a key needs a scope", f"one of {', '.join(Scope)}")
        if terms.expires is not None and terms.expires <= self._database.clock():
            raise GuandianError("a key cannot expire before it is made", "give a later day")
        if any(limit is not None and limit < 1 for limit in (terms.rate, terms.quota)):
            raise GuandianError("a limit of a key is 1 or more", "leave it out for none")


def scopes_of(names: Sequence[str]) -> tuple[Scope, ...]:
    """Scopes by their names, each once, in the order of `Scope`.

    Raises:
        GuandianError: one is not known.
    """
    if unknown := [name for name in names if name not in set(Scope)]:
        raise GuandianError(f"no scope {unknown[0]!r}", f"one of {', '.join(Scope)}")
    return tuple(scope for scope in Scope if scope in names)


def _read(row: RowMapping) -> ApiKey:
    scopes = scopes_of(row["scopes"])
    terms = KeyTerms(row["name"], scopes, row["expires"], row["rate"], row["quota"])
    return ApiKey(
        row["id"], row["tenant"], row["start"], terms, row["created"], row["revoked"],
        row["replaces"],
    )  # fmt: skip
