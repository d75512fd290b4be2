"""Quadruples over words: ACOS (tab-separated lines) and MEMD-ABSA (a JSON list)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from guandian.data.readers.rows import (
    THREE_LEVELS,
    ReaderSource,
    clean_name,
    gather_quads,
    missing,
    read_level,
    read_lines,
    read_polarity,
    well_formed,
)
from guandian.data.readers.word_offsets import WordOffsets, join_words
from guandian.domain import Labelled, Quad, Span
from guandian.io.bounded import read_whole


def read_acos(source: ReaderSource) -> Iterator[Labelled]:
    """Yield the sentences of `words<TAB>a,b CATEGORY polarity c,d<TAB>...` lines.

    The offsets are half-open words, `-1,-1` is absent, polarity counts from 0 negative.
    """
    for line, raw in read_lines(source.files[0], source.report):
        if not raw.strip():
            continue
        text, *items = raw.rstrip("\t").split("\t")
        if not items:
            source.bad(line, "labels", "no tab and label behind the sentence")
            continue
        words = join_words(text.split())

        def tell(item: str, error: ValueError, line: int = line) -> None:
            source.bad(line, "labels", f"{item}: {error}")

        def parse(item: str, words: WordOffsets = words) -> Quad:
            fields = item.split()
            if len(fields) != 4:
                raise ValueError("needs aspect, category, polarity and opinion")
            aspect, category, level, expression = fields
            polarity = read_level(level, THREE_LEVELS)
            return Quad(
                _pair(aspect, words), _pair(expression, words), clean_name(category), polarity
            )

        yield from _record(source, line, words, gather_quads(items, parse, tell))


def read_memd(source: ReaderSource) -> Iterator[Labelled]:
    """Yield the texts of a JSON list of `{"raw_words": ..., "quadruples": [...]}`.

    The places `from` and `to` are half-open words, counted without repeated blanks; -1 is absent.
    A JSON list has no lines: a bad row's line is its place in the list, from 1.
    """
    path = source.files[0]
    try:
        rows = json.loads(read_whole(path).decode("utf-8-sig"))
    except FileNotFoundError:
        raise missing(path) from None
    except (ValueError, RecursionError) as error:
        source.bad(getattr(error, "lineno", 1), "", f"not JSON: {error}")
        return
    if not isinstance(rows, list):
        source.bad(1, "", "not a JSON list of texts")
        return
    for number, row in enumerate(rows, start=1):
        try:
            text, items = row["raw_words"], row["quadruples"]
            if not isinstance(text, str) or not isinstance(items, list) or not well_formed(text):
                raise TypeError("raw_words is not a text or quadruples not a list")
        except (KeyError, TypeError) as error:
            source.bad(number, "", f"needs raw_words and quadruples: {error}")
            continue
        yield from _memd_record(source, number, join_words(text.split()), items)


def _memd_record(
    source: ReaderSource, number: int, words: WordOffsets, items: list[Any]
) -> Iterator[Labelled]:
    def parse(item: Any) -> Quad:
        try:
            aspect, expression = (
                _places(item[part]["from"], item[part]["to"], words)
                for part in ("aspect", "opinion")
            )
            return Quad(
                aspect, expression, clean_name(item["category"]), read_polarity(item["sentiment"])
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"needs aspect, category, opinion and sentiment; found {json.dumps(item)[:100]}"
            ) from error

    def tell(item: Any, error: ValueError) -> None:
        source.bad(number, "quadruples", f"{item}: {error}")

    yield from _record(source, number, words, gather_quads(items, parse, tell))


def _record(
    source: ReaderSource, line: int, words: WordOffsets, quads: tuple[Quad, ...] | None
) -> Iterator[Labelled]:
    if quads is not None:
        yield from source.keep(
            line,
            Labelled(source.id(line), words.text, source.dataset, quads=quads, group=source.group),
        )


def _pair(offsets: str, words: WordOffsets) -> Span | None:
    try:
        start, end = (int(offset) for offset in offsets.split(","))
    except ValueError:
        raise ValueError(f"offsets need the form 'start,end', got {offsets!r}") from None
    return _places(start, end, words)


def _places(start: int, end: int, words: WordOffsets) -> Span | None:
    return None if (start, end) == (-1, -1) else words.span(start, end)
