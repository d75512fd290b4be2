"""The problem document (RFC 9457) that every error is."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from guandian.service.problems import MEDIA_TYPE
from guandian.service.schemas.strict import Outgoing

_STATUSES = {
    400: "The request cannot be read.",
    401: "No key, or none that is good.",
    403: "The key lacks a scope.",
    404: "There is no such thing; `exists` names some that there are.",
    405: "The address does not take this method.",
    408: "The body came too slowly.",
    409: "It does not fit with what is there.",
    413: "More than is taken at once.",
    415: "The body is not JSON.",
    422: "The request is not as declared; `errors` names each wrong place.",
    429: "Too many requests or reviews; `Retry-After` says when to try again.",
    500: "The service failed.",
    503: "It cannot answer now, or not within the deadline.",
}


class WrongPlace(Outgoing):
    """A wrong place: a JSON pointer into the body, or `?name` of a parameter."""

    path: str
    detail: str
    detail_zh: str | None = None


class ProblemDocument(Outgoing):
    """An error."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:guandian:problem:no-key",
                    "title": "Unauthorized",
                    "status": 401,
                    "detail": "the request holds no key",
                    "remedy": "send the header Authorization: Bearer KEY",
                }
            ]
        },
    )

    type: str
    title: str
    status: int
    detail: str
    remedy: str | None = None
    detail_zh: str | None = None
    remedy_zh: str | None = None
    errors: list[WrongPlace] | None = None
    exists: list[str] | None = Field(default=None)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The declared errors of a route, besides those that any may give."""
    everywhere = (400, 401, 403, 404, 405, 408, 413, 422, 429, 500, 503)
    return {
        status: {
            "description": _STATUSES[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        }
        for status in sorted({*everywhere, *statuses})
    }
