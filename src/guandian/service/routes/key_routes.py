"""Keys: made, listed, rotated, revoked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from guandian.errors import GuandianError
from guandian.service.auth import Administrator
from guandian.service.parts import Parts, Service
from guandian.service.problems import not_there
from guandian.service.schemas.admin.admin_schemas import (
    KeyAnswer,
    KeyMade,
    KeyOut,
    KeyRequest,
    KeysAnswer,
    RotateQuery,
)
from guandian.service.schemas.problem_schema import problems
from guandian.service.strict_body import StrictRoute

router = APIRouter(prefix="/v1/keys", tags=["keys"], route_class=StrictRoute)


@router.get("", responses=problems())
def get_keys(caller: Administrator, service: Parts) -> KeysAnswer:
    """The tenant's keys, without their texts."""
    return KeysAnswer(keys=[KeyOut.of(key) for key in service.records.keys.list(caller.tenant)])


@router.post("", status_code=201, responses=problems(415))
def post_key(body: KeyRequest, caller: Administrator, service: Parts) -> KeyMade:
    """Make a key; its text is in this answer alone."""
    key, text = service.records.keys.create(caller.tenant, body.terms(), caller.key)
    return KeyMade(key=text, record=KeyOut.of(key))


@router.post("/{id}/rotate", status_code=201, responses=problems())
def rotate_key(
    id: str, query: Annotated[RotateQuery, Query()], caller: Administrator, service: Parts
) -> KeyMade:
    """Make a key with the same terms; the old one is good for the overlap."""
    with _known(service, caller.tenant, id):
        overlap = timedelta(seconds=query.overlap)
        key, text = service.records.keys.rotate(caller.tenant, id, overlap, caller.key)
    service.keys.forget()
    return KeyMade(key=text, record=KeyOut.of(key))


@router.delete("/{id}", responses=problems())
def revoke_key(id: str, caller: Administrator, service: Parts) -> KeyAnswer:
    """Refuse a key from now on."""
    with _known(service, caller.tenant, id):
        key = service.records.keys.revoke(caller.tenant, id, caller.key)
    service.keys.forget()
    return KeyAnswer(record=KeyOut.of(key))


@contextmanager
def _known(service: Service, tenant: str, id: str) -> Iterator[None]:
    """Tell a key that is not there from one that cannot be changed."""
    try:
        yield
    except GuandianError as error:
        names = [key.id for key in service.records.keys.list(tenant)]
        if id in names:
            raise
        raise not_there(f"there is no key {id[:80]!r}", names) from error
