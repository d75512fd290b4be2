"""Plain lines: our own JSON Lines, mined reviews, BIO by character and CoNLL by word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from guandian.data.bio import read_bio
from guandian.data.own import own_line, read_own
from guandian.data.reading import Source, read_lines
from guandian.data.words import join_words
from guandian.domain import Entity, Labelled, Mined, Quad, Review
from guandian.errors import BadRow
from guandian.evaluation.entities import apart, bio_lines
from guandian.files.wire import from_wire
from guandian.labelling.items import Item, Notes
from guandian.tasks.heads import ENTITY_TYPES
from guandian.text.objects import read_json

_KNOWN = ("product", "brand", "rating", "time", "user", "source")


def read_own_items(source: Source, notes: Notes) -> Iterator[Item]:
    """Yield the reviews of our own format."""
    del notes
    return (Item(record, record.id) for record in read_own(source))


def write_own_items(items: Sequence[Item], notes: Notes) -> bytes:
    """Our own format; what a model said of its confidence is lost."""
    for item in items:
        if item.confidences:
            notes.add("丢失可信度 reviews that lose their confidence", item.record.id)
        if item.columns:
            notes.add("丢失其他列 reviews that lose product, time or other columns", item.record.id)
    return b"".join(own_line(item.record) for item in items)


def read_mined_items(source: Source, notes: Notes) -> Iterator[Item]:
    """Yield what a model mined, to be looked at; a damaged line is reported and left out."""
    path = source.files[0]
    for line, raw in read_lines(path, source.report):
        if not raw.strip():
            continue
        try:
            review, mined = from_wire(read_json(raw))
        except (ValueError, RecursionError) as error:
            source.report(BadRow(str(path), line, "", f"not a mined review: {error}"))
            continue
        if review.extra:
            notes.add("丢失其他列 reviews that lose columns of their own", review.id)
        yield _guessed(review, mined, source.dataset)


def _guessed(review: Review, mined: Mined, dataset: str) -> Item:
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


def read_bio_items(source: Source, notes: Notes) -> Iterator[Item]:
    """Yield sentences whose entities are tags of characters."""
    del notes
    return (Item(record, record.id) for record in read_bio(source))


def write_bio_items(items: Sequence[Item], notes: Notes) -> bytes:
    """Entities as a character and its tag a line; whatever else there is is noted as lost."""
    lines: list[str] = []
    for item in items:
        record = item.record
        if record.entities is None:
            notes.add("没有标注实体 reviews without annotated entities, left out", record.id)
            continue
        kept = apart(record.entities)
        lost = {
            "实体重叠 overlapping entities that tags cannot hold": len(kept) < len(record.entities),
            "观点 reviews that lose their opinions": bool(record.quads),
            "情感 reviews that lose their sentiment": record.sentiment is not None,
            "标注项 reviews that lose labels": bool(record.labels),
            "换行变空格 reviews whose line breaks become blanks": _breaks(record.text),
        }
        for what, happened in lost.items():
            if happened:
                notes.add(what, record.id)
        lines += [*bio_lines(record.text, kept), ""]
    return "".join(line + "\n" for line in lines).encode()


def _breaks(text: str) -> bool:
    return any(c.isspace() and c != " " for c in text)


def read_conll_items(source: Source, notes: Notes) -> Iterator[Item]:
    """Yield sentences of words: a word first and its BIO or BIEOS tag last on each line.

    Words are joined with blanks, or as Chinese is written where there is a Han character.
    Comments (`#` and a blank) and `-DOCSTART-` are left out. A tag that continues nothing begins.
    """
    rows: list[tuple[int, list[str]]] = []
    for line, raw in read_lines(source.files[0], source.report):
        parts = raw.split()
        if parts and parts[0] != "-DOCSTART-" and not raw.startswith("# "):
            rows.append((line, parts))
            continue
        if rows:
            yield from _sentence(rows, source)
        rows = []
    if rows:
        yield from _sentence(rows, source)
    del notes


def _sentence(rows: list[tuple[int, list[str]]], source: Source) -> Iterator[Item]:
    for line, parts in rows:
        prefix, _, type = parts[-1].partition("-")
        if len(parts) < 2 or (parts[-1] != "O" and (prefix not in {*"BIMES"} or not type)):
            source.bad(line, "tag", f"needs a word and a tag such as O or B-brand, got {parts}")
            return
    words = join_words([parts[0] for _, parts in rows])
    found: list[tuple[int, int, str]] = []
    for index, (_, parts) in enumerate(rows):
        prefix, _, type = parts[-1].partition("-")
        if not type:
            continue
        goes_on = found and found[-1][1] == index and found[-1][2] == type
        if prefix in "IME" and goes_on:
            found[-1] = (found[-1][0], index + 1, type)
        else:
            found.append((index, index + 1, type))
    entities = tuple(Entity(words.span(first, end), type, 1.0) for first, end, type in found)
    types = tuple(sorted({entity.type for entity in entities}))
    id = source.id(rows[0][0])
    record = Labelled(id, words.text, source.dataset, entities=entities, entity_types=types)
    yield Item(record, id)
