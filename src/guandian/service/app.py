"""The application: routes behind the parts that every request passes."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from guandian import __version__
from guandian.errors import GuandianError
from guandian.service.middleware.bodies import BodyBounds
from guandian.service.middleware.crowding import Crowding
from guandian.service.middleware.key_check import Keys, Rates
from guandian.service.middleware.observing import Observing
from guandian.service.middleware.plain_mining import PlainMining
from guandian.service.parts import Service
from guandian.service.problems import of_failure, of_http, of_problem, of_validation
from guandian.service.routes import (
    alert_routes,
    analyst_routes,
    aspect_routes,
    audit_routes,
    change_routes,
    correction_routes,
    health_routes,
    job_routes,
    key_routes,
    knowledge_routes,
    mine_routes,
    model_routes,
    policy_routes,
    taxonomy_routes,
    view_routes,
)
from guandian.service.routes.assist import asking_routes, inbox_routes
from guandian.service.routes.media import media_routes
from guandian.service.routes.pages import Pages
from guandian.service.routes.recommending import recommend_routes
from guandian.service.routes.texts import (
    embedding_routes,
    explain_routes,
    language_model_routes,
)
from guandian.service.routes.watching import series_routes
from guandian.service.schemas.problem_schema import ProblemDocument

_ROUTERS = (
    mine_routes.router,
    language_model_routes.router,
    embedding_routes.router,
    explain_routes.router,
    recommend_routes.router,
    media_routes.router,
    job_routes.router,
    view_routes.router,
    change_routes.router,
    analyst_routes.router,
    alert_routes.router,
    series_routes.router,
    asking_routes.router,
    inbox_routes.router,
    correction_routes.router,
    aspect_routes.router,
    taxonomy_routes.router,
    knowledge_routes.router,
    key_routes.router,
    audit_routes.router,
    policy_routes.router,
    model_routes.router,
    health_routes.router,
)
_OPEN = ("/healthz", "/readyz")
_QUIET: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}


class Api(FastAPI):
    """The routes with their OpenAPI document."""

    def openapi(self) -> dict[str, Any]:
        """The document, with the problem document and the keys."""
        if self.openapi_schema is None:
            schema = super().openapi()
            parts = schema.setdefault("components", {})
            problem = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas = parts.setdefault("schemas", {})
            schemas.update(problem.pop("$defs", {}))
            schemas["ProblemDocument"] = problem
            parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
            schema["security"] = [{"key": []}]
            for path in _OPEN:
                for operation in schema["paths"][path].values():
                    operation["security"] = []
        assert self.openapi_schema is not None
        return self.openapi_schema


def create_app(service: Service) -> ASGIApp:
    """The application that answers with the parts of a service.

    Args:
        service: opened; whoever opened it closes it.
    """
    api = Api(
        title="Guandian",
        summary="Opinions from product reviews, with their evidence.",
        version=__version__,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_QUIET,
    )
    api.state.service = service
    for router in _ROUTERS:
        api.include_router(router)
    api.add_exception_handler(GuandianError, of_problem)
    api.add_exception_handler(RequestValidationError, of_validation)
    api.add_exception_handler(HTTPException, of_http)
    api.add_exception_handler(Exception, of_failure)
    rates = Rates(service.limits.rate)
    mining = PlainMining(Pages(api), service)
    bounded = Crowding(BodyBounds(mining, service.limits), service.admission)
    guarded = Keys(bounded, service.keys, rates)
    return Observing(guarded, service.metrics, service.tracing)
