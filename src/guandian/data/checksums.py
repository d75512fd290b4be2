"""The files behind the reported figures, by SHA-256: other cuts of a set give other figures."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

from guandian.data.corpora import corpora
from guandian.data.readers.guandian_jsonl import own_line
from guandian.domain import Labelled


@cache
def known_sums() -> dict[str, str]:
    """The SHA-256 of each file, by its path under the root of all sets."""
    text = files("guandian.data").joinpath("checksums.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def sums(root: Path) -> dict[str, str]:
    """The SHA-256 of the files of known sets by path; `root` as `Corpus.home` takes it."""
    digests: dict[str, str] = {}
    for known_set in corpora().values():
        home = known_set.home(root)
        for groups in known_set.parts.values():
            for name in (f"{known_set.folder}/{file}" for group in groups for file in group):
                if name not in digests and (home / name).is_file():
                    with (home / name).open("rb") as file:
                        digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def digest(records: Iterable[Labelled]) -> str:
    """The SHA-256 of labelled texts in their order, whatever file and format they came from."""
    whole = hashlib.sha256()
    for record in records:
        whole.update(own_line(record))
    return whole.hexdigest()


def altered(root: Path) -> list[str]:
    """The files under `root` that are not the ones behind the reported figures, sorted."""
    return sorted(name for name, sum in sums(root).items() if known_sums().get(name) != sum)
