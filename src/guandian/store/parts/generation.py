"""The manifest of a tenant's opinions: which parts make up its store, in one file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from guandian.errors import GuandianError, reason
from guandian.io.atomic import replace_file
from guandian.store.parts.part_files import SEGMENT_KINDS, Kind

MANIFEST = "MANIFEST.json"
FORMAT = 1
_COPY = "put back a copy of the store's folder, or load it anew"


class DamagedStore(GuandianError):
    """Files of a store that are missing or cannot be read."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Reviews that were loaded together, in one part of each kind.

    Attributes:
        parts: names of files by kind.
        reviews, opinions: that readers see.
    """

    parts: dict[Kind, str]
    reviews: int
    opinions: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Roll-ups over several segments.

    Attributes:
        parts: names of files by kind.
        covers: the parts of reviews of these segments.
        reviews: that readers see in them.
    """

    parts: dict[Kind, str]
    covers: tuple[str, ...]
    reviews: int


@dataclass(frozen=True, slots=True)
class Generation:
    """One state of a tenant's opinions.

    Attributes:
        number: grows with every change.
        segments: all reviews and opinions.
        totals: which together cover each segment once.
        rows: that were ever given out; the next row gets this number.
        numbers: places in the order of loading that were ever given out.
    """

    number: int = 0
    segments: tuple[Segment, ...] = ()
    totals: tuple[Totals, ...] = ()
    rows: int = 0
    numbers: int = 0
    format: int = field(default=FORMAT)

    def parts(self, kind: Kind) -> list[str]:
        """The files of one kind."""
        holders: Sequence[Segment | Totals] = (
            self.segments if kind in SEGMENT_KINDS else self.totals
        )
        return [holder.parts[kind] for holder in holders]

    def files(self) -> set[str]:
        """All files."""
        holders: tuple[Segment | Totals, ...] = (*self.segments, *self.totals)
        return {name for holder in holders for name in holder.parts.values()}

    def following(self, **changes: Any) -> Generation:
        """The next generation, with these fields changed."""
        return replace(self, number=self.number + 1, **changes)

    def write(self, folder: Path) -> None:
        """Make it what readers see from now on.

        Raises:
            OSError: as the system gives it; the generation before it stays.
        """
        content = json.dumps(asdict(self), ensure_ascii=False, indent=1)
        replace_file(folder / MANIFEST, content.encode())


def read_generation(folder: Path) -> Generation:
    """The present generation; the empty one where the folder has none.

    Raises:
        GuandianError: it is of a newer format.
        DamagedStore: it cannot be read, or is missing where there are parts.
    """
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        orphans = sum(1 for _ in folder.glob("*.parquet"))
        if not orphans:
            return Generation()
        if path.exists():  # the first load began in between
            return read_generation(folder)
        raise DamagedStore(
            f"{path} is missing, and {orphans:,} parts of the store lie beside it",
            "put it back from a copy of the store's folder, or move these parts away and load anew",
        ) from None
    except (OSError, ValueError) as error:
        raise unread_file(path, error) from error
    try:
        refuse_newer(path, content["format"], FORMAT)
        segments = tuple(Segment(**segment) for segment in content["segments"])
        totals = tuple(
            Totals(parts["parts"], tuple(parts["covers"]), parts["reviews"])
            for parts in content["totals"]
        )
        counts = content["rows"], content["numbers"]
        return Generation(content["number"], segments, totals, *counts)
    except (KeyError, TypeError) as error:
        raise DamagedStore(
            f"cannot read {path}: its content is not that of a manifest: {error!r}", _COPY
        ) from error


def refuse_newer(path: Path, number: object, known: int) -> None:
    """Check the number of a format.

    Raises:
        GuandianError: a later version wrote it.
    """
    if not isinstance(number, int) or number > known:
        raise GuandianError(
            f"{path} is of format {number!r}; this guandian reads formats up to {known}",
            "use the guandian that wrote it, or a later one: pip install --upgrade guandian",
        )


def missing_parts(folder: Path, generation: Generation) -> tuple[str, ...]:
    """The parts that a generation names and that are not there."""
    return tuple(sorted(n for n in generation.files() if not (folder / n).is_file()))


def refuse_unread(folder: Path, names: Iterable[str]) -> None:
    """Refuse parts that this user may not read; those that are gone pass.

    Raises:
        DamagedStore: names the first of them.
    """
    for name in names:
        try:
            (folder / name).open("rb").close()
        except PermissionError as error:
            raise unread_file(folder / name, error) from error
        except OSError:  # whoever reads it sees
            continue


def unread_file(path: Path, error: Exception) -> DamagedStore:
    """What is told of a file of a store that cannot be read; one of another user's is sound."""
    repair = "let this user read there" if isinstance(error, PermissionError) else _COPY
    return DamagedStore(f"cannot read {path}: {reason(error)}", repair)
