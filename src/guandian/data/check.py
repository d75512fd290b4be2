"""Look through a folder of labelled sets: what is there, what is wrong, what stands twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from guandian.data.checksums import altered
from guandian.data.corpora import corpora, stream
from guandian.data.formats import FORMATS, read
from guandian.data.leaks import Leak, find_leaks
from guandian.data.readers.rows import missing
from guandian.domain import Labelled
from guandian.errors import BadRow, GuandianError, likely

_PARTS = ("train", "dev", "test")


@dataclass(slots=True)
class PartCheck:
    """One part of a set: how many records and annotations it holds, and its bad rows.

    `name` is the set's name and the part, such as "laptop/dev".
    """

    name: str
    records: int = 0
    quads: int = 0
    categories: set[str] = field(default_factory=set)
    sentiments: int = 0
    entities: int = 0
    labels: int = 0
    bad: list[BadRow] = field(default_factory=list)

    def count(self, record: Labelled) -> None:
        """Take one record into the counts."""
        quads = record.quads or ()
        self.records += 1
        self.quads += len(quads)
        self.categories.update(q.category for q in quads if q.category is not None)
        self.sentiments += record.sentiment is not None
        self.entities += len(record.entities or ())
        self.labels += len(record.labels)


@dataclass(frozen=True, slots=True)
class Check:
    """The findings of a look through a folder.

    `altered` names the files of known sets that are not the ones behind the reported figures.
    """

    parts: tuple[PartCheck, ...]
    leaks: tuple[Leak, ...]
    altered: tuple[str, ...] = ()


def check(root: Path, format: str | None = None) -> Check:
    """Read the labelled sets under a folder, and find the texts in two places.

    Args:
        root: the data folder with the folders of known sets, the folder that holds it, or one
            of these sets' folders; or a folder with the train and dev files of one set; or one
            such file.
        format: the format of the files in `root` itself, "guandian" where none is given.

    Raises:
        GuandianError: when nothing is found, a set lacks one of its files, or its format is
            unknown.
    """
    if not root.exists():
        raise missing(root)
    parts: list[PartCheck] = []
    places: dict[str, list[Labelled]] = {}
    if root.is_file():
        sources = [_single_file(root, format)]
    else:
        sources = _own_parts(root, format or "guandian")
    if format is None and not root.is_file():
        sources = [*sources, *_known_parts(root)]
    for part, records in sources:
        parts.append(part)
        # Only the text and its name are kept: the annotations of all sets would be too much.
        texts = places.setdefault(part.name, [])
        for record in records:
            part.count(record)
            texts.append(Labelled(record.id, record.text, record.dataset))
    if not parts:
        raise GuandianError(
            f"{root} holds no labelled set",
            "give a folder with train.jsonl, with the folder of a known set "
            "(`guandian data list`), or name the format of its files with --format",
        )
    return Check(tuple(parts), tuple(find_leaks(places)), tuple(altered(root)))


def _single_file(file: Path, format: str | None) -> tuple[PartCheck, Iterator[Labelled]]:
    if format is None and file.suffix not in (".jsonl", ".ndjson"):
        raise GuandianError(
            f"{file} is no file of labelled reviews in JSON Lines",
            f"guandian data convert {file} -o labelled.jsonl, then check that; or name its format "
            "with --format",
        )
    part = PartCheck(file.name)
    return part, read(format or "guandian", file, on_error=part.bad.append)


def _own_parts(root: Path, format: str) -> list[tuple[PartCheck, Iterator[Labelled]]]:
    if format not in FORMATS:
        raise GuandianError(
            f"no format {format!r}",
            f"{likely(format, FORMATS)}the formats are: {', '.join(FORMATS)}",
        )
    parts = []
    for name in _PARTS:
        files = [root / file.format(part=name) for file in FORMATS[format].files]
        if any(file.is_file() for file in files):
            part = PartCheck(f"{root.name or root}/{name}")
            parts.append((part, read(format, root, part=name, on_error=part.bad.append)))
    return parts


def _known_parts(root: Path) -> Iterator[tuple[PartCheck, Iterator[Labelled]]]:
    for name, known_set in corpora().items():
        home = known_set.home(root)
        for part_name in _PARTS:
            groups = known_set.parts.get(part_name, ())
            if any(
                (home / known_set.folder / file).is_file() for group in groups for file in group
            ):
                part = PartCheck(f"{name}/{part_name}")
                yield part, stream(name, root, part_name, on_error=part.bad.append)
