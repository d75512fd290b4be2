"""The sets that recipes name: public ones from a table, a user's own by the path of its file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from guandian.data.formats import FORMATS
from guandian.data.readers.rows import OnError, ReaderSource, reporter
from guandian.data.splits import split
from guandian.domain import Labelled, Language
from guandian.errors import GuandianError, likely


@dataclass(frozen=True, slots=True)
class Corpus:
    """A set that recipes name.

    Attributes:
        name: as recipes write it.
        folder: its folder under the root that the user gives.
        format: a name of `FORMATS`.
        language: of its texts.
        domain: what its texts are about.
        source: where it comes from.
        parts: for each part, the groups of files that the format reads together.
        licence: what its publishers state.
        restricted: whether that limits use, to research for example.
        quads: whether opinions are annotated.
        categories: the table of the mapping that their categories follow, empty without any.
        expressions: whether they have expressions; without, an absent one says nothing.
        implicit: which parts of an opinion may be absent: "aspect", "expression", "both".
        sentiment: whether the sentiment of the whole text is annotated.
        entity_types: the entity types that are annotated.
        labels: the labels of the whole text that are annotated, such as `rating`.
        custom: of annotation: sets of one custom mark the same and leave the same unmarked. Empty
            where none is named, as for a user's own files: by whichever a model answers by.
        dev_share: the share of the texts that makes the part dev, where the set has one file alone.
    """

    name: str
    folder: str
    format: str
    language: Language
    domain: str
    source: str
    parts: dict[str, tuple[tuple[str, ...], ...]]
    licence: str = "none stated"
    restricted: bool = False
    quads: bool = False
    categories: str = ""
    expressions: bool = False
    implicit: tuple[str, ...] = ()
    sentiment: bool = False
    entity_types: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    custom: str = ""
    dev_share: float = 0.0

    def home(self, root: Path) -> Path:
        """The folder that the set's counts from, whichever folder a user names as the root.

        Args:
            root: the data folder, the folder that holds it, or the set's own folder. A user's own
                file counts from `root` as it is.
        """
        if self.name.endswith(OWN):
            return root
        return root.parent if root.name == self.folder else data_folder(root)

    def paths(self, root: Path, group: tuple[str, ...]) -> tuple[Path, ...]:
        """The files of one of the groups of `parts`; `root` as for `home`."""
        return tuple(self.home(root) / self.folder / file for file in group)


GUANDIAN = "guandian"
"""The custom of the project's own sets: every judgement that a careful reader sees."""
_CUT, _CUT_SEED = ("train", "dev"), 1
OWN = ".jsonl"
"""The end of the path of a user's own file in guandian's format."""


def data_folder(root: Path) -> Path:
    """The folder of the public sets' folders: the `data` in `root`, or else `root` itself."""
    inner = root / "data"
    return inner if inner.is_dir() else root


@cache
def corpora() -> dict[str, Corpus]:
    """All sets by name, in the order of the table."""
    text = files("guandian.data").joinpath("corpora.toml").read_text(encoding="utf-8")
    return {name: _corpus(name, row) for name, row in tomllib.loads(text).items()}


def corpus(name: str) -> Corpus:
    """The set of that name, or a user's own file: a path that ends in `OWN`.

    Raises:
        GuandianError: for an unknown name; it lists the known ones.
    """
    known_set = corpora().get(name)
    if known_set is None and name.endswith(OWN):
        return _own(name)
    if known_set is None:
        raise GuandianError(
            f"no data set {name!r}",
            f"{likely(name, corpora())}name a file of your own that ends in {OWN}, or one of: "
            f"{', '.join(corpora())}",
        )
    return known_set


def stream(
    name: str, root: Path, part: str = "train", *, on_error: OnError = "stop"
) -> Iterator[Labelled]:
    """Yield the records of one part of a set; `root` is any folder that `Corpus.home` takes.

    The path of a user's own file counts from `root`, or is absolute.

    Raises:
        GuandianError: for an unknown set or part, or a missing file.
        BadRow: for the first bad row, when `on_error` is "stop".
    """
    known_set = corpus(name)
    groups = known_set.parts.get(part)
    if groups is None:
        raise GuandianError(
            f"{name} has no part {part!r}",
            f"{likely(part, known_set.parts)}the parts are: {', '.join(known_set.parts)}",
        )
    rows = _rows(known_set, groups, root, on_error)
    if known_set.dev_share and part in _CUT:
        shares = {"dev": known_set.dev_share, "train": 1 - known_set.dev_share}
        rows = iter(split(rows, shares, seed=_CUT_SEED)[part])
    for row in rows:
        yield replace(row, custom=known_set.custom) if known_set.custom else row


def customs() -> tuple[str, ...]:
    """The customs of annotation of all sets, each once."""
    return tuple(
        dict.fromkeys(known_set.custom for known_set in corpora().values() if known_set.custom)
    )


def _rows(
    known_set: Corpus, groups: tuple[tuple[str, ...], ...], root: Path, on_error: OnError
) -> Iterator[Labelled]:
    for group in groups:
        paths = known_set.paths(root, group)
        inner = str(Path(group[0]).parent)
        source = ReaderSource(
            paths,
            known_set.name,
            reporter(on_error),
            "" if inner == "." else inner,
            known_set.entity_types,
        )
        yield from FORMATS[known_set.format].read(source)


def load(
    name: str, root: Path, part: str = "train", *, on_error: OnError = "skip"
) -> list[Labelled]:
    """The records of one part of a set; bad rows are left out unless `on_error` says otherwise.

    Raises:
        GuandianError: for an unknown set or part, or a missing file.
        BadRow: for the first bad row, when `on_error` is "stop".
    """
    return list(stream(name, root, part, on_error=on_error))


def corpus_files(name: str, root: Path) -> list[Path]:
    """The files of every part of a set, there or not; arguments and errors as `stream`."""
    known_set = corpus(name)
    groups = dict.fromkeys(group for part in known_set.parts.values() for group in part)
    return [path for group in groups for path in known_set.paths(root, group)]


def _own(name: str) -> Corpus:
    """One file that is whatever part it is asked for."""
    path = Path(name)
    return Corpus(
        name=name,
        folder=str(path.parent),
        format="guandian",
        language=Language.OTHER,
        domain="the user's own",
        source="the user's own labels",
        parts=dict.fromkeys(("train", "dev"), ((path.name,),)),
        licence="the user's own",
        quads=True,
        expressions=True,
        sentiment=True,
    )


def _corpus(name: str, row: dict[str, Any]) -> Corpus:
    parts = {
        part: tuple((group,) if isinstance(group, str) else tuple(group) for group in groups)
        for part, groups in row.pop("parts").items()
    }
    row["language"] = Language(row["language"])
    for key in ("implicit", "entity_types", "labels"):
        row[key] = tuple(row.get(key, ()))
    return Corpus(name=name, parts=parts, **row)
