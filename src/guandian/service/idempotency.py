"""Requests that carry an `Idempotency-Key`: sent twice, done once."""

from __future__ import annotations

import hashlib
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Header, Request
from starlette.concurrency import run_in_threadpool

from guandian.service.problems import Problem
from guandian.store.records import Claim, Records

IDEMPOTENCY = "Idempotency-Key"
"""The header in which a client names a request that is to be done once."""
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias=IDEMPOTENCY,
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="Sent again with the same body within a day, the request is done once.",
    ),
]


async def request_digest(request: Request) -> str:
    """All that an answer rests on: method, address and body."""
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    digest.update(await request.body())
    return digest.hexdigest()


def once(
    records: Records, tenant: str, key: str | None, digest: str, act: Callable[[], Any]
) -> Any:
    """The answer of `act`, which is done once for a key; both stay, or neither.

    Args:
        records: where it is recorded; `act` writes there alone.
        tenant: whose request it is.
        key: what the client calls it; without one it is done each time.
        digest: of the request.
        act: gives plain JSON.

    Raises:
        Problem: 422 where the key was used for another request, 409 where that still runs.
    """
    if key is None:
        return act()
    with records.together():
        claim = records.answers.begin(tenant, key, digest)
        refuse_reuse(claim, key)
        if claim.state == "same":
            return claim.answer
        answer = act()
        records.answers.finish(tenant, key, claim.attempt, answer)
        return answer


@asynccontextmanager
async def claimed(
    records: Records, tenant: str, key: str | None, request: Request
) -> AsyncIterator[None]:
    """Hold a key while a request that keeps nothing is answered; none of its answer is stored.

    Raises:
        Problem: as `once`.
    """
    if key is None:
        yield
        return
    answers, digest = records.answers, await request_digest(request)
    claim = await run_in_threadpool(answers.begin, tenant, key, digest)
    refuse_reuse(claim, key)
    try:
        yield
    except BaseException:
        if claim.state == "new":
            await run_in_threadpool(answers.abandon, tenant, key, claim.attempt)
        raise
    if claim.state == "new":
        await run_in_threadpool(answers.finish, tenant, key, claim.attempt, True)


def refuse_reuse(claim: Claim, key: str) -> None:
    """Refuse a key that stands for another request, or for one that still runs.

    Raises:
        Problem: 422 or 409.
    """
    if claim.state == "conflict":
        raise Problem(
            422,
            "idempotency",
            f"the Idempotency-Key {key[:80]!r} was sent with another request",
            "make a new key for each request",
        )
    if claim.state == "running":
        seconds = max(1, math.ceil(claim.wait))
        raise Problem(
            409,
            "idempotency",
            f"the request of the Idempotency-Key {key[:80]!r} is still being answered",
            f"try again in {seconds} seconds",
            headers={"Retry-After": str(seconds)},
        )
