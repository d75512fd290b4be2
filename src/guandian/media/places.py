"""Where the characters of a text stand in its source: boxes of a picture, times of a sound."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from guandian.domain import Review, Span

Kind = Literal["picture", "sound"]
Mark = tuple[int, ...]
"""Of a picture left, top, right and bottom in pixels; of a sound begin and end in milliseconds."""
COLUMN = "media_places"
"""The column of a review that holds its places, passed through mining as every other column."""
_NUMBERS = {"picture": 4, "sound": 2}
_MOST = 1 << 22
"""The longest column that is read, in characters."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters that stand together: of a line of a picture, of a phrase of a sound.

    Attributes:
        start: of the first character, in code points.
        marks: one for each character.
    """

    start: int
    marks: tuple[Mark, ...]

    @property
    def end(self) -> int:
        """Behind the last character."""
        return self.start + len(self.marks)


@dataclass(frozen=True, slots=True)
class Places:
    """The way from the characters of a review back to its picture or its sound.

    Attributes:
        kind: which of the two.
        file: its name, without the folder.
        digest: SHA-256 of the file, in hexadecimal digits.
        extent: of a picture width and height in pixels as it is looked at, of a sound milliseconds.
        text: `digest_of` the text whose characters these are.
        stretches: in the order of the text; characters between them stand nowhere.
        at: of a frame of a video its moment in milliseconds; None for the file as a whole.
    """

    kind: Kind
    file: str
    digest: str
    extent: tuple[int, ...]
    text: str
    stretches: tuple[Stretch, ...]
    at: int | None = None

    def of(self, span: Span) -> list[Mark]:
        """The marks of a span: a box a line of a picture, a time a phrase of a sound."""
        marks = []
        for stretch in self.stretches:
            begin, end = max(span.start, stretch.start), min(span.end, stretch.end)
            if begin < end:
                marks.append(_union(stretch.marks[begin - stretch.start : end - stretch.start]))
        return marks

    def column(self) -> str:
        """As the column of a review."""
        stretches = [[stretch.start, *map(list, stretch.marks)] for stretch in self.stretches]
        whole: dict[str, object] = {
            "kind": self.kind, "file": self.file, "sha256": self.digest, "text": self.text,
            "extent": self.extent, "stretches": stretches,
        }  # fmt: skip
        whole |= {} if self.at is None else {"at": self.at}
        return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def digest_of(text: str) -> str:
    """What tells one text from another: the first digits of its SHA-256."""
    return sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


def places_of(review: Review) -> Places | None:
    """The places that a review of `read_media` holds; None where it was read from nothing.

    Raises:
        ValueError: the column cannot be read, or its places are of another text, such as one in
            which personal data was masked since.
    """
    column = review.extra.get(COLUMN)
    if column is None:
        return None
    if len(column) > _MOST:
        raise ValueError(f"{COLUMN} is longer than {_MOST:,} characters")
    try:
        wire = _Places.model_validate_json(column)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in (COLUMN, *first["loc"]))
        raise ValueError(f"{key} cannot be read: {first['msg']}") from error
    if wire.text != digest_of(review.text):
        raise ValueError(f"{COLUMN} holds the places of another text: it was changed or masked")
    stretches = _stretches(wire, len(review.text))
    return Places(wire.kind, wire.file, wire.sha256, wire.extent, wire.text, stretches, wire.at)


class _Places(BaseModel):
    model_config = ConfigDict(strict=True)
    kind: Literal["picture", "sound"]
    file: str
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    text: str
    extent: Annotated[tuple[int, ...], Field(strict=False)]
    stretches: list[list[int | list[int]]]
    at: Annotated[int, Field(ge=0, le=2**31)] | None = None


def _stretches(wire: _Places, length: int) -> tuple[Stretch, ...]:
    numbers, stretches, behind = _NUMBERS[wire.kind], [], 0
    if len(wire.extent) != numbers // 2:
        raise ValueError(f"{COLUMN}.extent has {len(wire.extent)} numbers, not {numbers // 2}")
    for start, *marks in wire.stretches:
        if not isinstance(start, int) or start < behind or start + len(marks) > length:
            raise ValueError(f"{COLUMN}.stretches: one does not lie in the text")
        whole = tuple(tuple(mark) for mark in marks if isinstance(mark, list))
        if len(whole) != len(marks) or any(len(mark) != numbers for mark in whole):
            raise ValueError(f"{COLUMN}.stretches: a character has not {numbers} numbers")
        behind = start + len(marks)
        stretches.append(Stretch(start, whole))
    return tuple(stretches)


def _union(marks: Iterable[Mark]) -> Mark:
    columns = list(zip(*marks, strict=True))
    half = len(columns) // 2
    return (*map(min, columns[:half]), *map(max, columns[half:]))
