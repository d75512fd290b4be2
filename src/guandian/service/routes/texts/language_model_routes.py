"""`/v1/language-models`: those that `POST /v1/mine` may name, and what is left of today."""

from __future__ import annotations

from fastapi import APIRouter

from guandian.service.auth import Asker
from guandian.service.parts import Parts
from guandian.service.schemas.mining_schemas import LanguageModelOut, LanguageModelsAnswer
from guandian.service.schemas.problem_schema import problems
from guandian.service.strict_body import StrictRoute

router = APIRouter(prefix="/v1", tags=["mining"], route_class=StrictRoute)


@router.get("/language-models", responses=problems())
def get_language_models(caller: Asker, service: Parts) -> LanguageModelsAnswer:
    """The language models that the operator named for the tenant; often there is none."""
    return LanguageModelsAnswer(
        models=[
            LanguageModelOut(
                name=model.name,
                model=model.served.model,
                tokens_a_day=model.budget.most,
                tokens_left=model.budget.left,
                masking=model.masking,
            )
            for model in service.language_models.of(caller.tenant)
        ]
    )
