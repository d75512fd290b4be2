"""The manifest of a bundle, `manifest.json`: what it says about itself."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from guandian.errors import BundleError

FORMAT = 2

# A manifest may come from a stranger: its names never lead out of the folder.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a bundle: its SHA-256 (64 hex digits) and its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of `manifest.json`; the dictionaries are plain JSON that their rooms read.

    Attributes:
        name: of the model, such as guandian-small.
        version: of the model, such as 1.0.0.
        tasks: what it answers: opinions, sentiment, entities.
        labels: label names and the taxonomy.
        model: what builds the same network again, for further training.
        calibration: what turns scores into probabilities, by task.
        parity: how the exported form compares with the original; empty until measured.
        files: every other file of the folder by name.
    """

    name: str
    version: str
    tasks: tuple[str, ...] = ()
    labels: Mapping[str, Any] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=dict)
    calibration: Mapping[str, Any] = field(default_factory=dict)
    parity: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, FileEntry] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Name and version, such as guandian-small@1.0.0."""
        return f"{self.name}@{self.version}"

    def to_json(self) -> str:
        """The text of `manifest.json`, with a digest of its own content."""
        content = {"format": FORMAT, **asdict(self)}
        content["sha256"] = _digest(content)
        return json.dumps(content, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str, source: str) -> Manifest:
        """Read the text of `manifest.json`.

        Args:
            text: the JSON.
            source: what errors call it.

        Raises:
            BundleError: when it is no JSON, of another format, was altered, or has unknown or
                missing keys.
        """
        try:
            content = json.loads(text)
        except ValueError as error:
            raise BundleError(f"{source} is not JSON: {error}", _REPLACE) from error
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise BundleError(
                f"{source} is not of bundle format {FORMAT}, the one that this version reads",
                "update with `pip install --upgrade guandian`, or export the bundle again",
            )
        if content.pop("sha256", None) != _digest(content):
            raise BundleError(f"{source} was altered: its digest is another", _REPLACE)
        del content["format"]
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(content) - known):
            raise BundleError(f"{source} has unknown keys {unknown}; known: {sorted(known)}")
        try:
            content["files"] = {
                _plain(name): FileEntry(str(entry["sha256"]), int(entry["size"]))
                for name, entry in content["files"].items()
            }
            content["tasks"] = tuple(content["tasks"])
            return cls(**content)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BundleError(f"{source} is incomplete: {error!r}", _REPLACE) from error


_REPLACE = "copy the bundle again from where it came, or export it again"


def _digest(content: Mapping[str, Any]) -> str:
    plain = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(plain.encode(errors="surrogatepass")).hexdigest()


def _plain(name: str) -> str:
    if not _PLAIN_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a plain file name")
    return name
