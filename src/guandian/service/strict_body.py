"""Bodies of JSON, read strictly: one meaning, Unicode, within depth."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from guandian.errors import reason
from guandian.io.strict_json import read_json
from guandian.service.problems import Problem

_REMEDY = "send one JSON object in UTF-8"


class StrictRequest(Request):
    """A request whose JSON was read already."""

    value: Any = None

    async def json(self) -> Any:
        """The value of the body."""
        return self.value


class StrictRoute(APIRoute):
    """A route that reads bodies of JSON with the project's own reader."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, behind the reading of its body."""
        handle, takes_json = super().get_route_handler(), self.body_field is not None

        async def read(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            if takes_json:
                strict.value = await _body_value(strict)
            return await handle(strict)

        return read


async def _body_value(request: Request) -> Any:
    """The value of a request's body.

    Raises:
        Problem: as `json_value`.
    """
    try:
        body = await request.body()
    except ClientDisconnect:
        raise Problem(400, "left", "the request ended before its body") from None
    return json_value(body, request.headers.get("content-type", ""))


def json_value(body: bytes, content_type: str) -> Any:
    """The value of a JSON body.

    Raises:
        Problem: 400 where it is not JSON that says one thing, 415 for another type of content.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if (
        body
        and kind != "application/json"
        and not (kind.startswith("application/") and kind.endswith("+json"))
    ):
        raise Problem(
            415,
            "content-type",
            f"the body is called {kind[:60]!r}",
            "send JSON and say content-type: application/json",
        )
    try:
        text = body.decode()
        value = read_json(text)
        if "\\u" in text:  # only an escape can spell half a character
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise Problem(400, "json", "the JSON is nested too deeply", _REMEDY) from None
    except UnicodeDecodeError as error:
        raise Problem(400, "json", f"the body cannot be read: {reason(error)}", _REMEDY) from None
    except UnicodeEncodeError:
        raise Problem(400, "json", "the JSON holds half a character", _REMEDY) from None
    except ValueError as error:
        raise Problem(400, "json", f"the body cannot be read: {reason(error)}", _REMEDY) from None
    return value
