"""Whether the service lives, whether it can answer, and its numbers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from guandian import __version__
from guandian.errors import GuandianError
from guandian.service.auth import Caller, Operator
from guandian.service.parts import Parts
from guandian.service.problems import Problem, problem_of
from guandian.service.schemas.problem_schema import problems
from guandian.service.schemas.strict import Outgoing

router = APIRouter(tags=["service"])


class Health(Outgoing):
    """The service lives."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"examples": [{"status": "ok", "version": "0.7.0"}]}
    )

    status: Annotated[str, Field(examples=["ok"])]
    version: str
    model: str | None = None
    damaged: Annotated[
        int, Field(description="Tenants whose opinions cannot be read; the log names them.")
    ] = 0


class Me(Outgoing):
    """The caller."""

    tenant: str
    key: str
    name: str
    scopes: list[str]


@router.get("/healthz", responses=problems(), response_model_exclude_unset=True)
async def get_health() -> Health:
    """The process lives and its loop turns."""
    return Health(status="ok", version=__version__)


@router.get("/readyz", responses=problems())
async def get_readiness(service: Parts) -> Health:
    """It can answer: the records and the store are asked, and a model is there.

    Where the opinions of some tenants cannot be read it is ready for the others, and says so.
    """
    if service.ending.is_set():
        raise Problem(503, "ending", "the service is about to end", "ask another one")
    try:
        damaged = await run_in_threadpool(service.probe)
    except GuandianError as error:
        cause = problem_of(error)  # whoever asks needs no key, and learns no path
        raise Problem(503, "not-ready", cause.problem, cause.repair) from error
    model = service.model.current.miner.model
    return Health(status="ready", version=__version__, model=model, damaged=damaged)


@router.get(
    "/metrics",
    responses=problems() | {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    response_class=Response,
)
async def get_metrics(service: Parts, _: Operator) -> Response:
    """Numbers for Prometheus."""
    return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)


@router.get("/v1/me", responses=problems())
async def get_me(caller: Caller) -> Me:
    """Whose key this is, and what it may do."""
    return Me(tenant=caller.tenant, key=caller.key, name=caller.name, scopes=sorted(caller.scopes))
