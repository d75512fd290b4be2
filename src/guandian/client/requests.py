"""Requests and what their answers become, alike for both faces of the client."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from httpx2 import Response

from guandian.client.shapes import (
    AnsweredShape,
    AnswerShape,
    ChangesShape,
    DigestShape,
    InboxItemShape,
    InboxPage,
    JobStatus,
    Keeping,
    NumbersRow,
    OpinionPage,
    RecommendationsShape,
    ReplyShape,
    ResultPage,
    SearchPage,
    SentShape,
    SeriesPage,
    SeriesShape,
    StoredReviewShape,
    SummaryShape,
    TrendShape,
    UnderstandingShape,
    UploadShape,
)
from guandian.domain import Mined, Review
from guandian.errors import GuandianError, reason
from guandian.files import from_wire

Result = TypeVar("Result")
Given = Mapping[str, Any]
_FIELDS = ("product", "brand", "rating", "scale", "time", "user", "source", "language")
_LATER = (429, 503)
_LONGEST = 60.0
"""Seconds that are waited for another try; of a longer wait the caller is told at once."""


class ServiceError(GuandianError):
    """The service refused, or failed, or does not answer.

    Attributes:
        status: of HTTP; 0 where there was no answer.
        kind: the name of the problem, such as `busy`.
        places: what is wrong where, of a request that is not as declared.
    """

    def __init__(self, status: int, document: Given) -> None:
        detail = str(document.get("detail") or document.get("title") or f"HTTP {status}")
        super().__init__(detail, str(document.get("remedy") or ""))
        self.status = status
        self.kind = str(document.get("type", "")).rpartition(":")[2]
        self.places: list[dict[str, str]] = list(document.get("errors") or [])


@dataclass(frozen=True)
class Call(Generic[Result]):
    """One request, and what its answer becomes.

    Attributes:
        method, path: where it goes.
        read: makes the result of the JSON of a good answer.
        query, json, content, headers: what it carries.
        plain: whether a good answer is text, not JSON.
    """

    method: str
    path: str
    read: Callable[[Any], Result]
    query: Given = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    plain: bool = False

    def arguments(self) -> dict[str, Any]:
        """As a client of httpx2 takes it."""
        query = {name: value for name, value in self.query.items() if value is not None}
        return {
            "method": self.method,
            "url": self.path,
            "params": query,
            "json": self.json,
            "content": self.content,
            "headers": dict(self.headers),
        }

    def result(self, answer: Response) -> Result:
        """The result of an answer.

        Raises:
            ServiceError: it is none that is good.
        """
        if answer.is_success:
            if self.plain:
                return self.read(answer.text)
            return self.read(answer.json() if answer.content else None)
        raise refused(answer)


def refused(answer: Response) -> ServiceError:
    """The error of an answer that is not good."""
    try:
        document = answer.json()
    except ValueError:
        document = {}
    return ServiceError(answer.status_code, document if isinstance(document, dict) else {})


def unreachable(address: object, error: Exception) -> ServiceError:
    """The error of a service that does not answer."""
    problem = f"{address} does not answer: {reason(error)}"
    remedy = "start it with `guandian serve`, or check the address"
    kind = "urn:guandian:problem:unreachable"
    return ServiceError(0, {"type": kind, "detail": problem, "remedy": remedy})


def identity(key: str) -> dict[str, str]:
    """The headers that every request carries.

    Raises:
        GuandianError: the key holds what no header can.
    """
    if not key.isascii() or not key.isprintable():
        raise GuandianError(
            "the key holds signs that no key has",
            "copy it anew: it is gd_live_ and 36 letters and digits",
        )
    return {"authorization": f"Bearer {key}", "accept": "application/json"}


def wait_of(answer: Response) -> float | None:
    """Seconds after which to try again; None where that would not help."""
    if answer.status_code not in _LATER:
        return None
    try:
        seconds = max(0.0, float(answer.headers.get("retry-after", "1")))
    except ValueError:
        return 1.0
    return seconds if seconds <= _LONGEST else None


def files_missing(answer: Response) -> int:
    """How many files the store lacked when an answer was made of it."""
    number = answer.headers.get("guandian-incomplete", "0")
    return int(number) if number.isdecimal() else 0


def mining(
    reviews: Iterable[Review],
    masking: str,
    caution: Keeping,
    tasks: Sequence[str] | None = None,
) -> Call[list[tuple[Review, Mined]]]:
    """`POST /v1/mine`."""
    body: dict[str, Any] = {"reviews": [_sent(review) for review in reviews], "masking": masking}
    body |= {name: value for name, value in caution.items() if value is not None}
    if tasks is not None:
        body["tasks"] = [*tasks]
    return Call("POST", "/v1/mine", _mined, json=body)


def uploading(path: Path) -> Call[UploadShape]:
    """`POST /v1/uploads`."""
    return Call(
        "POST", "/v1/uploads", _as_is, {"name": path.name}, content=path.read_bytes(),
        headers={"content-type": "application/octet-stream"},
    )  # fmt: skip


def starting(upload: str, choices: Given) -> Call[JobStatus]:
    """`POST /v1/jobs`, which makes one job however often it is tried."""
    body = {"upload": upload} | {name: value for name, value in choices.items() if value}
    headers = {"idempotency-key": secrets.token_hex(16)}
    return Call("POST", "/v1/jobs", _job, json=body, headers=headers)


def looking(job: str) -> Call[JobStatus]:
    """`GET /v1/jobs/ID`."""
    return Call("GET", f"/v1/jobs/{job}", _job)


def cancelling(job: str) -> Call[JobStatus]:
    """`DELETE /v1/jobs/ID`."""
    return Call("DELETE", f"/v1/jobs/{job}", _job)


def paging(job: str, limit: int, offset: int) -> Call[ResultPage]:
    """`GET /v1/jobs/ID/results`."""
    return Call("GET", f"/v1/jobs/{job}/results", _as_is, {"limit": limit, "offset": offset})


def unread_rows(job: str) -> Call[str]:
    """`GET /v1/jobs/ID/rejects`."""
    return Call("GET", f"/v1/jobs/{job}/rejects", _as_is, plain=True)


def breaking_down(by: str, selection: Given) -> Call[list[NumbersRow]]:
    """`GET /v1/breakdown`."""
    return Call("GET", "/v1/breakdown", _rows, {**selection, "by": by})


def trending(unit: str, by: str, selection: Given) -> Call[TrendShape]:
    """`GET /v1/trends`."""
    return Call("GET", "/v1/trends", _as_is, {**selection, "unit": unit, "by": by})


def comparing(unit: str, offset: str | None, selection: Given) -> Call[ChangesShape]:
    """`GET /v1/changes`."""
    return Call("GET", "/v1/changes", _as_is, {**selection, "unit": unit, "offset": offset})


def searching(words: str, selection: Given, limit: int, offset: int) -> Call[SearchPage]:
    """`GET /v1/search`."""
    page = {"words": words, "limit": limit, "offset": offset}
    return Call("GET", "/v1/search", _as_is, {**selection, **page})


def reading(review: str) -> Call[StoredReviewShape]:
    """`GET /v1/reviews/ID`."""
    return Call("GET", _review(review), _as_is)


def deleting(review: str) -> Call[None]:
    """`DELETE /v1/reviews/ID`."""
    return Call("DELETE", _review(review), _nothing)


def summing(selection: Given) -> Call[SummaryShape]:
    """`GET /v1/summary`."""
    return Call("GET", "/v1/summary", _as_is, selection)


def quoting(selection: Given, order: str, limit: int, offset: int) -> Call[OpinionPage]:
    """`GET /v1/opinions`."""
    page = {"order": order, "limit": limit, "offset": offset}
    return Call("GET", "/v1/opinions", _as_is, {**selection, **page})


def summarising(selection: Given) -> Call[DigestShape]:
    """`GET /v1/summarise`."""
    return Call("GET", "/v1/summarise", _as_is, selection)


def questioning(question: str, today: str | None, model: str | None) -> Call[AnsweredShape]:
    """`POST /v1/ask`."""
    named = {"today": today, "model": model}
    body = {"question": question} | {name: value for name, value in named.items() if value}
    return Call("POST", "/v1/ask", _as_is, json=body)


def watching(unit: str | None, words: str, order: str, limit: int, offset: int) -> Call[SeriesPage]:
    """`GET /v1/series`."""
    query = {"unit": unit, "words": words, "order": order, "limit": limit, "offset": offset}
    return Call("GET", "/v1/series", _as_is, query)


def banding(id: str, unit: str | None, buckets: int | None) -> Call[SeriesShape]:
    """`GET /v1/series/ID`."""
    path = f"/v1/series/{quote(id, safe='')}"
    return Call("GET", path, _as_is, {"unit": unit, "buckets": buckets})


def understanding(text: str) -> Call[UnderstandingShape]:
    """`POST /v1/assist/understand`."""
    return Call("POST", "/v1/assist/understand", _as_is, json={"text": text})


def answering(question: str, turns: Sequence[tuple[str, str]]) -> Call[AnswerShape]:
    """`POST /v1/assist/answer`."""
    body = {"question": question, "turns": [{"who": who, "text": text} for who, text in turns]}
    return Call("POST", "/v1/assist/answer", _as_is, json=body)


def replying(text: str, rating: float | None, scale: float) -> Call[ReplyShape]:
    """`POST /v1/assist/reply`."""
    stars = {} if rating is None else {"rating": rating, "scale": scale}
    return Call("POST", "/v1/assist/reply", _as_is, json={"text": text, **stars})


def receiving(items: Iterable[Given]) -> Call[list[InboxItemShape]]:
    """`POST /v1/assist/inbox`."""
    return Call("POST", "/v1/assist/inbox", _items, json={"items": [dict(item) for item in items]})


def listing(states: Sequence[str], limit: int, offset: int) -> Call[InboxPage]:
    """`GET /v1/assist/inbox`."""
    query = {"state": [*states], "limit": limit, "offset": offset}
    return Call("GET", "/v1/assist/inbox", _as_is, query)


def changing(id: str, action: str, channel: str | None, text: str | None) -> Call[SentShape]:
    """`PATCH /v1/assist/inbox/ID`."""
    said = {"action": action, "channel": channel, "text": text}
    body = {name: value for name, value in said.items() if value is not None}
    return Call("PATCH", f"/v1/assist/inbox/{id}", _as_is, json=body)


def recommending(wanted: Given) -> Call[RecommendationsShape]:
    """`POST /v1/recommend`."""
    return Call("POST", "/v1/recommend", _as_is, json=dict(wanted))


def asking(path: str, query: Given) -> Call[Any]:
    """Any other question."""
    return Call("GET", path, _as_is, query)


def changing_at(method: str, path: str, content: Given | None) -> Call[Any]:
    """Any other change."""
    return Call(method, path, _as_is, json=None if content is None else dict(content))


def _sent(review: Review) -> dict[str, Any]:
    known = {name: getattr(review, name) for name in _FIELDS if getattr(review, name) is not None}
    extra = {"extra": dict(review.extra)} if review.extra else {}
    return {"id": review.id, "text": review.text, **known, **extra}


def _mined(answer: Any) -> list[tuple[Review, Mined]]:
    missing: dict[str, Any] = {"opinions": [], "entities": []}
    return [from_wire(missing | record) for record in answer["reviews"]]


def _as_is(answer: Any) -> Any:
    return answer


def _nothing(_: Any) -> None:
    return None


def _rows(answer: Any) -> list[NumbersRow]:
    rows: list[NumbersRow] = answer["rows"]
    return rows


def _review(id: str) -> str:
    return f"/v1/reviews/{quote(id, safe='')}"


def _items(answer: Any) -> list[InboxItemShape]:
    items: list[InboxItemShape] = answer["items"]
    return items


def _job(answer: Any) -> JobStatus:
    job: JobStatus = answer["job"]
    return job
