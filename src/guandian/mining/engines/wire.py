"""Reviews and answers as bytes, between processes that may not trust each other's memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from types import MappingProxyType
from typing import Any

from guandian.domain import Language, Mined, Review, Span
from guandian.files.output.json_record import from_wire, to_wire

_LIKENESS = "likeness"
_NAMES = tuple(field.name for field in fields(Review))


def review_bytes(review: Review) -> bytes:
    """A review with all its fields, as JSON."""
    record: dict[str, Any] = {
        name: dict(value) if isinstance(value, Mapping) else value
        for name, value in ((name, getattr(review, name)) for name in _NAMES)
    }
    record["parts"] = {name: asdict(span) for name, span in review.parts.items()}
    return json.dumps({name: value for name, value in record.items() if value is not None}).encode()


def sent_review(line: bytes) -> Review:
    """The review that `review_bytes` wrote."""
    record: dict[str, Any] = json.loads(line)
    spoken = record.pop("language", None)
    parts = {name: Span(**span) for name, span in record.pop("parts", {}).items()}
    extra, unread = (MappingProxyType(record.pop(name, {})) for name in ("extra", "unread"))
    language = None if spoken is None else Language(spoken)
    return Review(
        **record, language=language, parts=MappingProxyType(parts), extra=extra, unread=unread
    )


def mined_bytes(reviews: Sequence[Review], mined: Sequence[Mined]) -> list[bytes]:
    """A line of `guandian mine` for each review: what a chunk holds of it, and its likeness."""
    return [
        json.dumps(to_wire(review, answer) | {_LIKENESS: answer.likeness}).encode()
        for review, answer in zip(reviews, mined, strict=True)
    ]


def mined_of(lines: Iterable[bytes]) -> list[Mined]:
    """The answers of such lines, in their order.

    Raises:
        ValueError: a line is no such record.
    """
    records = [json.loads(line) for line in lines]
    return [replace(from_wire(record)[1], likeness=record.get(_LIKENESS)) for record in records]
