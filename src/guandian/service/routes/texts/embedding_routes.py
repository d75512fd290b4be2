"""`POST /v1/embeddings`: texts as vectors."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from guandian.domain import Review
from guandian.errors import BundleError
from guandian.service.auth import Asker
from guandian.service.parts import Parts
from guandian.service.problems import Problem
from guandian.service.schemas.problem_schema import problems
from guandian.service.schemas.strict import Incoming, Outgoing
from guandian.service.strict_body import StrictRoute

router = APIRouter(prefix="/v1", tags=["mining"], route_class=StrictRoute)
_DIGITS = 6


class EmbeddingRequest(Incoming):
    """Texts to be turned into vectors."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"texts": ["屏幕", "screen"]}]})

    texts: Annotated[list[Annotated[str, Field(max_length=20_000)]], Field(max_length=128)]


class EmbeddingAnswer(Outgoing):
    """Unit vectors in the order of the texts; their inner product is the cosine."""

    model: str
    vectors: list[list[float]]


@router.post("/embeddings", responses=problems(415))
def post_embeddings(body: EmbeddingRequest, caller: Asker, service: Parts) -> EmbeddingAnswer:  # noqa: ARG001
    """Texts as vectors of the served model's own encoder. Nothing is kept."""
    model = service.model.current
    if not body.texts:
        return EmbeddingAnswer(model=model.miner.model, vectors=[])
    with service.admission.room([Review("", text) for text in body.texts]):
        try:
            vectors = service.embeddings.vectors(model, body.texts)
        except BundleError as error:
            raise Problem(422, "model", error.problem, error.repair) from error
    rounded = vectors.round(_DIGITS).tolist()
    return EmbeddingAnswer(model=model.miner.model, vectors=rounded)
