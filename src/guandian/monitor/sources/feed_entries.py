"""RSS and Atom: each entry is a review."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from typing import Any

from guandian.domain import Review
from guandian.io.optional_libraries import needs
from guandian.monitor.sources.review_message import LONGEST
from guandian.monitor.sources.review_source import SourceFailure
from guandian.monitor.sources.web_page import WebPage

_DECLARES = (b"<!entity", "<!entity".encode("utf-16-le"), "<!entity".encode("utf-16-be"))
_SHORT, _MOST = 500, 10_000
"""Characters of a name, and entries of a feed, at most."""


def is_feed(page: WebPage) -> bool:
    """Whether a page is XML rather than a table."""
    return "xml" in page.kind or page.content[:200].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


def feed_reviews(page: WebPage, host: str) -> Sequence[Review]:
    """The entries of a feed as reviews, its title and its text as the text; markup stays.

    The id of a review is that of its entry behind the host, its link where it has none.

    Args:
        page: of the feed.
        host: it comes from.

    Raises:
        SourceFailure: it is no feed, or it defines entities of its own, which may grow endlessly.
    """
    feedparser = needs("feedparser", "streams", "RSS and Atom")
    if any(mark in page.content.lower() for mark in _DECLARES):
        raise SourceFailure("it is XML that defines entities of its own")
    headers = {"content-type": page.kind} if page.kind else {}
    feed = feedparser.parse(
        io.BytesIO(page.content),
        response_headers=headers,
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not feed.get("version"):
        raise SourceFailure("it is no feed that can be read")
    reviews = []
    for entry in feed.entries[:_MOST]:
        text, name = _text(entry), _first(entry, "id") or _first(entry, "link")
        if text and name:
            reviews.append(_review(entry, f"{host}:{name}"[:_SHORT], text))
    return reviews


def _review(entry: Any, name: str, text: str) -> Review:
    link = _first(entry, "link")
    return Review(
        name,
        text,
        time=_moment(entry),
        user=_first(entry, "author")[:_SHORT] or None,
        extra={"link": link[:_SHORT]} if link else {},
    )


def _text(entry: Any) -> str:
    title = _first(entry, "title").strip()
    bodies = [its.get("value") or "" for its in entry.get("content", ())]
    body = max([*bodies, _first(entry, "summary")], key=len).strip()
    if body.startswith(title):
        title = ""
    return "\n".join(filter(None, (title, body)))[:LONGEST]


def _moment(entry: Any) -> str | None:
    for name in ("published", "updated"):
        # `get` warns where it gives one of the two for the other
        if dict.get(entry, f"{name}_parsed"):
            moment: time.struct_time = entry[f"{name}_parsed"]
            return time.strftime("%Y-%m-%dT%H:%M:%SZ", moment)
    return None


def _first(entry: Any, name: str) -> str:
    value = entry.get(name)
    return value if isinstance(value, str) else ""
