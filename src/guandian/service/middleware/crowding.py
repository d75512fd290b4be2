"""Calls of mining that find the house full are refused before anything of them is read."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from guandian.service.answering.admission import Admission

MINE = "/v1/mine"


class Crowding:
    """Answers 429 at once where not even one more review may come in."""

    def __init__(self, app: ASGIApp, admission: Admission) -> None:
        self._app, self._admission = app, admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless it is one call too many."""
        mining = scope["type"] == "http" and scope["path"] == MINE and scope["method"] == "POST"
        if mining and self._admission.full:
            await self._admission.refusal().answer(scope)(scope, receive, send)
            return
        await self._app(scope, receive, send)
