"""The table of label tools and formats, and the doors to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from guandian.data.formats import FORMATS
from guandian.data.readers.rows import OnError, ReaderSource, reporter
from guandian.errors import GuandianError, likely
from guandian.files.formats.source import refuse_missing
from guandian.labelling.annotation import Item, Notes
from guandian.labelling.conll import read_conll_items
from guandian.labelling.csv_table import read_table_items, write_table
from guandian.labelling.detect import SETS, kind_of, set_of
from guandian.labelling.doccano import Units, write_doccano
from guandian.labelling.doccano_reading import read_doccano
from guandian.labelling.label_studio import write_label_studio
from guandian.labelling.label_studio_reading import read_label_studio
from guandian.labelling.plain_lines import (
    read_bio_items,
    read_mined_items,
    read_own_items,
    set_reader,
    write_bio_items,
    write_own_items,
)
from guandian.labelling.unsupported_tools import refuse_ending
from guandian.wording import say

Read = Callable[[ReaderSource, Notes], Iterator[Item]]
Write = Callable[[Sequence[Item], Notes], bytes]


@dataclass(frozen=True, slots=True)
class Tool:
    """A label tool or format: how it is read and written, None where it is not."""

    read: Read
    write: Write | None
    summary: str


TOOLS: dict[str, Tool] = {
    "guandian": Tool(read_own_items, write_own_items, "our own JSON Lines"),
    "label-studio": Tool(read_label_studio, write_label_studio, "JSON of Label Studio"),
    "doccano": Tool(read_doccano, write_doccano, "JSON Lines of doccano"),
    "csv": Tool(read_table_items, write_table, "a table, a row for each opinion"),
    "bio": Tool(read_bio_items, write_bio_items, "a character and its tag a line: entities"),
    "conll": Tool(read_conll_items, None, "a word and its tag a line: entities"),
    "mined": Tool(read_mined_items, None, "JSON Lines of `guandian mine`"),
    **{name: Tool(set_reader(name), None, FORMATS[name].summary) for name in SETS},
}
_CONLL = (".conll", ".conll02", ".conll03", ".iob", ".iob2", ".bmes", ".bioes")
_SUFFIXES = {".csv": "csv", ".tsv": "csv", ".bio": "bio", **dict.fromkeys(_CONLL, "conll")}
_JSON = (".json", ".jsonl", ".json1", ".ndjson")  # .json1 is what old doccanos called JSON Lines


def tool_of(path: Path) -> str:
    """The name of the tool that a file is of, by its suffix and, of JSON, by its rows.

    Raises:
        GuandianError: the file is missing, or neither name nor rows tell.
    """
    _refuse_missing(path)
    suffix = path.suffix.lower()
    refuse_ending(path)
    # What comes out of a pipe is not read twice.
    if suffix in _JSON and path.is_file():
        return kind_of(path)
    if (suffix == ".tsv" or suffix not in _SUFFIXES) and path.is_file() and (name := set_of(path)):
        return name
    if suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    raise GuandianError(
        f"what {path} holds cannot be told from its name", f"say --from {'|'.join(TOOLS)}"
    )


def _refuse_missing(path: Path) -> None:
    """A pipe and a device are read as far as `text.bounded` says."""
    if str(path) == "-":
        raise GuandianError("labels are read from files", "name standard input /dev/stdin")
    refuse_missing(str(path))


def read_items(
    path: Path,
    tool: str,
    notes: Notes,
    *,
    on_error: OnError = "stop",
    text_field: str = "",
    units: Units = "utf-16",
) -> Iterator[Item]:
    """Read the labels of a file, one annotator's of one review at a time.

    Args:
        path: the file.
        tool: a name of `TOOLS`.
        notes: told what is left out.
        on_error: as for `guandian.data.read`.
        text_field: for Label Studio, the field that holds the review.
        units: for doccano, what its offsets count.

    Raises:
        GuandianError: an unknown tool, a missing file, or one named as what is not read.
        BadRow: the first bad row, when `on_error` is "stop".
    """
    chosen = _known(tool)
    _refuse_missing(path)
    refuse_ending(path)
    read: Read = chosen.read
    if tool == "label-studio":
        read = partial(read_label_studio, text_field=text_field)
    elif tool == "doccano":
        read = partial(read_doccano, units=units)
    return read(ReaderSource((path,), path.stem, reporter(on_error)), notes)


def write_items(
    items: Sequence[Item], tool: str, notes: Notes, *, units: Units = "utf-16"
) -> bytes:
    """The bytes of a file of that tool; `notes` is told what it cannot hold.

    Raises:
        GuandianError: an unknown tool, or one that is only read.
    """
    chosen = _known(tool)
    if chosen.write is None:
        written = ", ".join(name for name, entry in TOOLS.items() if entry.write)
        raise GuandianError(f"{tool} is only read", f"--to one of: {written}")
    if tool == "doccano":
        return write_doccano(items, notes, units)
    return chosen.write(items, notes)


def _known(tool: str) -> Tool:
    if tool not in TOOLS:
        raise GuandianError(
            f"no label tool {tool!r}", f"{likely(tool, TOOLS)}known: {', '.join(TOOLS)}"
        )
    return TOOLS[tool]


def one_each(items: Iterable[Item], notes: Notes, annotator: str = "") -> list[Item]:
    """One item for each review: the annotator's who is named, the reviewed one, or the only one.

    Raises:
        GuandianError: several annotated a review and nobody is named, or nobody has that name.
    """
    everyone = _told_apart(items, notes)
    names = Counter(item.annotator for item in everyone)
    if annotator and annotator not in names:
        raise GuandianError(
            f"no annotation by {annotator!r}", f"the annotators are: {_several(names)}"
        )
    by_review: dict[str, dict[str, Item]] = {}
    for item in everyone:
        _latest(by_review.setdefault(item.record.id, {}), item.annotator, item, notes)
    picked: list[Item] = []
    open_places = 0
    for chosen in by_review.values():
        reviewed = [item for item in chosen.values() if item.reviewed]
        named = [chosen[annotator]] if annotator in chosen else []
        candidates = (
            named if annotator else reviewed if len(reviewed) == 1 else list(chosen.values())
        )
        open_places += len(candidates) > 1
        picked += candidates[:1]
        for item in chosen.values():
            if item not in candidates[:1]:
                notes.add(say("annotations by others"), item.record.id)
    if open_places:
        raise GuandianError(
            f"{open_places:,} reviews have several annotators: {_several(names)}",
            "--annotator NAME takes one; `guandian data agree` compares them",
        )
    return picked


def by_annotator(items: Iterable[Item], notes: Notes) -> dict[str, list[Item]]:
    """The items of each annotator, the later one where somebody labelled a review twice."""
    by_name: dict[str, dict[str, Item]] = {}
    for item in _told_apart(items, notes):
        _latest(by_name.setdefault(item.annotator, {}), item.record.id, item, notes)
    return {name: list(reviews.values()) for name, reviews in by_name.items()}


def _latest(items: dict[str, Item], key: str, item: Item, notes: Notes) -> None:
    if key in items:
        twice = say("earlier answers of a model to the same review")
        again = say("earlier annotations by the same annotator")
        notes.add(twice if item.model else again, item.record.id)
    items[key] = item


def _told_apart(items: Iterable[Item], notes: Notes) -> list[Item]:
    """The items under one id a review: a place and a text make it one, whatever its id.

    The first review of an id keeps it, the others are numbered behind it (`7-2`).
    """
    everyone = list(items)
    ids = {item.record.id for item in everyone}
    names: dict[str, dict[tuple[str, str], str]] = {}
    apart: list[Item] = []
    for item in everyone:
        id = item.record.id
        others = names.setdefault(id, {})
        review = (item.location, item.record.text)
        if review not in others:
            name, number = id, len(others) + 1
            while others and name in ids:
                name, number = f"{id}-{number}", number + 1
            if others:
                notes.add(say("reviews with the id of another, numbered apart"), name)
            others[review] = name
            ids.add(name)
        apart.append(replace(item, record=replace(item.record, id=others[review])))
    return apart


def _several(names: Counter[str]) -> str:
    return ", ".join(f"{name or '(unnamed)'} ({count:,})" for name, count in sorted(names.items()))
