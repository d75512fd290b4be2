"""Trained intents in a folder: a bundle with a tuned encoder and the head over its vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from guandian.assist.understanding.intents.head import IntentHead
from guandian.assist.understanding.intents.text_encoder import MessageEncoder
from guandian.bundle import Bundle, write_bundle
from guandian.bundle.bundle import MANIFEST
from guandian.errors import BundleError, reason

TASK = "intents"
HEAD = "head.safetensors"
_REPAIR = "train the intents again: guandian assist train --intents"


@dataclass(frozen=True, slots=True)
class IntentModel:
    """An encoder and the head over it.

    Attributes:
        encoder: turns messages into vectors.
        head: tells intents apart.
        id: name and version, with the digest of the files.
        about: what was learned from, and how well it was known.
    """

    encoder: MessageEncoder
    head: IntentHead
    id: str
    about: Mapping[str, Any]


def write_intents(
    folder: Path,
    encoder: Bundle,
    head: IntentHead,
    about: Mapping[str, Any],
    *,
    overwrite: bool = False,
) -> Bundle:
    """Write a head with its encoder; the folder appears whole.

    Args:
        folder: that is to appear.
        encoder: as `guandian.pipelines.intents` exports it; its files are copied.
        head: what was learned over its vectors.
        about: plain JSON on what was learned from.
        overwrite: replace trained intents that are there.

    Raises:
        BundleError: something else stands there.
    """
    files: dict[str, Path | bytes] = {name: encoder.path / name for name in encoder.manifest.files}
    manifest = replace(
        encoder.manifest,
        tasks=(TASK,),
        labels={"intents": list(head.names)},
        calibration={
            "temperature": head.temperature,
            "threshold": head.threshold,
            "about": dict(about),
        },
    )
    content = {**files, HEAD: save(head.arrays())}
    return write_bundle(folder, manifest, content, overwrite=overwrite)


def refuse_intent_folder(folder: Path, *, overwrite: bool) -> None:
    """Check, before the work, that trained intents can be written to a folder.

    Raises:
        BundleError: something stands there that is none, or that stays.
    """
    if not folder.exists():
        return
    if not (folder / HEAD).is_file() or not (folder / MANIFEST).is_file():
        raise BundleError(f"{folder} holds no trained intents: it stays", "choose another with -o")
    if not overwrite:
        raise BundleError(f"{folder} already exists", "say --overwrite to replace it")


def open_intents(folder: Path, threads: int = 1) -> IntentModel:
    """Open trained intents and check every file.

    Raises:
        BundleError: it is missing, altered, of another kind, or made for another shipped bundle.
    """
    bundle = Bundle.open(folder)
    manifest = bundle.manifest
    if TASK not in manifest.tasks:
        raise BundleError(f"{folder} holds {manifest.id}, which has no intents", _REPAIR)
    try:
        head = IntentHead.of(
            tuple(str(name) for name in manifest.labels["intents"]),
            _floats(load(bundle.file(HEAD).read_bytes())),
            float(manifest.calibration["temperature"]),
            float(manifest.calibration["threshold"]),
        )
        prefix = str(manifest.model["prefix"])
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{folder} is incomplete: {reason(error)}", _REPAIR) from error
    encoder = MessageEncoder.open(bundle, prefix, threads)
    digest = hashlib.sha256(manifest.to_json().encode()).hexdigest()[:12]
    about = dict(manifest.calibration.get("about", {}))
    return IntentModel(encoder, head, f"{manifest.id} {digest}", about)


def _floats(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
    return {name: np.asarray(array, np.float32) for name, array in arrays.items()}
