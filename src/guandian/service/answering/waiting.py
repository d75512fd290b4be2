"""Waiting for the answers to a call, as long as somebody wants them."""

from __future__ import annotations

import asyncio
from concurrent.futures import CancelledError, Future
from typing import TypeVar

from starlette.types import Receive

from guandian.service.answering.batcher import Abandoned, TooLate
from guandian.service.problems import Problem

T = TypeVar("T")


async def answered(future: Future[T], receive: Receive, seconds: float) -> T:
    """Wait for a call's answers, and drop it as soon as its client has left.

    Raises:
        Problem: 503 where the deadline passed, or the service ends.
    """
    loop = asyncio.get_running_loop()
    woken = loop.create_future()

    def wake(*_: object) -> None:
        if not woken.done():
            woken.set_result(None)

    def wake_from_thread(_: object) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(wake)

    future.add_done_callback(wake_from_thread)
    leaving = loop.create_task(_left(receive))
    leaving.add_done_callback(wake)
    timer = loop.call_later(seconds, wake)
    try:
        await woken
        if not future.done():
            raise _too_late(seconds) if not leaving.done() else _gone()
        return future.result()
    except TooLate:
        raise _too_late(seconds) from None
    except (Abandoned, CancelledError, asyncio.CancelledError):
        raise Problem(503, "ending", "the service is about to end", "send it anew") from None
    finally:
        timer.cancel()
        leaving.cancel()
        future.cancel()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _too_late(seconds: float) -> Problem:
    return Problem(
        503,
        "late",
        f"no answer within the {seconds:g} seconds of the deadline",
        "send fewer reviews at once, or give it longer",
        headers={"Retry-After": "1"},
    )


def _gone() -> Problem:
    return Problem(400, "left", "the client left before the answer")
