"""A model behind an OpenAI-compatible interface, on one's own machine or anywhere."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, Literal
from urllib.parse import urlsplit
from weakref import finalize

from guandian.chat.budget import Budget
from guandian.chat.chat_messages import ChatRequest, Completion, Refused
from guandian.chat.streaming import Answering, Runaway, events
from guandian.errors import GuandianError
from guandian.io.optional_libraries import needs

AnswerForm = Literal["json_schema", "json_object", "text"]
_AGAIN = (408, 409, 425, 429, 500, 502, 503, 504)
_NOT_TAKEN = (408, 409, 425, 429, 503)
"""Of these, those that nobody bills; behind another one a model may have answered."""
_LONGEST_WAIT = 60.0  # seconds
_LAST_PORT = 65535
_SHOWN = 200  # characters of a refusal
_ODD = (LookupError, TypeError, AttributeError, ValueError, RecursionError)
"""What an answer in another form raises while it is read."""
_REFUSED = (400, 413, 422)
_MOST_BYTES = 4 << 20
"""Of one response: a longer one is no answer to a review."""


class _TryAgain(Exception):
    """A failure that may pass; `free` where the request was surely not taken."""

    def __init__(self, problem: str, wait: float | None = None, *, free: bool = False) -> None:
        super().__init__(problem)
        self.wait, self.free = wait, free


@dataclass(frozen=True)
class ChatEndpoint:
    """Asks by `POST URL/chat/completions`, streaming, so that a runaway answer is cut at once.

    What is asked leaves this machine for the URL that is named. Redirections are not followed: the
    key goes to no other host.

    Attributes:
        url: of the interface, such as `http://127.0.0.1:8000/v1`.
        model: as the endpoint calls it.
        key_variable: the environment variable that holds the key; None where none is asked for.
        form: how answers are held to a schema, as far as the endpoint can.
        timeout: of a whole request, the answer included, seconds.
        retries: of a request that failed for now: too many requests, overload, no connection.
        pause: before the first retry, seconds; it doubles, with chance, unless the endpoint says
            how long.
        budget: of each attempt; one that broke off is counted for all that it may have cost.

    Raises:
        GuandianError: no http address, no key in that variable, or httpx2 is not installed.
    """

    url: str
    model: str
    key_variable: str | None = None
    form: AnswerForm = "json_schema"
    timeout: float = 60.0
    retries: int = 4
    pause: float = 1.0
    budget: Budget = field(default_factory=Budget, compare=False)

    def __post_init__(self) -> None:
        httpx2 = needs("httpx2", "llm", "an endpoint")
        try:
            named = urlsplit(self.url)
            known = named.scheme in ("http", "https") and bool(named.hostname)
            known = known and (named.port or 0) <= _LAST_PORT and not named.query
            # A name and a password would stand in every error.
            known = known and named.username is None and named.password is None
            httpx2.URL(self.url)
            (named.hostname or "").encode("idna")
        except (ValueError, httpx2.InvalidURL):
            known = False
        if not known:
            raise GuandianError(f"{self.url!r} is no endpoint", "e.g. http://127.0.0.1:8000/v1")
        if self.key_variable:
            _key(self.key_variable)

    @property
    def address(self) -> str:
        """Where requests go."""
        return f"{self.url.rstrip('/')}/chat/completions"

    @cached_property
    def _client(self) -> Any:
        import httpx2

        headers = (
            {"Authorization": f"Bearer {_key(self.key_variable)}"} if self.key_variable else {}
        )
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=64)
        client = httpx2.Client(timeout=self.timeout, headers=headers, limits=limits)
        finalize(self, client.close)
        return client

    def complete(self, request: ChatRequest) -> Completion:
        """Answer one request, repeated while it fails for now.

        Raises:
            BudgetSpent: the next attempt could cost more than is left.
            GuandianError: the endpoint refuses, gives no chat completion, or fails for longer than
                the retries last.
        """
        content, lost = self._content(request), 0
        for attempt in range(self.retries + 1):
            held = self.budget.reserve(request.estimated_tokens, request.max_tokens or 0)
            try:
                completion = self._once(content, request)
            except _TryAgain as failure:
                problem, wait = str(failure), failure.wait
                if failure.free:
                    self.budget.release(held)
                else:
                    lost += self.budget.lose(held)
            except Refused:
                self.budget.release(held)
                raise
            except BaseException:
                self.budget.lose(held)
                raise
            else:
                self.budget.settle(held, completion)
                return replace(completion, lost_tokens=lost)
            if attempt < self.retries:
                # With chance, or all that were refused together come back together.
                doubled = self.pause * 2**attempt * random.uniform(0.5, 1)  # noqa: S311
                time.sleep(min(doubled + (wait or 0.0), _LONGEST_WAIT))
        repair = "check address, model and key; after a limit of requests, wait and run it again"
        if lost:
            repair = f"{repair}; attempts that failed were counted with {lost:,} tokens"
        raise GuandianError(f"{self.address} does not answer: {problem}", repair)

    def _content(self, request: ChatRequest) -> dict[str, Any]:
        content: dict[str, Any] = {
            "model": self.model,
            "messages": [message.to_json() for message in request.messages],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        options = ("max_tokens", "temperature", "seed")
        content |= {name: getattr(request, name) for name in options}
        if request.schema is not None and self.form == "json_schema":
            wanted = {"name": "answer", "strict": True, "schema": request.schema}
            content["response_format"] = {"type": "json_schema", "json_schema": wanted}
        elif request.schema is not None and self.form == "json_object":
            content["response_format"] = {"type": "json_object"}
        return {name: value for name, value in content.items() if value is not None}

    def _once(self, content: Mapping[str, Any], request: ChatRequest) -> Completion:
        import httpx2

        deadline = time.monotonic() + self.timeout
        try:
            with self._client.stream("POST", self.address, json=content) as response:
                self._refuse(response, deadline)
                lines = _lines(response, deadline)
                if "text/event-stream" in response.headers.get("content-type", ""):
                    return self._streamed(lines, request)
                return self._whole("\n".join(lines), request)
        except httpx2.RequestError as error:
            unsent = isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)
            raise _TryAgain(f"{type(error).__name__}: {error}", free=unsent) from error
        except TimeoutError as error:
            raise _TryAgain(f"no whole answer within {self.timeout:g} s") from error

    def _refuse(self, response: Any, deadline: float) -> None:
        if response.is_success:
            return
        body = self._shown(b"".join(_some(response, deadline)).decode(errors="replace"))
        problem = f"HTTP {response.status_code}: {body[:_SHOWN]}"
        if response.status_code in _AGAIN:
            free = response.status_code in _NOT_TAKEN
            raise _TryAgain(problem, _seconds(response.headers.get("retry-after")), free=free)
        repair = "check address, model and key"
        if "response_format" in body or "schema" in body:
            repair = 'the endpoint may not hold answers to a schema: form = "json_object" or "text"'
        kind = Refused if response.status_code in _REFUSED else GuandianError
        raise kind(f"{self.address} refuses: {problem}", repair)

    def _shown(self, text: str) -> str:
        """What an endpoint said, without the key, which some repeat."""
        return text.replace(_key(self.key_variable), "***") if self.key_variable else text

    def _streamed(self, lines: Iterator[str], request: ChatRequest) -> Completion:
        answer = Answering(request)
        try:
            for event in events(lines):
                answer.take(event)
        except Runaway:
            return answer.completion(cut=True)
        except _ODD as error:
            raise self._no_completion(str(error)) from error
        if not answer.ended:
            raise _TryAgain("the answer broke off")
        return answer.completion()

    def _whole(self, text: str, request: ChatRequest) -> Completion:
        """An answer of an endpoint that does not stream."""
        answer = Answering(request)
        try:
            body = json.loads(text)
            choice = body["choices"][0]
            said = choice["message"]["content"]
            piece = {
                "delta": {"content": said if isinstance(said, str) else ""},
                "finish_reason": choice.get("finish_reason"),
            }
            about = {"usage": body.get("usage"), "model": body.get("model")}
            answer.take({"choices": [piece], **about})
        except Runaway:
            return answer.completion(cut=True)
        except _ODD as error:
            raise self._no_completion(text) from error
        return answer.completion()

    def _no_completion(self, text: str) -> GuandianError:
        return GuandianError(
            f"{self.address} gave no chat completion: {self._shown(text)[:_SHOWN]!r}",
            "name the address before /chat/completions",
        )


def _some(response: Any, deadline: float) -> Iterator[bytes]:
    """The beginning of a body, as far as it comes until the deadline."""
    size = 0
    for chunk in response.iter_bytes():
        yield chunk
        size += len(chunk)
        if size > _SHOWN * 8 or time.monotonic() > deadline:
            return


def _lines(response: Any, deadline: float) -> Iterator[str]:
    """The lines of a body, until the deadline and within bounds."""
    size, rest = 0, b""
    for chunk in response.iter_bytes():
        if time.monotonic() > deadline:
            raise TimeoutError
        size += len(chunk)
        if size > _MOST_BYTES:
            raise GuandianError(
                f"an answer of over {_MOST_BYTES >> 20} MB is no chat completion",
                "check address and model",
            )
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line.decode(errors="replace").removesuffix("\r") for line in whole)
    if rest:
        yield rest.decode(errors="replace")


def _key(variable: str) -> str:
    key = os.environ.get(variable, "").strip()
    if not key or not key.isascii() or not key.isprintable():
        raise GuandianError(
            f"the environment variable {variable} holds no key", f"export {variable}=..."
        )
    return key


def _seconds(header: str | None) -> float | None:
    """The seconds that a `Retry-After` header asks for, by number or by date."""
    if not header:
        return None
    if header.replace(".", "", 1).isdecimal():
        return float(header)
    try:
        until = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max((until - datetime.now(UTC)).total_seconds(), 0.0)
