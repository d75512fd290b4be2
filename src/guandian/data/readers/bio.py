"""Entities as one character and its tag a line, a blank line between sentences: BIO and BIEOS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from guandian.data.readers.rows import ReaderSource, read_lines, reporter
from guandian.domain import Entity, Labelled, Span

# A tag's type and what we call it; None is a type that is left out.
_TYPES: dict[str, str | None] = {
    "HP": "brand",
    "HC": "product",
    "HPPX": "brand",
    "HCCX": "product",
    "XH": "model",
    "MISC": None,
    "brand": "brand",
    "product": "product",
    "model": "model",
}
_Row = tuple[int, str, str]


def read_bio(source: ReaderSource, *, any_type: bool = False) -> Iterator[Labelled]:
    """Yield the sentences; the text is their characters joined, blanks among them kept.

    A tag is O, or B, I, M, E, S with a type behind a hyphen. A sentence with an unknown type, a
    line without a tag or a tag that continues nothing is reported and left out as a whole.
    `entity_types` are the source's, or all that the file shows.

    Args:
        source: the file.
        any_type: whether a type that no set is known to have stands for itself.
    """
    types = source.entity_types or _shown_types(source, any_type)
    for rows in _sentences(source):
        line = rows[0][0]
        try:
            entities = tuple(_entities(rows, any_type))
        except _WrongTag as error:
            source.bad(error.line, "tag", str(error))
            continue
        record = Labelled(
            source.id(line),
            "".join(characters for _, characters, _ in rows),
            source.dataset,
            entities=entities,
            entity_types=types,
            group=source.group,
        )
        yield from source.keep(line, record)


class _WrongTag(ValueError):
    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def _sentences(source: ReaderSource) -> Iterator[list[_Row]]:
    """The rows of each sentence; a line that cannot be read was told, and spoils its sentence."""
    rows: list[_Row] = []
    last, whole = 0, True
    for line, raw in read_lines(source.files[0], source.report):
        whole = whole and line == last + 1
        last = line
        if not raw.strip(" \t"):
            if rows and whole:
                yield rows
            rows, whole = [], True
            continue
        # The character may itself be a blank: only the last separator counts.
        separator = max(raw.rfind(" "), raw.rfind("\t"))
        rows.append((line, raw[: max(separator, 0)], raw[separator + 1 :]))
    if rows and whole:
        yield rows


def _entities(rows: Sequence[_Row], any_type: bool) -> Iterator[Entity]:
    start, end, kind = 0, 0, ""
    position = 0
    for line, characters, tag in rows:
        if not characters:
            raise _WrongTag(line, f"needs a character and a tag, got {tag!r}")
        if len(columns := characters.split()) > 1:
            raise _WrongTag(
                line,
                f"needs a character and a tag, got the columns {[*columns, tag]}: more of them are"
                " read as CoNLL",
            )
        prefix, _, name = tag.partition("-")
        annotated = name in _TYPES or (any_type and bool(name))
        if tag != "O" and (prefix not in "BIMES" or len(prefix) != 1 or not annotated):
            raise _WrongTag(line, f"unknown tag {tag!r}; known types: {', '.join(_TYPES)}")
        continues = prefix in "IME"
        if continues and kind != name:
            raise _WrongTag(line, f"{tag} continues nothing")
        if kind and not continues:
            yield from _entity(start, end, kind)
            kind = ""
        if prefix in "BS":
            start, kind = position, name
        position += len(characters)
        end = position
        if kind and prefix in "ES":
            yield from _entity(start, end, kind)
            kind = ""
    if kind:
        yield from _entity(start, end, kind)


def _entity(start: int, end: int, kind: str) -> Iterator[Entity]:
    type = _TYPES.get(kind, kind)
    if type is not None:
        yield Entity(Span(start, end), type, 1.0)


def _shown_types(source: ReaderSource, any_type: bool) -> tuple[str, ...]:
    """The entity types whose tags stand anywhere in the file, sorted."""
    types = set()
    for _, raw in read_lines(source.files[0], reporter("skip")):
        name = raw.split()[-1].partition("-")[2] if raw.strip() else ""
        type = _TYPES.get(name, name if any_type else None)
        if type:
            types.add(type)
    return tuple(sorted(types))
