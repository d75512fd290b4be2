"""A labelled text written anew in places, its spans moved along."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate

from guandian.domain import Labelled, Span


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters `start` to `end` (half-open, code points) of a text become `text`.

    An insertion has `start == end`; a deletion has no text.
    """

    start: int
    end: int
    text: str


def spans(record: Labelled) -> list[Span]:
    """Every span of the record's opinions and entities, in their order."""
    quads = record.quads or ()
    of_quads = [span for quad in quads for span in (quad.aspect, quad.expression) if span]
    return of_quads + [entity.span for entity in record.entities or ()]


def edited(record: Labelled, edits: Iterable[Edit]) -> Labelled:
    """The record with its text edited and every span carried along.

    A span that holds an edit covers what is written there; what is inserted at its border stays
    outside. Where an edit would cut a span or leave nothing of it, the record is given back as it
    is. Of edits at one place, insertions come first, in their order.

    Raises:
        ValueError: when edits overlap or leave the text.
    """
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    text, reached = "", 0
    for edit in ordered:
        if not reached <= edit.start <= edit.end <= len(record.text):
            raise ValueError(f"{edit} overlaps another or leaves the text")
        text += record.text[reached : edit.start] + edit.text
        reached = edit.end
    text += record.text[reached:]
    places = _Places(ordered)
    moved: dict[Span, Span] = {}
    for span in spans(record):
        target = places.moved(span)
        if target is None:
            return record
        moved[span] = target
    return rewritten(record, text, moved)


def rewritten(record: Labelled, text: str, moved: Mapping[Span, Span]) -> Labelled:
    """The record with another text; `moved` gives each span its place there."""
    quads, entities = record.quads, record.entities
    return replace(
        record,
        text=text,
        quads=quads
        and tuple(
            replace(
                quad,
                aspect=quad.aspect and moved[quad.aspect],
                expression=quad.expression and moved[quad.expression],
            )
            for quad in quads
        ),
        entities=entities
        and tuple(replace(entity, span=moved[entity.span]) for entity in entities),
    )


class _Places:
    """The offsets that borders of spans move to; the edits are in order."""

    def __init__(self, edits: list[Edit]) -> None:
        self._starts = [edit.start for edit in edits]
        self._ends = [edit.end for edit in edits]
        grown = (len(edit.text) - (edit.end - edit.start) for edit in edits)
        self._shifts = [0, *accumulate(grown)]

    def moved(self, span: Span) -> Span | None:
        """The span's new place, None where an edit cuts it or leaves nothing."""
        first = bisect_right(self._ends, span.start)  # an insertion at the border stays before
        last = bisect_left(self._starts, span.end)  # and one at the end behind
        cut = first < len(self._starts) and self._starts[first] < span.start
        cut |= last > 0 and self._ends[last - 1] > span.end
        start, end = span.start + self._shifts[first], span.end + self._shifts[last]
        return Span(start, end) if start < end and not cut else None
