"""What goes between the tools: a review's labels by one annotator, and notes of what is lost."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from guandian.data.readers.rows import WrongField
from guandian.domain import Labelled, Polarity, Quad, Span
from guandian.labelling.label_names import holds_polarity
from guandian.tasks.head_spec import ENTITY_TYPES
from guandian.wording import say, term

_NONE: Mapping[str, str | float] = MappingProxyType({})
ASKED = ("quads", "sentiment", "entities")
# Han behind a mark of an address belongs to it; behind a letter a review goes on.
_PLAIN = r"(?:[^\s\u3400-\u9fff，。！？；]|(?<=[/=&?._\u3400-\u9fff-])[\u3400-\u9fff])"
_ADDRESS = re.compile(
    rf"(?:[a-z][a-z0-9+.-]*://|www\.|data:[a-z]+/|/data/){_PLAIN}+"
    r"|[^\n，。！？!?；;]+\.(?:jpe?g|jfif|png|gif|bmp|webp|tiff?|svg|heic|avif|dcm|mp3|wav|og[agv]|flac"
    r"|m4[av]|aac|opus|amr|wma|mp4|webm|mov|avi|mkv|mpe?g|3gp|html?|pdf|docx?|pptx?|txt|csv|json)"
    r"(?:[?#]\S*)?",
    re.IGNORECASE,
)
UNREAD = term("reviews whose opinions are left out, for one of them is not read")
"""A note: half of a review's opinions would teach that the others are not there."""


@dataclass(frozen=True, slots=True)
class Item:
    """The labels of one review, as one annotator gave them or a model guessed them.

    Attributes:
        record: the labels.
        location: which review of its file, so that several annotators of one review are known.
        annotator: who gave them; empty where the file does not say.
        model: `name@version` of the model that guessed them; empty where a person gave them.
        confidences: the model's, one for each of `record.quads`.
        reviewed: chosen by a reviewer among several annotators' ("ground truth").
        columns: what else is known of the review: product, time, ...
    """

    record: Labelled
    location: str
    annotator: str = ""
    model: str = ""
    confidences: tuple[float, ...] = ()
    reviewed: bool = False
    columns: Mapping[str, str | float] = field(default_factory=lambda: _NONE)


class Notes:
    """Notes of what a format could not hold or a reader left out: how often, and where."""

    def __init__(self) -> None:
        self.places: dict[str, list[str]] = {}

    def add(self, what: str, location: str) -> None:
        """Note that `what` happened once at `location`."""
        self.places.setdefault(what, []).append(location)

    def lines(self, shown: int = 5) -> list[str]:
        """A line for each kind: what, how often, and the first places."""
        return [
            f"{what}: {len(where):,} ({', '.join(where[:shown])}{', …' * (len(where) > shown)})"
            for what, where in self.places.items()
        ]


def asked(record: Labelled) -> list[str]:
    """Name what the review was labelled for, so that no label is told from not annotated."""
    names = [name for name in ASKED if getattr(record, name) is not None]
    several = [name for name, value in record.labels.items() if isinstance(value, tuple)]
    return [*names, *(f"labels.{name}" for name in several)]


def is_labelled(record: Labelled) -> bool:
    """Tell whether anything of the review is annotated."""
    return bool(record.labels) or any(getattr(record, name) is not None for name in ASKED)


def carried(item: Item) -> dict[str, Any]:
    """The fields that no tool shows and each hands back untouched: plain JSON, beside the text.

    What a model guessed, or nobody labelled yet, is asked for everything.
    """
    record = item.record
    everything = bool(item.model) or not is_labelled(record)
    fields: dict[str, Any] = {"asked": list(ASKED) if everything else asked(record)}
    types = record.entity_types or (ENTITY_TYPES if everything else ())
    if types:
        fields["entity_types"] = list(types)
    if record.group:
        fields["group"] = record.group
    if record.original:
        fields["original"] = record.original
    return fields


def opinion_path(quad: Quad) -> list[str]:
    """Polarity and, where it has one, category: how a quad reads without its spans."""
    return [quad.polarity.value, *([] if quad.category is None else [quad.category])]


def one_polarity(polarities: Iterable[Polarity], notes: Notes, location: str) -> Polarity | None:
    """The polarity of a review by all that were chosen; several are noted, and none is taken."""
    chosen = {*polarities}
    if len(chosen) > 1:
        notes.add(say("texts with several polarities, left out"), location)
    return chosen.pop() if len(chosen) == 1 else None


def note_judging(label: str, notes: Notes, location: str) -> None:
    """Note a label that is read as an entity type though it holds a polarity."""
    if holds_polarity(label):
        note = say("labels with a polarity and no part of an opinion, read as entity types")
        notes.add(f"{note}: {label}", location)


def refuse_address(text: str, column: str) -> None:
    """Refuse what stands in the place of a review and is the address of a file or page.

    Raises:
        WrongField: it is one.
    """
    if is_address(text):
        raise WrongField(
            column,
            f"no text of a review but the address of a picture, recording, video or page: {text!r}",
        )


def is_address(text: str) -> bool:
    """Tell whether a text is nothing but a path or URL of a file or page."""
    return bool(_ADDRESS.fullmatch(text.strip()))


def read_span(start: Any, end: Any, text: str, column: str) -> Span:
    """Two offsets of a file as a span inside `text`.

    Raises:
        WrongField: when they are no whole numbers or not inside.
    """
    if type(start) is not int or type(end) is not int:
        raise WrongField(column, f"needs whole numbers, got {start!r} and {end!r}")
    if not 0 <= start < end <= len(text):
        raise WrongField(
            column, f"{start} to {end} is not inside the text's {len(text)} characters"
        )
    return Span(start, end)


def sure(item: Item, index: int) -> float | None:
    """The confidence of a quad, None where nobody said one."""
    return item.confidences[index] if index < len(item.confidences) else None
