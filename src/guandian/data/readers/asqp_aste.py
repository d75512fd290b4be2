"""Formats with a text, `####` and a Python literal on a line: ASQP (characters), ASTE (words)."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from guandian.data.readers.rows import (
    THREE_LEVELS,
    ReaderSource,
    clean_name,
    gather_quads,
    read_level,
    read_lines,
    read_polarity,
    trim,
)
from guandian.data.readers.word_offsets import WordOffsets, join_words
from guandian.domain import Labelled, Quad, Span
from guandian.io.strict_json import json_kind

_MARK = "####"


def read_asqp(source: ReaderSource) -> Iterator[Labelled]:
    """Yield the texts of `text####[[category, 'a,b', 'c,d', polarity], ...]` lines.

    The offsets are half-open characters, `-1,-1` is absent, polarity counts from 0 negative.
    An item `-1` of the list stands for nothing; blanks at a span's ends are cut off.
    """
    for line, text, labels in _marked_lines(source):

        def parse(item: Any, text: str = text) -> Quad:
            if not isinstance(item, list | tuple) or len(item) != 4:
                raise ValueError(f"an opinion needs four parts, got {item!r}")
            category, aspect, expression, level = item
            if not isinstance(category, str) or not clean_name(category):
                raise ValueError(f"no category in {item!r}")
            return Quad(
                _characters(aspect, text),
                _characters(expression, text),
                clean_name(category),
                read_level(str(level), THREE_LEVELS),
            )

        opinions = [item for item in labels if item not in (-1, "-1", [-1])]
        yield from _record(source, line, text, opinions, parse)


def read_aste(source: ReaderSource) -> Iterator[Labelled]:
    """Yield the texts of `words####[(aspect, expression, polarity), ...]` lines.

    A part lists the indexes of its words, or its first and last one, both inclusive; -1 is
    absent. A third field after another `####` is the domain (DMASTE). There are no categories.
    """
    for line, raw, labels in _marked_lines(source):
        words = join_words(raw.split())

        def parse(item: Any, words: WordOffsets = words) -> Quad:
            if not isinstance(item, list | tuple) or len(item) != 3:
                raise ValueError(f"a triplet needs three parts, got {item!r}")
            aspect, expression, polarity = item
            return Quad(
                _indexes(aspect, words),
                _indexes(expression, words),
                None,
                read_polarity(str(polarity)),
            )

        yield from _record(source, line, words.text, labels, parse)


def _record(
    source: ReaderSource, line: int, text: str, labels: Sequence[Any], parse: Callable[[Any], Quad]
) -> Iterator[Labelled]:
    quads = gather_quads(
        labels, parse, lambda item, error: source.bad(line, "labels", f"{item}: {error}")
    )
    if quads is None:
        return
    yield from source.keep(
        line, Labelled(source.id(line), text, source.dataset, quads=quads, group=source.group)
    )


def _marked_lines(source: ReaderSource) -> Iterator[tuple[int, str, list[Any]]]:
    """Yield `(line number, text, list of labels)`; other lines are reported."""
    for line, raw in read_lines(source.files[0], source.report):
        if not raw.strip():
            continue
        text, *rest = raw.split(_MARK)
        if len(rest) not in (1, 2):
            source.bad(line, "", f"needs one {_MARK} between text and labels, has {len(rest)}")
            continue
        try:
            yield line, text, _literal_list(rest[0])
        except ValueError as error:
            source.bad(line, "labels", str(error))


def _literal_list(text: str) -> list[Any]:
    """The list that a Python literal spells; nothing is evaluated."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(f"not a list of labels: {error}") from None
    if not isinstance(value, list):
        raise ValueError(f"not a list of labels but {json_kind(value)}")
    return value


def _characters(offsets: Any, text: str) -> Span | None:
    try:
        start, end = (int(offset) for offset in str(offsets).split(","))
    except ValueError:
        raise ValueError(f"offsets need the form 'start,end', got {offsets!r}") from None
    return None if (start, end) == (-1, -1) else trim(Span(start, end), text)


def _indexes(indexes: Any, words: WordOffsets) -> Span | None:
    if not isinstance(indexes, list | tuple) or not all(isinstance(i, int) for i in indexes):
        raise ValueError(f"word indexes need a list of numbers, got {indexes!r}")
    if not indexes:
        raise ValueError("an empty list of word indexes")
    if set(indexes) == {-1}:
        return None
    return words.span(indexes[0], indexes[-1] + 1)
