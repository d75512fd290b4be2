"""A tenant's adapter: one small safetensors file that stands beside a base bundle."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from guandian.bundle.bundle import Bundle
from guandian.bundle.ensemble import Ensemble
from guandian.bundle.weights import in_order
from guandian.errors import BundleError, reason
from guandian.io.atomic import write_whole

LAYOUT = "guandian.adapter.1"
ENDING = ".safetensors"
LARGEST = 1 << 20
"""Bytes of an adapter's file, at most."""
_DOWN, _BIAS, _UP = ".down", ".bias", ".up"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_AGAIN = "make it again: `guandian adapters make RUN --base BUNDLE -o FILE`"


@dataclass(frozen=True, slots=True, eq=False)
class Detour:
    """A learnt bottleneck behind a linear map: its output x becomes x + gelu(x down + bias) up.

    Attributes:
        down: [W, r], W the width of the map's output.
        bias: [r].
        up: [r, W].
    """

    down: NDArray[np.float32]
    bias: NDArray[np.float32]
    up: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class TenantAdapter:
    """What one tenant's labelled reviews taught, beside a base that stays as it is.

    Attributes:
        name: of the adapter, such as acme.
        version: such as 1.0.0.
        base: the digest of the base that it was learned on (`base_digest`), 64 hex digits.
        base_id: name and version of that base.
        detours: by the full name of the linear map that each stands behind.
        calibration: what turns scores into probabilities, as in a bundle's manifest; empty for
            the base's own.
        digest: SHA-256 of the file that it was read from, empty for one that was not.
    """

    name: str
    version: str
    base: str
    base_id: str
    detours: Mapping[str, Detour]
    calibration: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""

    def __post_init__(self) -> None:
        """Refuse names that cannot stand in an answer.

        Raises:
            BundleError: a name or version that is not plain.
        """
        for given in (self.name, self.version):
            if not _NAME.fullmatch(given):
                raise BundleError(
                    f"an adapter cannot have the name or version {given[:80]!r}",
                    "use letters, digits, dots, dashes and underscores, 64 at most",
                )

    @property
    def id(self) -> str:
        """Name and version, such as acme@1.0.0."""
        return f"{self.name}@{self.version}"

    def write(self, path: Path, *, overwrite: bool = False) -> int:
        """Write the file, whole or not at all; its bytes.

        Raises:
            BundleError: it would be larger than `LARGEST`.
            GuandianError: the file exists and is not to be replaced, or cannot be written.
        """
        content = self.to_bytes()
        if len(content) > LARGEST:
            raise BundleError(
                f"the adapter {self.id} has {len(content):,} bytes, more than {LARGEST:,}",
                "train it with a smaller method.size",
            )
        write_whole(path, content, overwrite=overwrite)
        return len(content)

    def to_bytes(self) -> bytes:
        """The safetensors file; equal adapters give equal bytes."""
        arrays: dict[str, NDArray[Any]] = {}
        for spot, detour in self.detours.items():
            named = zip((_DOWN, _BIAS, _UP), (detour.down, detour.bias, detour.up), strict=True)
            arrays |= {spot + part: np.ascontiguousarray(array) for part, array in named}
        about = {
            "name": self.name,
            "version": self.version,
            "base": self.base,
            "base_id": self.base_id,
            "calibration": self.calibration,
            "sha256": _digest(arrays),
        }
        manifest = json.dumps(about, ensure_ascii=False, sort_keys=True)
        return in_order(save(arrays, {"layout": LAYOUT, "manifest": manifest}))


def read_adapter(path: Path) -> TenantAdapter:
    """Read an adapter and check what it says of itself.

    Raises:
        BundleError: no such file, one that is larger than `LARGEST`, was altered, or is of
            another kind.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise BundleError(f"the adapter {path} cannot be read: {reason(error)}", _AGAIN) from error
    return adapter_of(content, str(path))


def adapter_of(content: bytes, source: str) -> TenantAdapter:
    """Read the content of an adapter's file.

    Args:
        content: the bytes.
        source: what errors call it.

    Raises:
        BundleError: as `read_adapter`.
    """
    if len(content) > LARGEST:
        raise BundleError(f"the adapter {source} has more than {LARGEST:,} bytes", _AGAIN)
    try:
        length = int.from_bytes(content[:8], "little")
        heading = json.loads(content[8 : 8 + length])
        arrays = load(content)
        adapter = _headed(heading, _detours(arrays))
        if _manifest(heading)["sha256"] != _digest(arrays):
            raise ValueError("arrays that are others than those it was written with")
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BundleError(f"{source} is no safetensors file", _AGAIN) from error
    except (ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise BundleError(
            f"{source} is no adapter, or was altered: it has {error}", _AGAIN
        ) from error
    return replace(adapter, digest=sha256(content).hexdigest())


def read_heading(path: Path) -> TenantAdapter:
    """What an adapter says of itself, without its arrays, which are not checked.

    Raises:
        BundleError: as `read_adapter`.
    """
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            heading = file.read(min(length, LARGEST))
        return _headed(json.loads(heading), {})
    except OSError as error:
        raise BundleError(f"the adapter {path} cannot be read: {reason(error)}", _AGAIN) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BundleError(f"{path} is no safetensors file", _AGAIN) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BundleError(
            f"{path} is no adapter, or was altered: it has {error}", _AGAIN
        ) from error


def base_digest(bundle: Bundle | Ensemble) -> str:
    """The digest of what an adapter is learned on: weights and tokenizer of a bundle.

    Raises:
        BundleError: it is an ensemble, which takes no adapters.
    """
    if len(bundle.members) > 1:
        raise BundleError(
            f"{bundle.manifest.id} is an ensemble, and those take no adapters",
            "name one bundle as the base",
        )
    (member,) = bundle.members
    digests = [
        member.manifest.files[file.name].sha256 for file in (member.weights, member.tokenizer)
    ]
    return sha256(" ".join(digests).encode()).hexdigest()


def refuse_other_base(adapter: TenantAdapter, base: str, named: str) -> None:
    """Refuse an adapter that was learned on another base than the one at hand.

    Args:
        adapter: the adapter.
        base: digest of the base at hand.
        named: its name and version.

    Raises:
        BundleError: it was.
    """
    if adapter.base != base:
        raise BundleError(
            f"the adapter {adapter.id} was made on {adapter.base_id} with the digest "
            f"{adapter.base[:12]}, and this is {named} with {base[:12]}",
            "train it again from this base, or serve the base that it was made on",
        )


def _headed(heading: Any, detours: Mapping[str, Detour]) -> TenantAdapter:
    """The adapter of a file's header.

    Raises:
        ValueError, KeyError, TypeError, AttributeError, BundleError: it is no adapter's.
    """
    about = _manifest(heading)
    words = {name: str(about[name]) for name in ("name", "version", "base", "base_id")}
    return TenantAdapter(**words, detours=detours, calibration=dict(about["calibration"]))


def _manifest(heading: Any) -> Any:
    metadata = heading.get("__metadata__", {})
    if metadata.get("layout") != LAYOUT:
        raise ValueError(f"the layout {metadata.get('layout')!r}, not {LAYOUT!r}")
    return json.loads(metadata["manifest"])


def _detours(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Detour]:
    """The bottlenecks of a file.

    Raises:
        ValueError: an array is missing, left over, or of a wrong type or shape.
    """
    places = [name.removesuffix(_DOWN) for name in arrays if name.endswith(_DOWN)]
    if not places or 3 * len(places) != len(arrays):
        raise ValueError(f"{len(arrays)} arrays that are no bottlenecks")
    detours = {}
    for spot in places:
        down, bias, up = (arrays[spot + part] for part in (_DOWN, _BIAS, _UP))
        fits = down.ndim == 2 and bias.shape == down.shape[1:] and up.shape == down.shape[::-1]
        if not fits or {array.dtype for array in (down, bias, up)} != {np.dtype(np.float32)}:
            raise ValueError(f"arrays that do not fit each other at {spot}")
        if not all(np.isfinite(array).all() for array in (down, bias, up)):
            raise ValueError(f"numbers that are none at {spot}")
        detours[spot] = Detour(*(np.ascontiguousarray(array) for array in (down, bias, up)))
    return detours


def _digest(arrays: Mapping[str, NDArray[Any]]) -> str:
    digest = sha256()
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
