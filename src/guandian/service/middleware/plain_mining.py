"""Plain good calls of `POST /v1/mine`, answered without FastAPI's search for what they need.

That search with all that stands around it takes longer than everything else that a call of one
review costs beside the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guandian.errors import GuandianError
from guandian.service.auth import Principal
from guandian.service.idempotency import IDEMPOTENCY
from guandian.service.middleware.crowding import MINE
from guandian.service.parts import Service
from guandian.service.problems import Problem, problem_of
from guandian.service.routes.mine_routes import DEADLINE, mined, router
from guandian.service.schemas.mining_schemas import MineRequest
from guandian.service.strict_body import json_value
from guandian.store.records import Scope as Allowed


class PlainMining:
    """Answers what it can; whatever may be wrong with a request, or has a key of its own, goes on.

    Args:
        app: answers the rest, and tells what is wrong.
        service: what answers.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._service = app, service
        (self._route,) = router.routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on as it came."""
        if scope["type"] != "http" or scope["path"] != MINE or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        headers, caller = Headers(scope=scope), scope.get("guandian.principal")
        plain = not scope["query_string"] and IDEMPOTENCY not in headers
        if not plain or not isinstance(caller, Principal) or not caller.may(Allowed.MINE):
            await self._app(scope, receive, send)
            return
        read = await _whole(receive)
        body = _call_in(read, headers)
        if body is None:
            await self._app(scope, _again(read, receive), send)
            return
        scope["route"] = self._route
        try:
            content = await mined(body, headers.get(DEADLINE), receive, caller, self._service)
        except GuandianError as error:
            await problem_of(error).answer(scope)(scope, receive, send)
            return
        head = [
            (b"content-length", str(len(content)).encode()),
            (b"content-type", b"application/json"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": content})


async def _whole(receive: Receive) -> list[Message]:
    """All messages of a body, the last of which may say that the client has left."""
    messages = [await receive()]
    while messages[-1]["type"] == "http.request" and messages[-1].get("more_body", False):
        messages.append(await receive())
    return messages


def _call_in(messages: Sequence[Message], headers: Headers) -> MineRequest | None:
    """The call in a body; None where it is not as declared, or did not all come."""
    if messages[-1]["type"] != "http.request":
        return None
    try:
        body = b"".join([message.get("body", b"") for message in messages])
        value: Any = json_value(body, headers.get("content-type", ""))
        return MineRequest.model_validate(value)
    except (Problem, ValidationError):
        return None


def _again(messages: list[Message], receive: Receive) -> Receive:
    """Give messages that were read once more, then what follows them."""
    left = iter(messages)

    async def replayed() -> Message:
        message = next(left, None)
        return await receive() if message is None else message

    return replayed
