"""A tenant's adapter: made from a training beside a base, and put beside that base's miner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from guandian.bundle import Bundle, Ensemble, float32_weights
from guandian.bundle.adapter import (
    Detour,
    TenantAdapter,
    base_digest,
    read_adapter,
    refuse_other_base,
)
from guandian.engine import Engine
from guandian.engine.adapted_network import AdapterPlace, refuse_misplaced, with_adapters
from guandian.errors import BundleError
from guandian.mining.miner import Miner
from guandian.pipelines.miners import calibrated
from guandian.text.pieces import Pieces

_INNER, _DOWN, _UP = ".inner.", ".down.weight", ".up.weight"
_LARGE = 8.0
"""A number whose GELU is itself: a unit of it in the bottleneck carries the bias behind it."""
_ALIKE = 1e-5
"""A share of the largest weight of an array, within which two of them count as equal."""
_DRIFT = 0.05
"""Of an output's spread, that base and adapter may differ by from the bundle of the training."""
_EXAMPLE = "屏幕很清晰，但是电池不耐用😀。 The keyboard is great but it weighs a ton."


@dataclass(frozen=True, slots=True)
class MadeAdapter:
    """An adapter that was made, and how it compares with the bundle of its training.

    Attributes:
        adapter: the adapter.
        drift: by output the root mean square of the difference, as a share of its spread.
    """

    adapter: TenantAdapter
    drift: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class AdaptableBase:
    """A base bundle as adapters know it.

    Attributes:
        digest: of what they are learned on (`base_digest`).
        named: its name and version.
        places: where they may stand in its network.
    """

    digest: str
    named: str
    places: tuple[AdapterPlace, ...]

    @classmethod
    def open(cls, bundle: Bundle | Ensemble) -> Self:
        """Look at a base.

        Raises:
            BundleError: it takes no adapters.
        """
        digest = base_digest(bundle)
        (member,) = bundle.members
        places = with_adapters(member, member.network.read_bytes()).places
        return cls(digest, bundle.manifest.id, places)

    def with_adapter(self, miner: Miner, path: Path) -> Miner:
        """The base's miner with the adapter of a file beside it.

        Args:
            miner: of this base, opened with `adapters`.
            path: of the adapter.

        Raises:
            BundleError: it cannot be read, was made on another base, or stands elsewhere.
        """
        return self.beside(miner, read_adapter(path))

    def beside(self, miner: Miner, adapter: TenantAdapter) -> Miner:
        """The base's miner with an adapter beside it.

        Raises:
            BundleError: the adapter was made on another base, or stands elsewhere.
        """
        refuse_other_base(adapter, self.digest, self.named)
        refuse_misplaced(adapter, self.places)
        return adapted(miner, adapter)


def make_adapter(
    trained: Bundle | Ensemble, base: Bundle | Ensemble, name: str | None, version: str | None
) -> MadeAdapter:
    """Take what a training added to its base out of the bundle that it wrote.

    Args:
        trained: the bundle of the training.
        base: the bundle that the training began with, and that the adapter will stand beside.
        name: of the adapter; None = the bundle's.
        version: likewise.

    Raises:
        BundleError: the training changed more than an adapter holds, began with another base, has
            other label spaces, stands where the base takes none, or answers differently.
    """
    digest = base_digest(base)
    base_digest(trained)
    (trained,), (base,) = trained.members, base.members
    _refuse_other_method(trained)
    _refuse_other_labels(trained, base)
    weights = float32_weights(trained)
    _refuse_other_weights(weights, float32_weights(base), (trained, base))
    places = [key.removesuffix(_DOWN) for key in weights if key.endswith(_DOWN)]
    about = trained.manifest
    adapter = TenantAdapter(
        name or about.name,
        version or about.version,
        digest,
        base.manifest.id,
        {spot: _detour(weights, spot) for spot in places},
        {key: about.calibration[key] for key in ("opinions", "sentiment")},
    )
    return MadeAdapter(adapter, _checked(adapter, trained, base))


def adapted(miner: Miner, adapter: TenantAdapter) -> Miner:
    """The miner of a base with an adapter beside it, which its answers name.

    Args:
        miner: opened with `adapters`.
        adapter: made on the same base (`refuse_other_base`).

    Raises:
        BundleError: the adapter's calibration cannot be read.
    """
    labels = calibrated(miner.labels, adapter.calibration, adapter.id)
    digest = adapter.digest or sha256(adapter.to_bytes()).hexdigest()
    return Miner(
        replace(miner.reader, adapter=adapter),
        replace(labels, customs={}),
        f"{miner.model}+{adapter.id}",
        f"{miner.key} {digest[:32]}",
        miner.filler,  # what it misses, and what it learned from, was measured of the base alone
    )


def _detour(weights: Mapping[str, NDArray[np.float32]], spot: str) -> Detour:
    """The bottleneck behind a map, with the bias behind it as one more unit."""
    down, up = weights[spot + _DOWN].T, weights[spot + _UP].T
    before, behind = weights[f"{spot}.down.bias"], weights[f"{spot}.up.bias"]
    return Detour(
        np.concatenate((down, np.zeros_like(down[:, :1])), 1),
        np.append(before, np.float32(_LARGE)),
        np.concatenate((up, behind[None] / np.float32(_LARGE))),
    )


def _checked(adapter: TenantAdapter, trained: Bundle, base: Bundle) -> dict[str, float]:
    """How base and adapter differ from the training's bundle; refused where they do."""
    pieces = Pieces.from_file(base.tokenizer)
    inner = pieces.encode(_EXAMPLE).ids
    rows = [[pieces.cls_id, *ids, pieces.sep_id] for ids in (inner, inner[::-1])]
    ids = np.array(rows, dtype=np.int64)
    engine = Engine.open(base, threads=1, adapters=True)
    refuse_misplaced(adapter, engine.places)
    expected = Engine.open(trained, threads=1).run(ids)
    actual = engine.run(ids, [adapter] * len(ids))
    drift = {
        key: float(np.sqrt(np.mean((actual[key] - array) ** 2))) / (float(array.std()) or 1.0)
        for key, array in expected.items()
    }
    if worst := [f"{key} by {share:.2g}" for key, share in drift.items() if not share <= _DRIFT]:
        raise BundleError(
            f"{base.manifest.id} with the adapter answers differently from {trained.manifest.id}: "
            f"{', '.join(worst)} of the output's spread, {_DRIFT:g} allowed",
            "train it again from this base",
        )
    return drift


def _refuse_other_method(trained: Bundle) -> None:
    method: Mapping[str, Any] = trained.manifest.model.get("method", {})
    if method.get("kind") != "adapter" or method.get("heads", True):
        raise BundleError(
            f"{trained.manifest.id} was not trained beside its base: its weights are its own",
            'train it with method.kind = "adapter", method.layers = 2, method.heads = false',
        )


def _refuse_other_labels(trained: Bundle, base: Bundle) -> None:
    """Refuse other categories, spans or declared labels; customs are the base's own matter."""

    def told(bundle: Bundle) -> dict[str, Any]:
        labels = dict(bundle.manifest.labels) | {"customs": None}
        return labels | {"categories": [row["key"] for row in labels["categories"]]}

    if told(trained) != told(base):
        raise BundleError(
            f"{trained.manifest.id} has other categories or labels than {base.manifest.id}: an "
            "adapter changes answers, not what can be answered",
            'leave categories = "default" in the recipe, or train a model of its own',
        )


def _refuse_other_weights(
    weights: Mapping[str, NDArray[np.float32]],
    before: Mapping[str, NDArray[np.float32]],
    bundles: tuple[Bundle, Bundle],
) -> None:
    trained, base = bundles
    plain = {key.replace(_INNER, "."): array for key, array in weights.items()}
    moved = [
        key
        for key, array in before.items()
        if key not in plain
        or plain[key].shape != array.shape
        or np.abs(plain[key] - array).max() > _ALIKE * np.abs(array).max()
    ]
    if moved:
        raise BundleError(
            f"{trained.manifest.id} did not begin with {base.manifest.id}: {len(moved)} of "
            f"{len(before)} weights are others, such as {moved[0]}",
            "name with --base the bundle that base.model of the recipe named",
        )
