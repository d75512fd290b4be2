"""One page fetched: within bounds, only if it changed, from a public address."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from guandian.io.optional_libraries import needs
from guandian.monitor.channels.channel_addresses import is_private_name
from guandian.monitor.channels.guarded import public_connections
from guandian.monitor.channels.unlogged import without_log
from guandian.monitor.sources.review_source import SourceFailure

_LARGEST = 64 << 20
"""Bytes of a page, unpacked."""
_SILENCE, _WHOLE = 30.0, 300.0
"""Seconds for which nothing may come, and that a page may take as a whole."""
_REDIRECTS = 5
_MEANT = "say --private if that is meant"
_ASKED_BY = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
_ACCEPTED = (
    "application/x-ndjson, application/jsonl, text/csv, application/rss+xml, application/atom+xml, "
    "application/json;q=0.9, */*;q=0.5"
)


@dataclass(frozen=True, slots=True)
class WebPage:
    """A page.

    Attributes:
        content: its bytes.
        kind: of content, as the server calls it, in small letters.
        validators: `etag` and `last-modified`, by which the next asking knows it.
    """

    content: bytes
    kind: str = ""
    validators: Mapping[str, str] = field(default_factory=dict)


def fetch_page(address: str, known: Mapping[str, str], *, private: bool = False) -> WebPage | None:
    """Fetch a page.

    Args:
        address: http or https.
        known: the validators of before.
        private: whether it may lead into private ranges.

    Returns:
        The page; None where it is as before.

    Raises:
        SourceFailure: it cannot be had; without the address, which may hold a secret.
    """
    httpx2 = needs("httpx2", "streams", "web addresses")
    if not private and is_private_name(urlsplit(address).hostname or ""):
        raise SourceFailure("it leads into a private range", _MEANT)
    headers = {_ASKED_BY[name]: value for name, value in known.items() if name in _ASKED_BY}
    guard = nullcontext(list[str]()) if private else public_connections()
    client = httpx2.Client(
        timeout=_SILENCE,
        follow_redirects=True,
        max_redirects=_REDIRECTS,
        headers={"accept": _ACCEPTED, "user-agent": "guandian"} | headers,
    )
    try:
        with without_log(), guard as refused, client, client.stream("GET", address) as answer:
            if answer.status_code == 304:
                return None
            if not answer.is_success:
                raise SourceFailure(f"it answered {answer.status_code}")
            return _read(answer)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        if refused:
            raise SourceFailure(f"it leads into a private range: {refused[0]}", _MEANT) from None
        raise SourceFailure(f"no answer ({type(error).__name__})") from None


def _read(answer: Any) -> WebPage:
    """The page of an answer, as far as the bounds let it come."""
    content, end = bytearray(), time.monotonic() + _WHOLE
    for block in answer.iter_bytes(1 << 16):
        content += block
        if len(content) > _LARGEST:
            raise SourceFailure(f"it gives more than {_LARGEST:,} bytes")
        if time.monotonic() > end:
            raise SourceFailure(f"it takes more than {_WHOLE:.0f} seconds")
    headers = answer.headers
    validators = {name: headers[name][:500] for name in _ASKED_BY if name in headers}
    kind = headers.get("content-type", "").lower()
    return WebPage(bytes(content), kind, validators)
