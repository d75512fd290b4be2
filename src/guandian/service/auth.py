"""Who calls: a key becomes a tenant and what it may do."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from time import monotonic
from typing import Annotated

from fastapi import Depends, Request

from guandian.service.problems import Problem
from guandian.store.records import ApiKey, Records, Scope
from guandian.store.records.key_text import is_well_formed

TENANT = "main"
"""Of the first key; its administrators run the service."""
_REMEMBERED = 5.0
"""Seconds for which a good key is not looked up again: as long may one revoked elsewhere pass."""
_MOST = 1000
"""Keys that are remembered."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller.

    Attributes:
        tenant: whose rows it sees.
        key: the id of the key.
        name: of the key.
        scopes: what it may do; `admin` may do all.
        rate: requests a minute; None leaves it to the service.
        quota: reviews a day; None for no end.
    """

    tenant: str
    key: str
    name: str
    scopes: frozenset[str]
    rate: int | None = None
    quota: int | None = None

    @classmethod
    def of(cls, key: ApiKey) -> Principal:
        """The caller who holds a key."""
        terms = key.terms
        scopes = frozenset(map(str, terms.scopes))
        return cls(key.tenant, key.id, terms.name, scopes, terms.rate, terms.quota)

    def may(self, scope: str) -> bool:
        """Tell whether it may do what asks for a scope."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


class KeyRing:
    """Knows keys, those of a moment ago without asking the records."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._lock = Lock()
        self._good: OrderedDict[bytes, tuple[Principal, float]] = OrderedDict()

    def remembered(self, secret: str) -> Principal | None:
        """The caller whose key was looked up a moment ago."""
        caller, until = self._good.get(_digest(secret), (None, 0.0))
        return caller if monotonic() < until else None

    def check(self, secret: str) -> Principal | None:
        """The caller whose key this is; None where it is nobody's, or no longer."""
        if not is_well_formed(secret):
            return None
        key = self._records.keys.authenticate(secret)
        if not isinstance(key, ApiKey):
            return None
        caller = Principal.of(key)
        with self._lock:
            self._good[_digest(secret)] = caller, monotonic() + _REMEMBERED
            if len(self._good) > _MOST:
                self._good.popitem(last=False)
        return caller

    def forget(self) -> None:
        """Look every key up anew: some were changed."""
        with self._lock:
            self._good.clear()


def _digest(secret: str) -> bytes:
    return sha256(secret.encode(errors="replace")).digest()


def bearer(authorization: str) -> str:
    """The key in an `Authorization` header, empty where it holds none."""
    kind, _, secret = authorization.partition(" ")
    return secret.strip() if kind.lower() == "bearer" else ""


def unauthorised(detail: str) -> Problem:
    """The problem for a caller without a good key."""
    return Problem(
        401,
        "no-key",
        detail,
        "send the header Authorization: Bearer KEY; `guandian keys create` makes one",
        headers={"WWW-Authenticate": 'Bearer realm="guandian"'},
    )


async def principal(request: Request) -> Principal:
    """The caller of a request, as the middleware of keys left it."""
    caller = request.scope.get("guandian.principal")
    if not isinstance(caller, Principal):
        raise unauthorised("the request holds no key")
    return caller


Caller = Annotated[Principal, Depends(principal)]


@dataclass(frozen=True, slots=True)
class Scoped:
    """A dependency that lets callers with a scope pass."""

    scope: Scope

    async def __call__(self, caller: Caller) -> Principal:
        """The caller.

        Raises:
            Problem: 403 where its key lacks the scope.
        """
        if not caller.may(self.scope):
            held = ", ".join(sorted(caller.scopes)) or "nothing"
            raise Problem(
                403,
                "scope",
                f"the key {caller.name!r} lacks the scope {self.scope.value!r}",
                f"it may do: {held}; ask for a key with that scope",
            )
        return caller


async def operator(caller: Annotated[Principal, Depends(Scoped(Scope.ADMIN))]) -> Principal:
    """An administrator of the first tenant, who may change what all tenants share.

    Raises:
        Problem: 403 for one of another tenant.
    """
    if caller.tenant != TENANT:
        raise Problem(
            403,
            "tenant",
            f"the key {caller.name!r} is not of the tenant that runs the service",
            f"ask an administrator of {TENANT}",
        )
    return caller


Reader = Annotated[Principal, Depends(Scoped(Scope.READ))]
Asker = Annotated[Principal, Depends(Scoped(Scope.MINE))]
Corrector = Annotated[Principal, Depends(Scoped(Scope.CORRECT))]
Administrator = Annotated[Principal, Depends(Scoped(Scope.ADMIN))]
Operator = Annotated[Principal, Depends(operator)]
