"""Pages: the built dashboard, and the description of the addresses."""

from __future__ import annotations

from pathlib import Path

import jinja2
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from guandian.errors import GuandianError
from guandian.service.problems import no_such_path, of_failure, of_http, of_problem

ROOM = Path(__file__).parent.parent
BUILT = ROOM / "dashboard_files"
"""Where `make dashboard` puts the pages."""
_PLAIN = ROOM / "plain_pages"
_DOCS = "/v1/docs"
_HEALTH = ("/healthz", "/readyz", "/metrics")
_LONG = "public, max-age=31536000, immutable"


class Pages:
    """Answers what is not the API's; `app` answers the rest."""

    def __init__(self, app: FastAPI) -> None:
        self._api = app
        self._pages = Starlette(
            routes=[
                Route(_DOCS, self.addresses),
                Mount("/plain", StaticFiles(directory=_PLAIN / "style")),
                Route("/{path:path}", self.page),
            ],
            exception_handlers={
                GuandianError: of_problem,
                HTTPException: self.refuse,
                Exception: of_failure,
            },
        )
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_PLAIN), autoescape=True
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to the pages or to the API."""
        path = scope.get("path", "")
        api = path == "/v1" or path.startswith("/v1/") or path in _HEALTH
        answering: ASGIApp = self._api if api and path != _DOCS else self._pages
        await answering(scope, receive, send)

    async def refuse(self, request: Request, error: Exception) -> Response:
        """Answer what these routes refuse."""
        if isinstance(error, HTTPException) and error.status_code == 404:
            return no_such_path(request.url.path, self._api.openapi()["paths"]).answer(
                request.scope
            )
        return await of_http(request, error)

    async def addresses(self, _: Request) -> Response:
        """The addresses with their parameters, answers and examples, without a script."""
        page = self._templates.get_template("addresses.html.j2")
        return HTMLResponse(page.render(api=self._api.openapi()))

    async def page(self, request: Request) -> Response:
        """A file of the dashboard; its first page for the addresses that it draws itself."""
        path: str = request.path_params["path"]
        if not (BUILT / "index.html").is_file():
            if path:
                raise no_such_path(f"/{path}", self._api.openapi()["paths"])
            return HTMLResponse(self._templates.get_template("not_built.html.j2").render())
        files = StaticFiles(directory=BUILT)
        try:
            answer = await files.get_response(path or "index.html", request.scope)
        except HTTPException as error:
            if error.status_code != 404:
                raise
            if "." in path.rpartition("/")[2]:
                raise no_such_path(f"/{path}", self._api.openapi()["paths"]) from None
            path = ""
            answer = await files.get_response("index.html", request.scope)
        answer.headers["cache-control"] = _LONG if path.startswith("assets/") else "no-cache"
        return answer
