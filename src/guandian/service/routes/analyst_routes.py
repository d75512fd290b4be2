"""Summaries of a selection, and questions in words; a language model helps where one is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from guandian.analyst.digests.digest import Digest
from guandian.analyst.digests.key_points import DigestSize, make_digest
from guandian.analyst.digests.written_digest import write_digest
from guandian.analyst.questions.answered_question import StoreAnswer
from guandian.analyst.questions.asking_store import ask_store
from guandian.analyst.questions.made_calls import AskedStore
from guandian.chat import Chat
from guandian.domain import Review
from guandian.errors import GuandianError
from guandian.service.answering.waiting import answered
from guandian.service.auth import Principal, Reader, Scoped
from guandian.service.job_runner import masking_of
from guandian.service.parts import Parts, Service
from guandian.service.routes.view_routes import correction_for, correction_of
from guandian.service.schemas.analyst_schemas import (
    DigestAnswer,
    DigestQuery,
    QuestionAnswer,
    QuestionIn,
)
from guandian.service.schemas.problem_schema import problems
from guandian.service.strict_body import StrictRoute
from guandian.service.tenants.tenant_models import TenantsModel, told_of_failure
from guandian.store.records import Scope

router = APIRouter(prefix="/v1", tags=["questions"], route_class=StrictRoute)
_SPENDING = Scoped(Scope.MINE)


@router.get("/summarise", responses=problems())
async def get_summarise(
    query: Annotated[DigestQuery, Query()], request: Request, caller: Reader, service: Parts
) -> DigestAnswer:
    """Key points of a selection: what is criticised and praised, how often, in whose words.

    With `model`, which takes the scope `mine` as well, a language model writes a sentence for each;
    one that fails a check is dropped and counted.
    """

    def digest() -> Digest:
        return make_digest(
            service.readings.reader(caller.tenant),
            query.selection(),
            DigestSize(query.points, query.quotes, query.least),
            query.by,
            correction=correction_of(service, caller.tenant, query),
            hidden=(
                service.readings.categories(caller.tenant).hidden if query.by == "category" else ()
            ),
        )

    if query.model is None:
        made = await run_in_threadpool(digest)
    else:
        model = await _language_model(query.model, caller, service)
        miner = service.model.of_tenant(caller.tenant).miner
        hide = _hiding(model, service)

        def written() -> Digest:
            judge = lambda said: miner.mine([Review("1", said)])[0]  # noqa: E731
            return write_digest(digest(), model.served.chat(), judge, hide)

        made = await _by_language_model(model, written, request, service)
    return DigestAnswer.model_validate(made.to_json())


@router.post("/ask", responses=problems(415))
async def post_ask(
    body: QuestionIn, request: Request, caller: Reader, service: Parts
) -> QuestionAnswer:
    """Answer a question by one typed call to the store, or say why it cannot be answered.

    Nets are corrected for what the model misses where that was measured, as elsewhere. With
    `model`, which takes the scope `mine` as well, a language model chooses the call.
    """
    correction = correction_for(service, caller.tenant)

    def answer(chat: Chat | None = None, hide: Callable[[str], str] = str) -> StoreAnswer:
        reader = service.readings.reader(caller.tenant)
        store = AskedStore(reader, body.today or date.today(), correction)
        return ask_store(body.question, store, chat, hide)

    if body.model is None:
        made = await run_in_threadpool(answer)
    else:
        model = await _language_model(body.model, caller, service)
        answering = partial(answer, model.served.chat(), _hiding(model, service))
        made = await _by_language_model(model, answering, request, service)
    return QuestionAnswer.model_validate(made.to_json())


async def _language_model(name: str, caller: Principal, service: Service) -> TenantsModel:
    """The language model that a call names.

    Raises:
        Problem: 403 where the key may not spend on it, 422 where the tenant has none of this name.
    """
    await _SPENDING(caller)
    return service.language_models.named(caller.tenant, name)


async def _by_language_model(
    model: TenantsModel, answer: Callable[[], Any], request: Request, service: Service
) -> Any:
    """What a language model has a part in, in its tenant's turn and within the deadline.

    Raises:
        Problem: no room, no tokens left, or the model does not answer.
    """
    future = service.language_models.run(model, answer)
    try:
        return await answered(future, request.receive, service.limits.deadline)
    except GuandianError as error:
        raise told_of_failure(model.name, error) from error


def _hiding(model: TenantsModel, service: Service) -> Callable[[str], str]:
    """Writes over personal data before a text leaves for the endpoint."""
    masking = masking_of(model.masking, service.folder)
    return lambda text: masking.text(text)[0]
