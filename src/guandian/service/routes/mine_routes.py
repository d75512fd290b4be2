"""`POST /v1/mine`: reviews in, opinions out, at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic_core import to_json
from starlette.responses import Response
from starlette.types import Receive

from guandian.domain import Mined, Review
from guandian.errors import GuandianError
from guandian.files import to_wire
from guandian.mining.caution.promises import Caution
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
from guandian.service.tenants.tenant_models import masking_mode, refuse_promises, told_of_failure

router = APIRouter(prefix="/v1", tags=["mining"], route_class=StrictRoute)
_WHOLE = ("opinions", "sentiment", "entities", "knowledge")
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
    if body.model is not None:
        asking = _Asking(body, reviews, seconds)
        return await _by_language_model(body.model, asking, receive, caller, service)
    served, caution = _answering(service, caller, reviews, body)
    model = served.miner
    keep = _tasks(body.tasks, tuple(f"label.{head.name}" for head in model.labels.spec.labels))
    categories = _categories(body.categories, model.labels.names)
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
    records = await _records(service, caller.tenant, reviews, answers, (keep, categories))
    return to_json({"model": model.model, "reviews": records})


@dataclass(frozen=True, slots=True)
class _Asking:
    """A call that names a language model: its reviews, and the seconds that it may take."""

    body: MineRequest
    reviews: list[Review]
    seconds: float


async def _by_language_model(
    name: str, asking: _Asking, receive: Receive, caller: Principal, service: Service
) -> bytes:
    """The answer of a language model that the operator named for the tenant.

    Raises:
        Problem: there is none of this name, no room, no tokens left, or it does not answer.
    """
    body, reviews = asking.body, asking.reviews
    model = service.language_models.named(caller.tenant, name)
    refuse_promises(body)
    keep = _tasks(body.tasks, ())
    categories = _categories(body.categories, model.served.names)
    mode = masking_mode(model, body.masking)
    if mode != "off":  # before a word leaves for the endpoint
        masking = masking_of(mode, service.folder)
        reviews = [masking.review(review) for review in reviews]
    async with spending(service.records, caller, len(reviews)):
        future = service.language_models.begin(model, reviews)
        try:
            answers = await answered(future, receive, asking.seconds)
        except GuandianError as error:
            raise told_of_failure(name, error) from error
    service.metrics.mined(caller.tenant, answers)
    records = await _records(service, caller.tenant, reviews, answers, (keep, categories))
    return to_json({"model": model.served.model, "reviews": records})


async def _records(
    service: Service,
    tenant: str,
    reviews: Sequence[Review],
    answers: Sequence[Mined],
    wanted: tuple[frozenset[str] | None, frozenset[str] | None],
) -> list[dict[str, Any]]:
    """The records of the tasks and categories that were asked for, None for all of them.

    What two people decided marks them, and what the tenant knows stands beside: both behind all
    else, of what is kept.
    """
    keep, categories = wanted
    answers = list(answers)
    if categories is not None:
        answers = [
            replace(mined, opinions=tuple(o for o in mined.opinions if o.category in categories))
            for mined in answers
        ]
    if service.abuse.marks(tenant) or service.knowledge.holds(tenant):
        answers = await run_in_threadpool(service.beside, tenant, reviews, answers)
    return [_record(review, mined, keep) for review, mined in zip(reviews, answers, strict=True)]


def _record(review: Review, mined: Mined, keep: frozenset[str] | None) -> dict[str, Any]:
    """The record of `guandian mine`, with the tasks that were asked for."""
    record = to_wire(review, mined)
    if keep is None:
        return record
    if "entities" not in keep:
        record.pop("withdrawn", None)
    if "labels" in record:
        record["labels"] = {
            name: label for name, label in record["labels"].items() if f"label.{name}" in keep
        }
    return {name: value for name, value in record.items() if name not in _WHOLE or name in keep}


def _answering(
    service: Service, caller: Principal, reviews: Sequence[Review], body: MineRequest
) -> tuple[ServedModel, Caution]:
    """The model that answers a call, and what is kept of its answers.

    A candidate on trial of which nobody measured what is asked for leaves the call to the model of
    now: what may be asked for does not depend on chance.

    Raises:
        Problem: 422 for what the model of now cannot promise.
    """
    current = service.model.of_tenant(caller.tenant)
    if current.miner.reader.adapter is not None:
        return current, service.promising.caution(current, body)
    served = service.rollout.trials.answering(caller.key, reviews)
    try:
        return served, service.promising.caution(served, body)
    except Problem:
        return current, service.promising.caution(current, body)


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
