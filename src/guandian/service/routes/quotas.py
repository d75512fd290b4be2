"""How many reviews a key may send a day (UTC), counted in the records: a new start forgets none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta

from starlette.concurrency import run_in_threadpool

from guandian.service.auth import Principal
from guandian.service.problems import Problem
from guandian.store.records import Records


@asynccontextmanager
async def within_quota(records: Records, caller: Principal, reviews: int) -> AsyncIterator[None]:
    """Count the reviews of a call, and no longer where it fails.

    Raises:
        Problem: 429 where the key may not send so many today.
    """
    if caller.quota is None:
        yield
        return
    usage = records.usage
    if not await run_in_threadpool(usage.spend, caller.tenant, caller.key, reviews, caller.quota):
        left = caller.quota - await run_in_threadpool(usage.spent, caller.tenant, caller.key)
        raise beyond_quota(caller, left)
    try:
        yield
    except BaseException:
        await run_in_threadpool(usage.give_back, caller.tenant, caller.key, reviews)
        raise


def refuse_spent(records: Records, caller: Principal) -> None:
    """Refuse a file where nothing is left of the day; its reviews are counted as they are mined.

    Raises:
        Problem: 429.
    """
    if caller.quota is not None and records.usage.spent(caller.tenant, caller.key) >= caller.quota:
        raise beyond_quota(caller, 0)


def beyond_quota(caller: Principal, left: int) -> Problem:
    """The problem for a key that has sent what it may."""
    present = datetime.now(UTC)
    midnight = datetime.combine(present.date() + timedelta(days=1), time(), UTC)
    seconds = max(1, round((midnight - present).total_seconds()))
    return Problem(
        429,
        "quota",
        f"the key {caller.name!r} may send {caller.quota:,} reviews a day, and {max(0, left):,} "
        "are left",
        f"send fewer, or try again in {seconds} seconds",
        headers={"Retry-After": str(seconds)},
    )
