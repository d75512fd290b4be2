"""A bundle's folder: opened and checked, written whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from guandian.assets import assets
from guandian.bundle.manifest import FileEntry, Manifest
from guandian.errors import BundleError, GuandianError, likely
from guandian.io.atomic import replacing_folder

MANIFEST = "manifest.json"
NETWORK = "model.onnx"
WEIGHTS = "weights.safetensors"
TOKENIZER = "tokenizer.json"
IN_RUN = "bundle"
"""The bundle's folder in a run's."""
REFUSED = f"{IN_RUN}.unchecked"
"""Likewise, of one that the export gate kept back."""

_REPAIR = "copy the bundle again from where it came, or export it again"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A folder with a model, all of whose files are what its manifest says.

    Attributes:
        path: the folder.
        manifest: what it says about itself.
    """

    path: Path
    manifest: Manifest

    @classmethod
    def open(cls, path: str | Path) -> Bundle:
        """Open a bundle and check every file's size and SHA-256 (tens of milliseconds).

        Raises:
            BundleError: when the folder, its manifest or a file is missing, a file was altered,
                or the format is unknown.
        """
        path = Path(path)
        try:
            text = (path / MANIFEST).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BundleError(
                f"no bundle at {path}: "
                + (f"{MANIFEST} {_why(error)}" if path.exists() else "there is no such folder"),
                f"{likely(path.name, shipped_names())}name a folder that `guandian train` or an "
                "export wrote, or a bundle that ships: "
                f"{', '.join(shipped_names())}",
            ) from error
        manifest = Manifest.from_json(text, str(path / MANIFEST))
        bundle = cls(path, manifest)
        for name, entry in manifest.files.items():
            _check(bundle.path / name, entry)
        return bundle

    def file(self, name: str) -> Path:
        """The path of one of its files.

        Raises:
            BundleError: when the manifest does not list it.
        """
        if name not in self.manifest.files:
            raise BundleError(
                f"the bundle {self.path} has no {name}; it has {sorted(self.manifest.files)}",
                _REPAIR,
            )
        return self.path / name

    @property
    def members(self) -> tuple[Bundle, ...]:
        """The bundle alone; an `Ensemble` has several."""
        return (self,)

    @property
    def network(self) -> Path:
        """The ONNX graph; its weights lie in `weights`."""
        return self.file(NETWORK)

    @property
    def weights(self) -> Path:
        """The safetensors file, one set of weights for mining and for training."""
        return self.file(WEIGHTS)

    @property
    def tokenizer(self) -> Path:
        """The `tokenizers` file."""
        return self.file(TOKENIZER)


def shipped() -> Path:
    """The folder of the default bundle that ships inside the package."""
    return assets() / "bundles" / "guandian-small"


def shipped_names() -> list[str]:
    """Names of all bundles that ship inside the package, the default one first."""
    names = sorted(
        manifest.parent.name for manifest in (assets() / "bundles").glob(f"*/{MANIFEST}")
    )
    return sorted(names, key=lambda name: name != shipped().name)


def write_bundle(
    path: str | Path,
    manifest: Manifest,
    files: Mapping[str, Path | bytes],
    *,
    overwrite: bool = False,
) -> Bundle:
    """Write a bundle beside `path`, sync it, and rename it to `path`.

    Args:
        path: the folder that is to appear.
        manifest: its `files` are filled in here.
        files: content, or a file to copy, by plain name.
        overwrite: replace a bundle that is there.

    Raises:
        BundleError: when something stands at `path` that must not be replaced.
        OSError: when the disk refuses; nothing is left at `path` then.
    """
    path = Path(path)
    if path.exists() and not (overwrite and (path / MANIFEST).is_file()):
        raise BundleError(
            f"{path} is not a bundle and is not replaced"
            if overwrite
            else f"{path} already exists",
            "choose another folder, or say overwrite",
        )
    if path.name in ("", ".."):
        path = path.resolve()  # nothing stands beside a name that is none
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing_folder(path) as fresh:
        entries = {name: _write(fresh / name, content) for name, content in files.items()}
        manifest = replace(manifest, files=entries)
        _write(fresh / MANIFEST, manifest.to_json().encode())
    return Bundle(path, manifest)


def amend_bundle(
    bundle: Bundle, *, files: Mapping[str, Path | bytes] | None = None, **changes: Any
) -> Bundle:
    """The same bundle with other manifest fields (calibration, parity, ...) or more files.

    Raises:
        GuandianError: when a name is no field of the manifest.
    """
    try:
        manifest = replace(bundle.manifest, **changes)
    except TypeError as error:
        raise GuandianError(f"cannot amend {bundle.path}: {error}") from error
    content: dict[str, Path | bytes] = {name: bundle.path / name for name in manifest.files}
    return write_bundle(bundle.path, manifest, {**content, **(files or {})}, overwrite=True)


def _write(path: Path, content: Path | bytes) -> FileEntry:
    if isinstance(content, Path):
        content = content.read_bytes()
    with path.open("xb") as file:
        file.write(content)
    return FileEntry(hashlib.sha256(content).hexdigest(), len(content))


def _why(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, FileNotFoundError):
        return "is missing"
    reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
    return f"cannot be read: {reason}"


def _check(path: Path, entry: FileEntry) -> None:
    try:
        size = path.stat().st_size
        if size == entry.size:
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() == entry.sha256:
                    return
    except OSError as error:
        raise BundleError(f"the bundle's file {path} {_why(error)}", _REPAIR) from error
    raise BundleError(
        f"the bundle's file {path} was altered: it has {size} bytes or another checksum than "
        f"the {entry.size} bytes that the manifest promises",
        _REPAIR,
    )
