"""The file of a fitted vectoriser: safetensors with a sealed description, and no pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from guandian.bundle.weights import in_order
from guandian.errors import GuandianError, reason
from guandian.io.atomic import write_whole
from guandian.io.bounded import read_whole
from guandian.text.segmentation import UserWord

FORMAT = "guandian.vectors.1"
_REPAIR = "name a file that `guandian vectorise --save` wrote, or fit and save it anew"
_HEADER = 8
_MOST_HEADER = 1 << 20


@dataclass(frozen=True, slots=True)
class Stored:
    """The content of a file of a fitted vectoriser.

    Attributes:
        kind: of the vectoriser.
        settings: how it was made.
        lists: learned lists of strings by name.
        arrays: learned arrays by name.
    """

    kind: str
    settings: Mapping[str, Any]
    lists: Mapping[str, list[str]]
    arrays: Mapping[str, NDArray[Any]]


def write(path: Path, stored: Stored, *, overwrite: bool = False) -> None:
    """Write a file that appears whole.

    Raises:
        GuandianError: when it exists or cannot be written.
    """
    arrays = dict(stored.arrays)
    # Lists lie among the arrays: the header of a safetensors file is bounded.
    arrays |= {f"{name}.json": _bytes(strings) for name, strings in stored.lists.items()}
    about = {
        "format": FORMAT,
        "kind": stored.kind,
        "settings": json.dumps(dict(stored.settings), default=_plain, sort_keys=True),
    }
    about["sha256"] = _digest(about, arrays)
    write_whole(path, in_order(save(arrays, about)), overwrite=overwrite)


def read_vectoriser(path: Path) -> Stored:
    """Read and check such a file.

    Raises:
        GuandianError: when it is missing, is another file, or was damaged.
    """
    try:
        content = read_whole(path)
    except FileNotFoundError as error:
        raise GuandianError(f"there is no file {path}", "check the name and the folder") from error
    except OSError as error:
        raise GuandianError(
            f"cannot read {path}: {error.strerror}",
            "check the name, the folder and who may use them",
        ) from error
    try:
        about, arrays = _about(content), load(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise GuandianError(
            f"{path} holds no saved vectoriser: {reason(error)}", _REPAIR
        ) from error
    if about.get("format") != FORMAT:
        raise GuandianError(
            f"{path} holds no saved vectoriser of this version: its format is"
            f" {about.get('format')!r}, not {FORMAT!r}",
            _REPAIR,
        )
    if about.pop("sha256", "") != _digest(about, arrays):
        raise damaged(path, "its content has another checksum than it says")
    lists = {
        name.removesuffix(".json"): json.loads(arrays.pop(name).tobytes())
        for name in [name for name in arrays if name.endswith(".json")]
    }
    return Stored(about["kind"], json.loads(about["settings"]), lists, arrays)


def damaged(path: Path, reason: str) -> GuandianError:
    """The error for a file that is one of ours but not whole."""
    return GuandianError(f"{path} was damaged: {reason}", _REPAIR)


def checked(array: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """`array`, if it has that shape.

    Raises:
        ValueError: when it has not.
    """
    if array.shape != shape:
        raise ValueError(f"an array of shape {array.shape}, not {shape}")
    return array


def _about(content: bytes) -> dict[str, str]:
    """The strings in the header of a safetensors file."""
    length = int.from_bytes(content[:_HEADER], "little")
    if not 0 < length <= min(_MOST_HEADER, len(content)):
        raise ValueError("it is not a safetensors file")
    header = json.loads(content[_HEADER : _HEADER + length])
    return {str(key): str(value) for key, value in header["__metadata__"].items()}


def _digest(about: Mapping[str, str], arrays: Mapping[str, NDArray[Any]]) -> str:
    digest = sha256(json.dumps(dict(about), sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _bytes(strings: list[str]) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(strings).encode(), dtype=np.uint8)


def _plain(value: object) -> object:
    return astuple(value) if isinstance(value, UserWord) else str(value)
