"""Plain lines: our own JSON Lines, mined reviews, BIO by character, public forms of opinions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from guandian.data.formats import FORMATS
from guandian.data.readers.bio import read_bio
from guandian.data.readers.guandian_jsonl import own_line, read_own
from guandian.data.readers.json_lines import json_rows
from guandian.data.readers.rows import ReaderSource
from guandian.domain import Labelled, Mined, Quad, Review
from guandian.errors import BadRow, reason
from guandian.evaluation.metrics.entities import bio_lines, without_overlaps
from guandian.files.output.json_record import from_wire
from guandian.labelling.annotation import Item, Notes
from guandian.labelling.conll import refuse_roles
from guandian.tasks.head_spec import ENTITY_TYPES
from guandian.wording import say

_KNOWN = ("product", "brand", "rating", "time", "user", "source")


def read_own_items(source: ReaderSource, notes: Notes) -> Iterator[Item]:
    """Yield the reviews of our own format."""
    del notes
    return (Item(record, record.id) for record in read_own(source))


def write_own_items(items: Sequence[Item], notes: Notes) -> bytes:
    """Our own format; what a model said of its confidence is lost."""
    for item in items:
        if item.confidences:
            notes.add(say("reviews that lose their confidence"), item.record.id)
        if item.columns:
            notes.add(
                say("reviews that lose product, time or other columns"),
                item.record.id,
            )
    return b"".join(own_line(item.record) for item in items)


def read_mined_items(source: ReaderSource, notes: Notes) -> Iterator[Item]:
    """Yield what a model mined, to be looked at; a damaged line is reported and left out."""
    path = source.files[0]
    for line, _, row in json_rows(path, source.report):
        try:
            review, mined = from_wire(row)
        except ValueError as error:
            source.report(BadRow(str(path), line, "", f"not a mined review: {reason(error)}"))
            continue
        if review.extra:
            notes.add(say("reviews that lose columns of their own"), review.id)
        yield guessed(review, mined, source.dataset)


def guessed(review: Review, mined: Mined, dataset: str) -> Item:
    """What a model mined from a review, to be looked at by people."""
    columns: dict[str, Any] = {
        name: value for name in _KNOWN if (value := getattr(review, name)) is not None
    }
    record = Labelled(
        review.id,
        review.text,
        dataset,
        tuple(Quad(o.aspect, o.expression, o.category, o.polarity) for o in mined.opinions),
        mined.sentiment.label,
        mined.entities,
        ENTITY_TYPES,  # a model looks for all of them: one that it found none of is not there
        labels={name: label.value for name, label in mined.labels.items()},
    )
    sure = tuple(opinion.confidence for opinion in mined.opinions)
    return Item(record, review.id, model=mined.model, confidences=sure, columns=columns)


def read_bio_items(source: ReaderSource, notes: Notes) -> Iterator[Item]:
    """Yield sentences whose entities are tags of characters.

    Raises:
        GuandianError: tags are parts of opinions, which such a file cannot hold.
    """
    del notes
    for record in read_bio(source, any_type=True):
        refuse_roles(source.files[0], record.entity_types)
        yield Item(record, record.id)


def write_bio_items(items: Sequence[Item], notes: Notes) -> bytes:
    """Entities as a character and its tag a line; whatever else there is is noted as lost."""
    lines: list[str] = []
    for item in items:
        record = item.record
        if record.entities is None:
            notes.add(
                say("reviews without annotated entities, left out"),
                record.id,
            )
            continue
        entities = without_overlaps(record.entities)
        lost = {
            say("overlapping entities that tags cannot hold"): len(entities) < len(record.entities),
            say("reviews that lose their opinions"): bool(record.quads),
            say("reviews that lose their sentiment"): record.sentiment is not None,
            say("reviews that lose labels"): bool(record.labels),
            say("reviews whose line breaks become blanks"): _breaks(record.text),
        }
        for what, happened in lost.items():
            if happened:
                notes.add(what, record.id)
        lines += [*bio_lines(record.text, entities), ""]
    return "".join(line + "\n" for line in lines).encode()


def _breaks(text: str) -> bool:
    return any(c.isspace() and c != " " for c in text)


def set_reader(name: str) -> Callable[[ReaderSource, Notes], Iterator[Item]]:
    """The reader of a form, as of a tool; nobody is told to have labelled it."""

    def read(source: ReaderSource, notes: Notes) -> Iterator[Item]:
        del notes
        records: Iterator[Labelled] = FORMATS[name].read(source)
        return (Item(record, record.id) for record in records)

    return read
