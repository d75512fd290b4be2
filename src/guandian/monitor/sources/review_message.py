"""One message: a review as JSON, in the shape that `POST /v1/mine` takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from guandian.domain import Language, Review
from guandian.errors import called_for
from guandian.io.strict_json import read_json
from guandian.monitor.sources.review_source import DeadLetter

LONGEST = 20_000
"""Characters of a text."""
_MOST_BYTES = 1 << 20
_WRAPPINGS = ("data", "value", "json", "review")
"""Names under which a message may hold the review as one text."""
Content = bytes | Mapping[str, Any]
"""A message: JSON as UTF-8, or an object whose values are texts."""
_Short = Annotated[str, Field(max_length=500)]


class ReviewMessage(BaseModel):
    """A review as its owner has it."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(min_length=1, max_length=500)]
    text: Annotated[str, Field(max_length=LONGEST)]
    product: _Short | None = None
    brand: _Short | None = None
    rating: FiniteFloat | None = None
    scale: Annotated[FiniteFloat, Field(gt=0)] | None = None
    time: _Short | None = None
    user: _Short | None = None
    source: _Short | None = None
    language: Language | None = None
    extra: Annotated[
        dict[_Short, Annotated[str, Field(max_length=5000)]], Field(max_length=100)
    ] = {}


def review_from(content: Content) -> Review | DeadLetter:
    """The review of a message, or why it is none."""
    try:
        if isinstance(content, bytes):
            if len(content) > _MOST_BYTES:
                raise ValueError(f"longer than {_MOST_BYTES:,} bytes")
            content = read_json(content.decode())
        if isinstance(content, dict) and len(content) == 1:
            ((name, text),) = content.items()
            if name in _WRAPPINGS and isinstance(text, str):
                content = read_json(text)
        message = ReviewMessage.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "the message"
        words = {"missing": "is missing", "extra_forbidden": "is no part of a review"}
        why = words.get(first["type"]) or f"takes {called_for(first)}"
        return DeadLetter(f"{key} {why}", _shown(content))
    except (ValueError, RecursionError) as error:
        return DeadLetter(f"no JSON: {error}", _shown(content))
    return Review(**{name: getattr(message, name) for name in ReviewMessage.model_fields})


def with_labels(review: Review, labels: Mapping[str, str]) -> Review:
    """A review with what is known of its whole source, where it does not say so itself."""
    own = {name: value for name, value in labels.items() if name in ("product", "brand", "source")}
    known = {name: value for name, value in own.items() if getattr(review, name) is None}
    extra = {name: value for name, value in labels.items() if name not in own}
    if not known and not extra:
        return review
    return replace(review, **known, extra=extra | dict(review.extra))  # type: ignore[arg-type]


def _shown(content: object) -> str:
    if isinstance(content, bytes):
        return content.decode(errors="backslashreplace")
    return str(content)
