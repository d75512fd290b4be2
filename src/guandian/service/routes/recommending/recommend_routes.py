"""`/v1/recommend`: items for a user, like an item or about words, each with its reason."""

from __future__ import annotations

from fastapi import APIRouter

from guandian.service.auth import Reader
from guandian.service.parts import Parts
from guandian.service.schemas.problem_schema import problems
from guandian.service.schemas.recommend_schemas import (
    RecommendAnswer,
    RecommenderState,
    RecommendRequest,
)
from guandian.service.strict_body import StrictRoute

router = APIRouter(prefix="/v1", tags=["recommending"], route_class=StrictRoute)


@router.get("/recommend", responses=problems())
def get_recommender(caller: Reader, service: Parts) -> RecommenderState:
    """Whether items are recommended here, and what a request may name."""
    if not service.recommendations.serves(caller.tenant):
        return RecommenderState(available=False)
    recommender = service.recommendations.of(caller.tenant)
    profiles = recommender.sources.profiles
    columns = {name for cells in recommender.catalogue.columns.values() for name in cells}
    return RecommenderState(
        available=True,
        users=len(recommender.users),
        items=len(recommender.items),
        columns=sorted(columns),
        aspects=list(profiles.aspects) if profiles is not None else [],
    )


@router.post("/recommend", responses=problems(415))
def post_recommend(body: RecommendRequest, caller: Reader, service: Parts) -> RecommendAnswer:
    """A list, the best first; nothing of the request is kept."""
    recommender = service.recommendations.of(caller.tenant)
    if body.like is not None:
        rows = recommender.like(body.like, body.wish())
    else:
        rows = recommender.recommend(body.user or "", body.wish())
    known = body.user is None or body.user in recommender.users
    return RecommendAnswer.of(body, rows, known=known)
