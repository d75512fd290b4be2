"""Several bundles that answer as one: a folder with `ensemble.json`, which names them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guandian.bundle.bundle import (
    IN_RUN,
    MANIFEST,
    REFUSED,
    TOKENIZER,
    Bundle,
    shipped,
    shipped_names,
)
from guandian.bundle.manifest import Manifest
from guandian.bundle.run_names import BEST_RECIPE, CHECKPOINT, RECIPE, STATE, STORAGE
from guandian.errors import BundleError, reason
from guandian.io.atomic import replace_file

ENSEMBLE = "ensemble.json"
IN_RUNS = "ensemble"
"""The ensemble's folder beside the runs that it was made of."""
_OF_ENCODER = "config.json"
_AGAIN = "make it again: `guandian ensemble BUNDLE BUNDLE ... -o FOLDER --overwrite`"


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Bundles of one tokenizer and the same label spaces, whose arrays are averaged.

    `ensemble.json` is a manifest whose `model` lists the members: the path of each, from the
    ensemble's folder, and the digest of its manifest.

    Attributes:
        path: the folder.
        manifest: name, labels and calibration of the whole.
        members: at least two.
    """

    path: Path
    manifest: Manifest
    members: tuple[Bundle, ...]

    @classmethod
    def open(cls, path: Path) -> Ensemble:
        """Open an ensemble and check every file of every member.

        Raises:
            BundleError: when `ensemble.json` or a member is missing or was altered.
        """
        file = path / ENSEMBLE
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BundleError(f"{file} cannot be read: {reason(error)}", _AGAIN) from error
        manifest = Manifest.from_json(text, str(file))
        try:
            rows = [(str(row["path"]), row["sha256"]) for row in manifest.model["members"]]
        except (KeyError, TypeError) as error:
            raise BundleError(f"{file} lists no members: {error!r}", _AGAIN) from error
        members = tuple(Bundle.open(path / where) for where, _ in rows)
        refuse_unlike(members)
        for member, (_, digest) in zip(members, rows, strict=True):
            if manifest_digest(member) != digest:
                raise BundleError(
                    f"{member.path} is another bundle than the one that {file} was made of",
                    _AGAIN,
                )
        return cls(path, manifest, members)

    @property
    def tokenizer(self) -> Path:
        """The `tokenizers` file, the same in all members."""
        return self.members[0].tokenizer


def model_folder(named: str | Path) -> Path:
    """The folder of a model that a person named.

    Args:
        named: the folder of a bundle, of an ensemble, or of a run that made one of them; or the
            name of a bundle that ships, where no folder is called so.

    Raises:
        BundleError: a run whose bundle the export gate kept back, or that has none yet.
    """
    folder = Path(named)
    if not folder.is_dir():
        return shipped().with_name(str(named)) if str(named) in shipped_names() else folder
    if (folder / MANIFEST).is_file() or (folder / ENSEMBLE).is_file():
        return folder
    for inner, mark in ((IN_RUN, MANIFEST), (IN_RUNS, ENSEMBLE)):
        if (folder / inner / mark).is_file():
            return folder / inner
    if (folder / REFUSED / MANIFEST).is_file():
        raise BundleError(
            f"{folder} is a run whose bundle the export gate refused: it finds less than the model",
            "export it without rounding (`guandian train RECIPE -o FOLDER --resume --precision "
            f"float32`), or name {folder / REFUSED} to use it all the same",
        )
    if (folder / RECIPE).is_file() and not (folder / _OF_ENCODER).is_file():
        raise unfinished(folder)
    return folder


def unfinished(run: Path) -> BundleError:
    """The error of a run's folder that has no bundle, with how to come by one."""
    if (run.parent / STORAGE).is_file():
        return BundleError(
            f"{run} has no bundle: it is a trial of a search, which keeps the scores alone",
            f"train the best one: `guandian train {run.parent / BEST_RECIPE} -o FOLDER`",
        )
    try:
        step = json.loads((run / CHECKPOINT / STATE).read_bytes())["step"]
        why = f"its training stands at step {step:,}"
    except (OSError, ValueError, KeyError, TypeError):
        why = "its training has kept no step"
    return BundleError(
        f"{run} has no bundle yet: {why}", f"go on with `guandian train RECIPE -o {run} --resume`"
    )


def open_folder(named: str | Path) -> Bundle | Ensemble:
    """Open the model that a folder holds.

    Args:
        named: as for `model_folder`.

    Raises:
        BundleError: as `model_folder`, `Bundle.open` and `Ensemble.open`.
    """
    path = model_folder(named)
    return Ensemble.open(path) if (path / ENSEMBLE).is_file() else Bundle.open(path)


def folders_of(named: str | Path) -> list[Path]:
    """The folders that are read when a model of that name is opened; nothing is checked.

    Args:
        named: the folder of a bundle, of an ensemble, whose members stand elsewhere, or of a run.
    """
    path = Path(named)
    inner = [path / name for name in (IN_RUN, REFUSED, IN_RUNS) if (path / name).is_dir()]
    if not (path / MANIFEST).is_file() and not (path / ENSEMBLE).is_file() and inner:
        return [folder for holder in inner for folder in folders_of(holder)]
    try:
        rows = json.loads((path / ENSEMBLE).read_bytes())["model"]["members"]
        return [path, *(path / str(row["path"]) for row in rows)]
    except (OSError, ValueError, KeyError, TypeError):  # none, or one that will be refused
        return [path]


def manifest_digest(bundle: Bundle) -> str:
    """SHA-256 of all that a bundle's answers depend on: its manifest holds its files' checksums."""
    return hashlib.sha256(bundle.manifest.to_json().encode()).hexdigest()


def write_ensemble(
    path: Path,
    members: Sequence[Bundle],
    calibration: Mapping[str, Any],
    *,
    overwrite: bool = False,
) -> Ensemble:
    """Write `ensemble.json`; the members stay where they are.

    Args:
        path: the folder.
        members: their paths are written as seen from the folder, so that both can be moved
            together.
        calibration: of the whole, as a manifest has it.
        overwrite: replace an ensemble that is there.

    Raises:
        BundleError: when something stands at `path` that must not be replaced, or the members
            do not belong together.
    """
    refuse_taken(path, overwrite=overwrite)
    refuse_unlike(members)
    rows = [
        {"path": _seen_from(path, member.path), "sha256": manifest_digest(member)}
        for member in members
    ]
    first = members[0].manifest
    names, versions = ({getattr(m.manifest, k) for m in members} for k in ("name", "version"))
    manifest = Manifest(
        name=f"{first.name if len(names) == 1 else 'ensemble'}-x{len(members)}",
        version=first.version if len(versions) == 1 else "1.0.0",
        tasks=first.tasks,
        labels=first.labels,
        model={"members": rows},
        calibration=calibration,
    )
    path.mkdir(parents=True, exist_ok=True)
    replace_file(path / ENSEMBLE, manifest.to_json().encode())
    return Ensemble(path, manifest, tuple(members))


def refuse_taken(path: Path, *, overwrite: bool = False) -> None:
    """Refuse a place for an ensemble where something stands that must not be replaced.

    Raises:
        BundleError: an ensemble without `overwrite`, or anything else.
    """
    occupied = path.exists() and (not path.is_dir() or any(path.iterdir()))
    if occupied and not (overwrite and (path / ENSEMBLE).is_file()):
        if overwrite:
            raise BundleError(f"{path} holds something else: it stays", "choose another folder")
        raise BundleError(f"{path} already exists", "choose another folder, or say --overwrite")


def refuse_unlike(members: Sequence[Bundle]) -> None:
    """Refuse bundles whose arrays do not mean the same, or one of them twice.

    Raises:
        BundleError: which two, and what differs.
    """
    if len(members) < 2:
        raise BundleError(f"an ensemble has at least two members, not {len(members)}", "name more")
    first, *others = members
    for other in others:
        if unlike := _differences(first, other):
            raise BundleError(
                f"{first.path} and {other.path} cannot answer together: {'; '.join(unlike)}",
                "take bundles of one recipe, or of recipes with the same base and categories",
            )
    seen: dict[str, Path] = {}
    for member in members:
        twin = seen.setdefault(manifest_digest(member), member.path)
        if twin is not member.path:
            raise BundleError(f"{twin} and {member.path} are one bundle", "name each once")


def _differences(first: Bundle, second: Bundle) -> list[str]:
    differences = []
    ours, theirs = (
        [row["key"] for row in bundle.manifest.labels.get("categories", ())]
        for bundle in (first, second)
    )
    if ours != theirs:
        apart = sorted({*ours} ^ {*theirs})
        shown = ", ".join(apart[:5]) + (", ..." if len(apart) > 5 else "")
        differences.append(f"other categories ({shown or 'in another order'})")
    if first.manifest.labels.get("span_types") != second.manifest.labels.get("span_types"):
        differences.append("other kinds of spans")
    for key, what in (
        ("heads", "other declared labels"),
        ("tag_types", "other tags"),
        ("customs", "other customs of annotation, or other markers of theirs"),
    ):
        if first.manifest.labels.get(key) != second.manifest.labels.get(key):
            differences.append(what)
    if first.manifest.files[TOKENIZER] != second.manifest.files[TOKENIZER]:
        differences.append("another tokenizer, so the same text has other tokens")
    return differences


def _seen_from(folder: Path, member: Path) -> str:
    try:
        return Path(os.path.relpath(member.resolve(), folder.resolve())).as_posix()
    except ValueError:  # on another drive
        return member.resolve().as_posix()
