"""A stream of reviews in pieces of bounded size, each named by what it holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence

from guandian.domain import Review

ROWS = 2000
"""Reviews of a chunk, at most: enough of every length for full batches."""
CHARACTERS = 400_000
"""Characters of a chunk, at most; a longer review is a chunk of its own."""


def chunks(
    reviews: Iterable[Review], rows: int = ROWS, characters: int = CHARACTERS
) -> Iterator[list[Review]]:
    """Cut a stream; where the cuts fall depends on the reviews alone."""
    chunk: list[Review] = []
    size = 0
    for review in reviews:
        if chunk and (len(chunk) == rows or size + len(review.text) > characters):
            yield chunk
            chunk, size = [], 0
        chunk.append(review)
        size += len(review.text)
    if chunk:
        yield chunk


def chunk_name(reviews: Sequence[Review], key: str) -> str:
    """The chunk's name (32 hex digits): equal for equal reviews and an equal `key`.

    Args:
        reviews: every field of them counts.
        key: what else the answers depend on.
    """
    digest = hashlib.sha256(key.encode())
    for review in reviews:
        parts = [
            review.id, review.text, review.product, review.brand, review.rating, review.time,
            review.user, review.source, review.language, list(review.extra.items()),
            [(name, span.start, span.end) for name, span in review.parts.items()],
            list(review.unread.items()), review.scale,
        ]  # fmt: skip
        digest.update(b"\n" + json.dumps(parts).encode())
    return digest.hexdigest()[:32]
