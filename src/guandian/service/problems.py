"""Every error as a problem document (RFC 9457), in English with the Chinese beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from guandian.errors import GuandianError, called_for
from guandian.service.log import log_event
from guandian.store import DamagedStore
from guandian.store.records import RecordsError
from guandian.wording import in_chinese, singular

MEDIA_TYPE = "application/problem+json"
REQUEST = "guandian.request"
"""The key of the scope that holds the number of a request."""
KIND = "guandian.problem"
"""The key of the scope that holds the kind of the problem that answers a request."""
_HOLE = re.compile(r"\{[^}]*\}")
_MOST = 20
"""Wrong places of a request that are told."""
_SHOWN = 80
"""Characters of a wrong value that are told."""


class Problem(GuandianError):
    """An answer that is an error.

    Args:
        status: of HTTP.
        kind: its name in the address of its type, such as `no-key`.
        detail: what was asked and what was found instead.
        remedy: what to do about it.
        headers: of the answer.
        members: further members of the document.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        remedy: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        **members: object,
    ) -> None:
        super().__init__(detail, remedy)
        self.status, self.kind = status, kind
        self.headers, self.members = dict(headers or {}), members

    def answer(self, scope: Scope) -> Response:
        """The answer to a request that carries the document, in the language that it asks for."""
        scope[KIND] = self.kind
        headers = Headers(scope=scope)
        chinese = headers.get("accept-language", "").strip().lower().startswith("zh")
        words = self.status, self.kind, self.problem, self.repair
        body = _body(*words, chinese, self.members) if self.members else _plain(*words, chinese)
        return Response(body, self.status, self.headers, MEDIA_TYPE)


def _body(
    status: int, kind: str, detail: str, remedy: str, chinese: bool, members: Mapping[str, object]
) -> bytes:
    content = document(status, kind, detail, remedy, **members)
    if chinese:
        for part in (content, *_places_in(content)):
            for name in ("detail", "remedy"):
                if f"{name}_zh" in part:
                    part[name] = part[f"{name}_zh"]
    return json.dumps(content, ensure_ascii=False).encode(errors="replace")


@lru_cache(200)
def _plain(status: int, kind: str, detail: str, remedy: str, chinese: bool) -> bytes:
    """As `_body` without further members: a refusal has to be cheap."""
    return _body(status, kind, detail, remedy, chinese, {})


def document(
    status: int, kind: str, detail: str, remedy: str = "", **members: object
) -> dict[str, object]:
    """The members of a problem document; `detail_zh` where the catalogue has the Chinese."""
    content: dict[str, object] = {
        "type": f"urn:guandian:problem:{kind}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": singular(detail),
    }
    if remedy:
        content["remedy"] = singular(remedy)
    chinese = _in_chinese(f"{detail}\n  {remedy}" if remedy else detail)
    if chinese:
        content["detail_zh"], _, remedy_zh = chinese.partition("\n  ")
        if remedy_zh:
            content["remedy_zh"] = remedy_zh
    return content | members


def wrong_place(path: str, detail: str) -> dict[str, str]:
    """A member of `errors`: a wrong place of a request, with the Chinese of what is wrong there.

    Args:
        path: a JSON pointer into the body, or `?name` of a parameter.
        detail: what it takes, or what is wrong.
    """
    chinese = _in_chinese(detail)
    member = {"path": path, "detail": singular(detail)}
    return member if chinese is None else member | {"detail_zh": chinese}


def _places_in(content: Mapping[str, object]) -> list[dict[str, object]]:
    places = content.get("errors")
    return places if isinstance(places, list) else []


@lru_cache(1000)
def _in_chinese(words: str) -> str | None:
    """As `in_chinese`, which looks through all templates: a refusal has to be cheap."""
    return in_chinese(words)


async def of_problem(request: Request, error: Exception) -> Response:
    """Answer with a problem that a part of the service raised."""
    if not isinstance(error, GuandianError):
        raise error
    return problem_of(error).answer(request.scope)


def problem_of(error: GuandianError) -> Problem:
    """An error of a lower room as a problem: of the storage, or of what was asked."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, DamagedStore):
        log_event("storage", problem=error.problem, remedy=error.repair)
        return Problem(
            503,
            "incomplete",
            "files of the store are missing or cannot be read, and what is asked for needs them",
            "put them back from a copy; the log of the service names them",
        )
    if isinstance(error, RecordsError) or isinstance(error.__cause__, OSError):
        log_event("storage", problem=error.problem, remedy=error.repair)
        return Problem(
            503,
            "storage",
            "the service cannot use its data folder at present",
            "its log says why",
            headers={"Retry-After": "5"},
        )
    return Problem(422, "refused", error.problem, error.repair)


async def of_validation(request: Request, error: Exception) -> Response:
    """Answer a request whose body or parameters are not as declared, with each wrong place."""
    if not isinstance(error, RequestValidationError):
        raise error
    wrong = [_wrong(entry) for entry in error.errors()[:_MOST]]
    path, detail = wrong[0] if wrong else ("/", "it is missing")
    return Problem(
        422,
        "invalid",
        f"the request is not as declared at {path}: {detail}",
        "see /v1/openapi.json for what it takes",
        errors=[wrong_place(*pair) for pair in wrong],
    ).answer(request.scope)


async def of_failure(request: Request, _: Exception) -> Response:
    """Answer a request at which the service failed; the words of the error stay out."""
    return failed(str(request.scope.get(REQUEST, ""))).answer(request.scope)


def failed(number: str) -> Problem:
    """The problem for a failure of the service itself.

    Args:
        number: of the request, by which its log line can be looked up.
    """
    return Problem(
        500,
        "failed",
        "the service failed at this request",
        f"look for the request {number} in its log",
        request=number,
    )


async def of_http(request: Request, error: Exception) -> Response:
    """Answer what the router refuses: an unknown address, another method, and so on."""
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    if error.status_code == 404:
        return no_such_path(request.url.path, request.app.openapi()["paths"]).answer(request.scope)
    if error.status_code == 405:
        allowed = ", ".join(sorted(_methods_of(request)))
        headers = {"Allow": allowed}
        detail = f"{request.url.path[:_SHOWN]} does not take {request.method[:16]}"
        return Problem(405, "method", detail, f"it takes {allowed}", headers=headers).answer(
            request.scope
        )
    detail = str(error.detail)
    return Problem(error.status_code, "http", detail, headers=headers).answer(request.scope)


def _methods_of(request: Request) -> set[str]:
    """What an address takes: several routes may stand at one address, each with its own."""
    paths = request.app.openapi()["paths"]
    for filling in ("[^/]+", ".+"):  # ids of reviews may hold a slash
        matching = [
            path for path in paths if re.fullmatch(_HOLE.sub(filling, path), request.url.path)
        ]
        if matching:
            return {method.upper() for path in matching for method in paths[path]}
    return set()


def no_such_path(path: str, paths: Iterable[str]) -> Problem:
    """The problem for an address that nothing answers, with those that exist."""
    near = get_close_matches(path, paths, 3) or sorted(paths)
    return Problem(
        404,
        "no-such-path",
        f"nothing answers {path[:_SHOWN]!r}",
        "see /v1/openapi.json for what exists",
        exists=near,
    )


def not_there(detail: str, existing: Iterable[str] = ()) -> Problem:
    """The problem for an entry that does not exist, with some that do.

    Args:
        detail: what there is not.
        existing: names that there are.
    """
    names = list(existing)[:_MOST]
    remedy = "see the names under `exists`" if names else ""
    return Problem(404, "not-found", detail, remedy, exists=names)


def _wrong(entry: Mapping[str, Any]) -> tuple[str, str]:
    """One wrong place: a JSON pointer into the body, or the name of a parameter."""
    origin, *steps = entry["loc"] or ("",)
    pointer = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)
    path = pointer[:200] or "/" if origin == "body" else f"?{'.'.join(map(str, steps))[:200]}"
    kind = entry["type"]
    if kind == "missing":
        detail = "it is missing"
    elif kind == "extra_forbidden":
        detail = "no such name is known"
    elif kind in ("value_error", "assertion_error"):
        detail = str(entry.get("ctx", {}).get("error", entry["msg"]))
    else:
        detail = f"takes {_wanted(entry)}"
    return path, detail


def _wanted(entry: Mapping[str, Any]) -> str:
    try:
        return called_for(entry).replace("' or '", "', '")
    except (KeyError, TypeError, AttributeError):
        return "another kind of value"
