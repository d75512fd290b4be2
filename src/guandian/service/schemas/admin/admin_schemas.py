"""Keys and models: what administrators see and change."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, ConfigDict, Field

from guandian.service.answering.model_switch import ServedModel
from guandian.service.schemas.strict import Incoming, Outgoing, Whole, Words
from guandian.store.records import ApiKey, AuditEntry, KeyTerms, Scope


class KeyOut(Outgoing):
    """A key without its text; `prefix` is how that begins."""

    id: str
    name: str
    prefix: str
    scopes: list[Scope]
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    replaces: str | None
    rate: int | None
    quota: int | None

    @classmethod
    def of(cls, key: ApiKey) -> KeyOut:
        """A recorded key."""
        terms = key.terms
        return cls(
            id=key.id,
            name=terms.name,
            prefix=key.start,
            scopes=list(terms.scopes),
            created=key.created,
            expires=terms.expires,
            revoked=key.revoked,
            replaces=key.replaces,
            rate=terms.rate,
            quota=terms.quota,
        )


class KeysAnswer(Outgoing):
    """The tenant's keys, those that are refused too."""

    keys: list[KeyOut]


class KeyAnswer(Outgoing):
    """A key as it is now."""

    record: KeyOut


class KeyMade(KeyAnswer):
    """A new key; its text is told this once."""

    key: str


class KeyRequest(Incoming):
    """A key to be made."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "shop back end", "scopes": ["read", "mine"]}]}
    )

    name: Annotated[Words, Field(min_length=1, max_length=200)]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=4)]
    expires: AwareDatetime | None = None
    rate: Annotated[Whole, Field(ge=1, le=10**9, description="Requests a minute.")] | None = None
    quota: Annotated[Whole, Field(ge=1, le=10**12, description="Reviews a day.")] | None = None

    def terms(self) -> KeyTerms:
        """As the records take them."""
        scopes = tuple(scope for scope in Scope if scope in self.scopes)
        return KeyTerms(self.name, scopes, self.expires, self.rate, self.quota)


class RotateQuery(Incoming):
    """How long both keys are good."""

    overlap: Annotated[
        Whole, Field(ge=0, le=30 * 86_400, description="Seconds for which the old one is good.")
    ] = 86_400


class ActOut(Outgoing):
    """What an administrator did; without a word of a review."""

    number: int
    made: datetime
    who: str
    act: str
    subject: str
    details: dict[str, Any]

    @classmethod
    def of(cls, entry: AuditEntry) -> ActOut:
        """A recorded act."""
        return cls(
            number=entry.number,
            made=entry.made,
            who=entry.who,
            act=entry.act,
            subject=entry.subject,
            details=dict(entry.details),
        )


class AuditAnswer(Outgoing):
    """Acts, the latest first."""

    items: list[ActOut]


class ModelOut(Outgoing):
    """A model."""

    name: str
    path: str | None
    active: bool
    previous: bool
    opened: str | None
    tasks: list[str]

    @classmethod
    def of(cls, model: ServedModel, *, active: bool) -> ModelOut:
        """The model that answers, or the one before it."""
        heads = model.miner.labels.spec.labels
        return cls(
            name=model.miner.model,
            path=None if model.path is None else str(model.path),
            active=active,
            previous=not active,
            opened=model.opened,
            tasks=["opinions", "sentiment", "entities", *(f"label.{head.name}" for head in heads)],
        )


class ModelAnswer(Outgoing):
    """The model that answers from now on."""

    model: ModelOut


class ModelRequest(Incoming):
    """A model to be opened, tried and switched to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"path": "guandian-small"}]})

    path: Annotated[
        Words,
        Field(
            min_length=1,
            max_length=1000,
            description="The folder of a bundle on the service's machine, or a shipped name.",
        ),
    ]
