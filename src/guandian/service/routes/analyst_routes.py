"""Summaries of a selection, and questions in words."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool

from guandian.analyst.digests.key_points import DigestSize, make_digest
from guandian.analyst.questions.asking_store import ask_store
from guandian.analyst.questions.made_calls import AskedStore
from guandian.evaluation.correction import Correction
from guandian.service.auth import Reader
from guandian.service.parts import Parts
from guandian.service.routes.view_routes import correction_of
from guandian.service.schemas.analyst_schemas import (
    DigestAnswer,
    DigestQuery,
    QuestionAnswer,
    QuestionIn,
)
from guandian.service.schemas.problem_schema import problems
from guandian.service.strict_body import StrictRoute

router = APIRouter(prefix="/v1", tags=["questions"], route_class=StrictRoute)


@router.get("/summarise", responses=problems())
def get_summarise(
    query: Annotated[DigestQuery, Query()], caller: Reader, service: Parts
) -> DigestAnswer:
    """Key points of a selection: what is criticised and praised, how often, in whose words."""
    digest = make_digest(
        service.readings.reader(caller.tenant),
        query.selection(),
        DigestSize(query.points, query.quotes, query.least),
        query.by,
        correction=correction_of(service, query),
        hidden=service.readings.categories(caller.tenant).hidden if query.by == "category" else (),
    )
    return DigestAnswer.model_validate(digest.to_json())


@router.post("/ask", responses=problems(415))
async def post_ask(body: QuestionIn, caller: Reader, service: Parts) -> QuestionAnswer:
    """Answer a question by one typed call to the store, or say why it cannot be answered.

    Nets are corrected for what the model misses where that was measured, as elsewhere.
    """
    miner = service.model.current.miner
    correction = Correction.of(miner.rates, miner.model)

    def answered() -> QuestionAnswer:
        reader = service.readings.reader(caller.tenant)
        store = AskedStore(reader, body.today or date.today(), correction)
        return QuestionAnswer.model_validate(ask_store(body.question, store).to_json())

    return await run_in_threadpool(answered)
