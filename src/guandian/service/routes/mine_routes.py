"""`POST /v1/mine`: reviews in, opinions out, at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import CancelledError, Future
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import JSONResponse, Response

from guandian.domain import Mined, Review
from guandian.errors import GuandianError
from guandian.files import to_wire
from guandian.mining.promises import Caution, Promise, Promises
from guandian.pipelines.promising import promises_of
from guandian.service.answering.batcher import Abandoned, TooLate
from guandian.service.answering.model_switch import ServedModel
from guandian.service.auth import Asker, Scoped, principal
from guandian.service.idempotency import IdempotencyKey, claimed
from guandian.service.job_runner import masking_of
from guandian.service.parts import Parts, service_of
from guandian.service.problems import Problem, wrong_place
from guandian.service.routes.quotas import spending
from guandian.service.schemas.mining_schemas import MineAnswer, MineRequest
from guandian.service.schemas.problem_schema import problems
from guandian.service.strict_body import StrictRequest, StrictRoute
from guandian.store.records import Scope


class MineRoute(StrictRoute):
    """Answers a plain good request itself.

    FastAPI's search for what a route depends on takes half as long as all the rest of a call.
    Whatever may be wrong with a request, or has an `Idempotency-Key`, goes FastAPI's way.
    """

    async def answer(
        self, request: StrictRequest, handle: Callable[[Request], Coroutine[Any, Any, Response]]
    ) -> Response:
        """Answer a request whose body was read."""
        if _IDEMPOTENCY in request.headers or not isinstance(request.value, dict):
            return await handle(request)
        try:
            body = MineRequest.model_validate(request.value)
        except ValidationError:
            return await handle(request)
        caller = await _may_mine(await principal(request))
        return await post_mine(body, request, caller, await service_of(request))


router = APIRouter(prefix="/v1", tags=["mining"], route_class=MineRoute)
_may_mine = Scoped(Scope.MINE)
_IDEMPOTENCY = "idempotency-key"
_WHOLE = ("opinions", "sentiment", "entities")
DEADLINE = "guandian-deadline"
"""The header in which a client says after how many seconds it needs no answer."""


@router.post("/mine", response_model=MineAnswer, responses=problems(415))
async def post_mine(
    body: MineRequest,
    request: Request,
    caller: Asker,
    service: Parts,
    key: IdempotencyKey = None,
) -> Response:
    """Mine one review or many. Nothing is kept; an empty list is answered with one.

    An `Idempotency-Key` is refused with another body; since nothing is kept, the same body sent
    again is mined again.
    """
    if len(body.reviews) > service.limits.call_reviews:
        raise _too_many(len(body.reviews), service.limits.call_reviews)
    seconds = _deadline(request, service.limits.deadline)
    model = service.model.current.miner
    keep = _tasks(body.tasks, tuple(f"label.{head.name}" for head in model.labels.spec.labels))
    categories = _categories(body.categories, model.labels.names)
    caution = Caution(_promise(service.model.current, body), body.unlike)
    masking = masking_of(body.masking, service.folder)
    reviews = [masking.review(entry.review()) for entry in body.reviews]
    with service.admission.room(reviews):
        async with (
            claimed(service.records, caller.tenant, key, request),
            spending(service.records, caller, len(reviews)),
        ):
            future = service.batcher.submit(model, reviews, seconds)
            answers = await answered(future, request, seconds)
    service.metrics.mined(caller.tenant, answers)
    answers = [caution.keep(mined) for mined in answers]
    records = [
        _record(review, mined, keep, categories)
        for review, mined in zip(reviews, answers, strict=True)
    ]
    return JSONResponse({"model": model.model, "reviews": records})


async def answered(future: Future[list[Mined]], request: Request, seconds: float) -> list[Mined]:
    """Wait for a call's answers, and drop it as soon as its client has left.

    Raises:
        Problem: 503 where the deadline passed, or the service ends.
    """
    answer = asyncio.wrap_future(future)
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait((answer, leaving), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            raise _too_late(seconds) if not leaving.done() else _gone()
        return answer.result()
    except TooLate:
        raise _too_late(seconds) from None
    except (Abandoned, CancelledError, asyncio.CancelledError):
        raise Problem(503, "ending", "the service is about to end", "send it anew") from None
    finally:
        leaving.cancel()
        future.cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _record(
    review: Review, mined: Mined, keep: frozenset[str] | None, categories: frozenset[str] | None
) -> dict[str, Any]:
    """The record of `guandian mine`, with the tasks and the categories that were asked for."""
    record = to_wire(review, mined)
    if categories is not None:
        record["opinions"] = [
            opinion for opinion in record["opinions"] if opinion["category"] in categories
        ]
    if keep is None:
        return record
    if "labels" in record:
        record["labels"] = {
            name: label for name, label in record["labels"].items() if f"label.{name}" in keep
        }
    return {name: value for name, value in record.items() if name not in _WHOLE or name in keep}


def _promise(served: ServedModel, body: MineRequest) -> Promise | None:
    """The promise that a call asks for; None where it asks for none.

    Raises:
        Problem: 422 for one that the model cannot make.
    """
    if body.precision is None:
        return None
    try:
        return _promises(served.miner.key, served.path).promise(body.precision, body.precision_of)
    except GuandianError as error:
        wrong = wrong_place("/precision", error.repair)
        raise Problem(422, "precision", error.problem, error.repair, errors=[wrong]) from error


@lru_cache(maxsize=4)
def _promises(_: str, path: Path | None) -> Promises:
    """Those of a model, by its key: to look them up takes as long as to check a bundle."""
    return promises_of(path)


def _categories(wanted: list[str] | None, known: Iterable[str]) -> frozenset[str] | None:
    """The categories to answer; None for all.

    Raises:
        Problem: 422 for one that the model does not have.
    """
    names = frozenset(known)
    for at, category in enumerate(wanted or ()):
        if category not in names:
            listed = ", ".join(sorted(names))
            wrong = wrong_place(f"/categories/{at}", f"takes one of {listed}")
            raise Problem(
                422,
                "invalid",
                f"the model has no category {category[:80]!r}",
                f"it has: {listed}",
                errors=[wrong],
            )
    return None if wanted is None else frozenset(wanted)


def _tasks(tasks: list[str] | None, labels: tuple[str, ...]) -> frozenset[str] | None:
    """The tasks to answer; None for all.

    Raises:
        Problem: 422 for one that the model does not have.
    """
    if tasks is None:
        return None
    known = (*_WHOLE, *labels)
    for at, task in enumerate(tasks):
        if task not in known:
            wrong = wrong_place(f"/tasks/{at}", f"takes one of {', '.join(known)}")
            raise Problem(
                422,
                "invalid",
                f"the model has no task {task[:80]!r}",
                f"it has: {', '.join(known)}",
                errors=[wrong],
            )
    return frozenset(tasks)


def _deadline(request: Request, most: float) -> float:
    """Seconds that a call may take: those of the service, or fewer where the client says so."""
    text = request.headers.get(DEADLINE)
    if text is None:
        return most
    try:
        seconds = float(text)
        if not 0 < seconds < float("inf"):
            raise ValueError
    except ValueError:
        raise Problem(
            400,
            "deadline",
            f"{DEADLINE} takes seconds, such as 2.5, got {text[:40]!r}",
            "send a number above 0, or leave it out",
        ) from None
    return min(seconds, most)


def _too_many(number: int, most: int) -> Problem:
    return Problem(
        413,
        "too-much",
        f"one call holds {number:,} reviews, more than {most:,}",
        "send fewer at once, or a file to /v1/uploads",
    )


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
