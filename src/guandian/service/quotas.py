"""Reviews a day that a key may have mined."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from starlette.concurrency import run_in_threadpool

from guandian.service.auth import Principal
from guandian.service.problems import Problem
from guandian.store.records import Records


@asynccontextmanager
async def spending(records: Records, caller: Principal, reviews: int) -> AsyncIterator[None]:
    """Count reviews of a call against the quota of its key; those of a call that fails come back.

    Raises:
        Problem: 429 where the quota of today does not hold them.
    """
    quota = caller.quota
    if quota is None or not reviews:
        yield
        return
    usage = records.usage
    if not await run_in_threadpool(usage.spend, caller.tenant, caller.key, reviews, quota):
        spent = await run_in_threadpool(usage.spent, caller.tenant, caller.key)
        raise beyond(caller, quota, max(0, quota - spent))
    try:
        yield
    except BaseException:
        await run_in_threadpool(usage.give_back, caller.tenant, caller.key, reviews)
        raise


def beyond(caller: Principal, quota: int, left: int) -> Problem:
    """The problem for a key whose quota does not hold what it sent: so many reviews are left."""
    instant = datetime.now(UTC)
    midnight = (instant + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    seconds = max(1, round((midnight - instant).total_seconds()))
    return Problem(
        429,
        "quota",
        f"the key {caller.name!r} may have {quota:,} reviews mined a day (UTC)",
        "wait for tomorrow, or ask for a larger quota",
        headers={
            "Retry-After": str(seconds),
            "RateLimit-Policy": f'"quota";q={quota};w=86400',
            "RateLimit": f'"quota";r={left};t={seconds}',
        },
    )
