"""`POST /v1/mine`: reviews in, opinions out, at once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic_core import to_json
from starlette.responses import Response
from starlette.types import Receive

from guandian.domain import Mined, Review
from guandian.errors import GuandianError
from guandian.files import to_wire
from guandian.mining.caution.promises import Caution, Promise, Promises
from guandian.pipelines.promising import promises_of
from guandian.service.answering.model_switch import ServedModel
from guandian.service.answering.waiting import answered
from guandian.service.auth import Asker, Principal
from guandian.service.idempotency import IdempotencyKey, claimed
from guandian.service.job_runner import masking_of
from guandian.service.parts import Parts, Service
from guandian.service.problems import Problem, wrong_place
from guandian.service.quotas import spending
from guandian.service.schemas.mining_schemas import MineAnswer, MineRequest
from guandian.service.schemas.problem_schema import problems
from guandian.service.strict_body import StrictRoute

router = APIRouter(prefix="/v1", tags=["mining"], route_class=StrictRoute)
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
    async with claimed(service.records, caller.tenant, key, request):
        header = request.headers.get(DEADLINE)
        content = await mined(body, header, request.receive, caller, service)
    return Response(content, media_type="application/json")


async def mined(
    body: MineRequest, deadline: str | None, receive: Receive, caller: Principal, service: Service
) -> bytes:
    """The answer to a call as JSON.

    Args:
        body: the call.
        deadline: what the client said of it, where it did.
        receive: tells when the client leaves.
        caller: who asks.
        service: what answers.

    Raises:
        Problem: it cannot be answered, or not now.
    """
    if len(body.reviews) > service.limits.call_reviews:
        raise _too_many(len(body.reviews), service.limits.call_reviews)
    seconds = _deadline(deadline, service.limits.deadline)
    reviews = [entry.review() for entry in body.reviews]
    served = service.rollout.trials.answering(caller.key, reviews)
    model = served.miner
    keep = _tasks(body.tasks, tuple(f"label.{head.name}" for head in model.labels.spec.labels))
    categories = _categories(body.categories, model.labels.names)
    caution = Caution(_promise(served, body), body.unlike)
    if body.masking != "off":
        masking = masking_of(body.masking, service.folder)
        reviews = [masking.review(review) for review in reviews]
    with service.admission.room(reviews):
        async with spending(service.records, caller, len(reviews)):
            future = service.calls.submit(model, reviews, seconds)
            answers = await answered(future, receive, seconds)
    service.metrics.mined(caller.tenant, answers)
    service.rollout.answered(caller.tenant, served, reviews, answers)
    answers = [caution.keep(mined) for mined in answers]
    # A mark is a warning behind all else: what is kept was decided before.
    if service.abuse.marks(caller.tenant):
        answers = await run_in_threadpool(service.abuse.marked, caller.tenant, reviews, answers)
    records = [
        _record(review, answer, keep, categories)
        for review, answer in zip(reviews, answers, strict=True)
    ]
    return to_json({"model": model.model, "reviews": records})


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


def _deadline(text: str | None, most: float) -> float:
    """Seconds that a call may take: those of the service, or fewer where the client says so."""
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
