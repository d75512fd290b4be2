"""Review-level polarity: CSV, TSV, JSON Lines and the `text$LABEL$0` lines; stars;
and aspect polarity.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from guandian.data.readers.rows import (
    TWO_LEVELS,
    ReaderSource,
    read_level,
    read_lines,
    read_polarity,
    read_table,
    well_formed,
)
from guandian.data.readers.word_offsets import join_words
from guandian.domain import Labelled, Polarity, Quad, Span

_STARS = ("1", "2", "3", "4", "5")


def read_polarity_csv(source: ReaderSource) -> Iterator[Labelled]:
    """Yield the rows of `label,review`, label 0 negative or 1 positive; `cat` is the group."""
    yield from _polarity_table(source, "review", ",")


def read_polarity_tsv(source: ReaderSource) -> Iterator[Labelled]:
    """Yield the rows of `label<TAB>text_a`, label 0 negative or 1 positive; quotes are text."""
    yield from _polarity_table(source, "text_a", "\t")


def read_eprstmt(source: ReaderSource) -> Iterator[Labelled]:
    """Yield the lines `{"sentence": ..., "label": "Positive"}`; no label means none was given."""
    for line, raw in read_lines(source.files[0], source.report):
        if not raw.strip():
            continue
        try:
            row = json.loads(raw)
        except (ValueError, RecursionError) as error:
            source.bad(line, "", f"not JSON: {error}")
            continue
        try:
            text, name = row["sentence"], row.get("label")
            if not isinstance(text, str) or not well_formed(text):
                raise TypeError("sentence is not a text")
            sentiment = None if name is None else read_polarity(str(name))
        except (KeyError, TypeError, AttributeError) as error:
            source.bad(line, "sentence", f"needs a sentence and a label: {error}")
        except ValueError as error:
            source.bad(line, "label", str(error))
        else:
            yield from _record(source, line, text, sentiment)


def read_amazon_polarity(source: ReaderSource) -> Iterator[Labelled]:
    """Yield the lines `text$LABEL$0` (negative) and `text$LABEL$1` (positive)."""
    for line, raw in read_lines(source.files[0], source.report):
        if not raw.strip():
            continue
        text, mark, level = raw.rpartition("$LABEL$")
        if not mark:
            source.bad(line, "", "no $LABEL$ between text and label")
            continue
        try:
            sentiment = read_level(level, TWO_LEVELS)
        except ValueError as error:
            source.bad(line, "label", str(error))
        else:
            yield from _record(source, line, text, sentiment)


def read_amazon_stars(source: ReaderSource) -> Iterator[Labelled]:
    """Yield the rows of `reviewText,overall`: the label `rating` is the number of stars, 1 to 5."""
    for line, row in read_table(source.files[0], ("reviewText", "overall"), source.report):
        stars = row["overall"].strip().removesuffix(".0")
        if stars not in _STARS:
            source.bad(line, "overall", f"needs 1 to 5 stars, got {row['overall']!r}")
            continue
        labels = {"rating": int(stars)}
        record = Labelled(
            source.id(line), row["reviewText"], source.dataset, group=source.group, labels=labels
        )
        yield from source.keep(line, record)


def read_apc(source: ReaderSource) -> Iterator[Labelled]:
    """Yield the texts of groups of three lines: text with `$T$`, the aspect, its polarity.

    The aspect stands at the first `$T$`. Neighbouring groups with the same text are one record.
    The set says nothing of expressions and categories: both are None in every quad.
    """
    lines = read_lines(source.files[0], source.report)
    open_record: tuple[int, str, list[Quad]] | None = None
    for first, second, third in zip_longest(lines, lines, lines):
        if second is None or third is None:
            source.bad(first[0], "", "the file ends inside a group of three lines")
            break
        try:
            text, aspect = _aspect_text(first[1], second[1])
            quad = Quad(aspect, None, None, read_polarity(third[1]))
        except ValueError as error:
            source.bad(first[0], "", str(error))
            continue
        if open_record and open_record[1] == text:
            open_record[2].append(quad)
            continue
        if open_record:
            yield _aspects(source, *open_record)
        open_record = (first[0], text, [quad])
    if open_record:
        yield _aspects(source, *open_record)


def _polarity_table(source: ReaderSource, text: str, delimiter: str) -> Iterator[Labelled]:
    for line, row in read_table(source.files[0], ("label", text), source.report, delimiter):
        try:
            sentiment = read_level(row["label"], TWO_LEVELS)
        except ValueError as error:
            source.bad(line, "label", str(error))
            continue
        yield from _record(source, line, row[text], sentiment, row.get("cat", source.group))


def _record(
    source: ReaderSource, line: int, text: str, sentiment: Polarity | None, group: str | None = None
) -> Iterator[Labelled]:
    group = source.group if group is None else group
    record = Labelled(source.id(line), text, source.dataset, sentiment=sentiment, group=group)
    yield from source.keep(line, record)


def _aspects(source: ReaderSource, line: int, text: str, quads: Sequence[Quad]) -> Labelled:
    return Labelled(source.id(line), text, source.dataset, quads=tuple(quads), group=source.group)


def _aspect_text(marked: str, aspect: str) -> tuple[str, Span]:
    parts = [part.split() for part in marked.split("$T$")]
    inner = aspect.split()
    if len(parts) < 2 or not inner:
        raise ValueError("needs a $T$ in the text and an aspect for it")
    words = list(parts[0])
    for part in parts[1:]:
        words += [*inner, *part]
    joined = join_words(words)
    return joined.text, joined.span(len(parts[0]), len(parts[0]) + len(inner))
