"""The regions of one annotation of Label Studio: where they stand, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from guandian.data.readers.rows import WrongField, clean_name
from guandian.data.readers.zhijiang import utf16_span
from guandian.domain import Entity, Span
from guandian.labelling.annotation import read_span
from guandian.labelling.label_names import role_and_names, said_by, steps_of

_LABELS = ("labels", "hypertextlabels")
_CHOSEN = ("choices", "taxonomy")


@dataclass(slots=True)
class Region:
    """One region: where, what it is labelled, and what was chosen for it.

    Attributes:
        span: its characters.
        roles: of its labels, the parts of an opinion that they name.
        types: its other labels, which are entity types.
        names: what its labels and choices say of an opinion.
        chosen: whether anything was chosen for it, beside its labels.
    """

    span: Span
    roles: set[str] = field(default_factory=set)
    types: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    chosen: bool = False

    def add(self, value: Mapping[str, Any]) -> bool:
        """Take what one result says of the region; False when it says nothing that is read."""
        labels, paths = labels_of(value), paths_of(value)
        for label in labels:
            role, names = role_and_names(label)
            if role is not None:
                self.roles.add(role)
                self.names += names
            elif clean_name(label):
                self.types.append(clean_name(label))
        for path in paths:
            self.names += said_by(path)
        self.chosen |= bool(paths)
        return bool(labels or paths)


def entities_of(regions: Mapping[str, Region]) -> tuple[Entity, ...]:
    """The regions whose labels are no parts of opinions, exact repeats once."""
    entities = (
        Entity(region.span, type, 1.0) for region in regions.values() for type in region.types
    )
    return tuple(dict.fromkeys(entities))


def is_region(value: Mapping[str, Any]) -> bool:
    """Tell whether the value of a result stands at characters, and not for the whole text."""
    return "start" in value or "globalOffsets" in value


def labels_of(value: Mapping[str, Any]) -> list[str]:
    """The labels of a region's value."""
    lists = (value[key] for key in _LABELS if isinstance(value.get(key), list))
    return [label for several in lists for label in several if isinstance(label, str)]


def paths_of(value: Mapping[str, Any]) -> list[list[str]]:
    """The choices of a value: the steps of each path. A class that is not nested has one step."""
    lists = (value[key] for key in _CHOSEN if isinstance(value.get(key), list))
    return [steps for several in lists for path in several if (steps := steps_of(path))]


def region_span(value: Mapping[str, Any], text: str, location: str) -> Span:
    """The characters of a region. Label Studio counts code points; old versions UTF-16 units.

    Which of them, the region's own text tells. Where `start` and `end` are ways through HTML
    (HyperText) or numbers in quotes, the other offsets hold if that text proves them.

    Raises:
        WrongField: no offsets fit.
    """
    column = f"{location}.value.start"
    start, end, words = value.get("start"), value.get("end"), value.get("text")
    if not isinstance(words, str) or not words.strip():
        return read_span(start, end, text, column)
    wrong: WrongField | None = None
    for first, last in _offsets(value):
        try:
            span = read_span(first, last, text, column)
            if _same(span.of(text), words):
                return span
            fault = f"{words!r} is not at {first} to {last}, {span.of(text)!r} is"
            wrong = wrong or WrongField(column, fault)
        except WrongField as error:
            wrong = wrong or error
        if type(first) is int and type(last) is int:
            for count in (utf16_span, _unix_span):
                try:
                    span = count(text, first, last)
                except ValueError:
                    continue
                if _same(span.of(text), words):
                    return span
    raise wrong or WrongField(column, f"needs whole numbers, got {start!r} and {end!r}")


def _unix_span(text: str, start: int, end: int) -> Span:
    """The span of offsets that count a line break of Windows once, as browsers do.

    Raises:
        ValueError: when they are not inside.
    """
    places = [index for index in range(len(text) + 1) if text[index - 1 : index + 1] != "\r\n"]
    if not 0 <= start < end < len(places):
        raise ValueError(f"{start}-{end} is not inside the text")
    return Span(places[start], places[end])


def _offsets(value: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    """The pairs of offsets that a region has, the likeliest first."""
    start, end = value.get("start"), value.get("end")
    yield start, end
    if isinstance(start, str) and isinstance(end, str) and start.isdecimal() and end.isdecimal():
        yield int(start), int(end)
    if type(start) is int and type(end) is int:
        return
    everywhere = value.get("globalOffsets")
    if isinstance(everywhere, dict):
        yield everywhere.get("start"), everywhere.get("end")
    yield value.get("startOffset"), value.get("endOffset")


def _same(text: str, other: str) -> bool:
    """Equal but for blanks; the editor may write a line break as a backslash and an n."""
    return "".join(text.split()) == "".join(other.replace("\\n", "\n").split())
