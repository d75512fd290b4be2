"""`POST /v1/explain`: which words made the answers to a text."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from guandian.domain import Review
from guandian.explain.explainer import PASSES, Explainer
from guandian.service.auth import Reader
from guandian.service.parts import Parts
from guandian.service.quotas import spending
from guandian.service.schemas.explain_schemas import Explained, ExplainRequest
from guandian.service.schemas.problem_schema import problems
from guandian.service.strict_body import StrictRoute

router = APIRouter(prefix="/v1", tags=["mining"], route_class=StrictRoute)


@router.post("/explain", responses=problems(415))
async def post_explain(body: ExplainRequest, caller: Reader, service: Parts) -> Explained:
    """Tell which words made the answers to one text, and which edit would change them.

    Nothing is kept. The text is read twenty times at most, which counts as one review.
    """
    explainer = Explainer(service.model.of_tenant(caller.tenant).miner, body.method)
    review = Review("1", body.text)
    with service.admission.room([review] * PASSES):
        async with spending(service.records, caller, 1):
            explanation = await run_in_threadpool(explainer.explain, review)
    return Explained.model_validate(explanation.to_json())
