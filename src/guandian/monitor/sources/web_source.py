"""An address that the user names: a page of reviews, or a feed, looked at again and again."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import replace
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from guandian.domain import Review
from guandian.errors import GuandianError
from guandian.files import read_reviews
from guandian.monitor.sources.collected_rejects import CollectedRejects
from guandian.monitor.sources.feed_entries import feed_reviews, is_feed
from guandian.monitor.sources.review_message import with_labels
from guandian.monitor.sources.review_source import (
    Delivery,
    SourceFailure,
    next_delivery,
    no_deliveries,
)
from guandian.monitor.sources.source_terms import SourceTerms, shown_source
from guandian.monitor.sources.web_page import WebPage, fetch_page

_UNNAMED = "\x1f"
_ENDINGS = {"csv": ".csv", "tab-separated": ".tsv", "ndjson": ".jsonl", "jsonl": ".jsonl",
            "json": ".json", "text/plain": ".jsonl"}  # fmt: skip
"""By words in the kind of content; the ending of the address goes before."""


class WebSource:
    """Fetches JSON Lines, CSV, RSS or Atom, when it changed.

    A review without an id of its own is known by what it says: who, when, of what and in which
    words.

    Args:
        address: http or https.
        terms: how it is read.
        labels: what holds for all its reviews.
    """

    def __init__(
        self, address: str, terms: SourceTerms, labels: Mapping[str, str] | None = None
    ) -> None:
        self._address, self._terms, self._labels = address, terms, labels or {}
        self._parts = urlsplit(address)
        self.name = shown_source(self._parts)
        self._key = f"web {_digest(address.encode())}"
        self._due = 0.0
        self._deliveries = no_deliveries()

    def take(self, most: int, seconds: float) -> Delivery:
        """The next reviews of the page; it is fetched again when its time has come."""
        while (delivery := next_delivery(self._deliveries)) is None:
            if time.monotonic() < self._due:
                return Delivery()
            known = self._terms.positions.of(self._key)
            page = fetch_page(self._address, known, private=self._terms.private)
            self._due = time.monotonic() + self._terms.every
            if page is None or _digest(page.content) == known.get("digest"):
                return Delivery()
            self._deliveries = self._read(page, most)
        return delivery

    def close(self) -> None:
        """Give a file that was not read to its end back."""
        self._deliveries.close()

    def _read(self, page: WebPage, most: int) -> Generator[Delivery]:
        """The deliveries of a page; the last one, which may be empty, marks it as read."""
        if is_feed(page):
            host = self._parts.hostname or ""
            reviews, labels = iter(feed_reviews(page, host)), {"source": host, **self._labels}
            while chunk := list(islice(reviews, most)):
                yield Delivery([with_labels(review, labels) for review in chunk])
        else:
            yield from self._rows(page, most)
        position = {**page.validators, "digest": _digest(page.content)}
        yield Delivery(stored=lambda: self._terms.positions.put(self._key, position))

    def _rows(self, page: WebPage, most: int) -> Generator[Delivery]:
        rejects = CollectedRejects()
        with TemporaryDirectory(prefix="guandian-") as folder:
            path = Path(folder, f"page{self._ending(page)}")
            path.write_bytes(page.content)
            try:
                with read_reviews(
                    path, on_error="skip", rejects=rejects, unnamed=_UNNAMED
                ) as reviews:
                    while chunk := list(islice(reviews, most)):
                        labelled = [with_labels(_named(row), self._labels) for row in chunk]
                        yield Delivery(labelled, rejects.taken())
            except GuandianError as error:
                raise SourceFailure(error.problem.replace(str(path), "the page")) from None
        yield Delivery((), rejects.taken())

    def _ending(self, page: WebPage) -> str:
        own = Path(self._parts.path).suffix.lower()
        if own in _ENDINGS.values():
            return own
        return next((its for word, its in _ENDINGS.items() if word in page.kind), ".jsonl")


def _named(review: Review) -> Review:
    """A review under an id that is its own wherever it stands in the page."""
    if not review.id.startswith(_UNNAMED):
        return review
    words = "\0".join(str(w) for w in (review.text, review.time, review.user, review.product))
    return replace(review, id=f"w_{_digest(words.encode('utf-8', 'surrogatepass'))}")


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=12).hexdigest()
