"""A pass whose rows bring adapters: each its own, and none moves the answer of another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from guandian.bundle import Bundle, shipped
from guandian.bundle.adapter import Detour, TenantAdapter, base_digest
from guandian.engine import Engine


def ids(rows: int) -> NDArray[np.int64]:
    return np.random.default_rng(0).integers(5, 30_000, (rows, 12))


def random_adapter(base: Bundle, engine: Engine) -> TenantAdapter:
    dice = np.random.default_rng(1)

    def some(*shape: int) -> NDArray[np.float32]:
        return dice.normal(size=shape, scale=0.05).astype(np.float32)

    detours = {
        place.name: Detour(some(place.width, 6), some(6), some(6, place.width))
        for place in engine.places
    }
    return TenantAdapter("acme", "1", base_digest(base), base.manifest.id, detours)


def test_adapters_stand_behind_the_last_maps_of_two_layers_and_the_reading() -> None:
    names = [place.name for place in Engine.open(Bundle.open(shipped()), 1, adapters=True).places]
    layers = "encoder.encoder.layer"
    assert names == [
        f"{layers}.4.attention.output.dense",
        f"{layers}.4.output.dense",
        f"{layers}.5.attention.output.dense",
        f"{layers}.5.output.dense",
        "heads.reading",
    ]


def test_each_row_has_its_own_adapter_or_none() -> None:
    base = Bundle.open(shipped())
    engine, bare = Engine.open(base, 1, adapters=True), Engine.open(base, 1)
    adapter = random_adapter(base, engine)
    wide = replace(adapter, detours={k: _wider(d) for k, d in adapter.detours.items()})
    part = replace(adapter, detours={"heads.reading": adapter.detours["heads.reading"]})
    rows = [adapter, None, wide, part, None, adapter]
    together = engine.run(ids(6), rows)
    alone = [engine.run(ids(6)[k : k + 1], [row]) for k, row in enumerate(rows)]
    plain = bare.run(ids(6))
    for name, array in together.items():
        for k, row in enumerate(rows):
            assert np.allclose(array[k], alone[k][name][0], atol=1e-5), (name, k)
            if row is None:
                assert np.array_equal(array[k], plain[name][k]), "the base's answer moved"
    shorter = engine.run(ids(2), [None, adapter])  # the same room, its rows of before in it
    assert np.array_equal(shorter["category"][0], plain["category"][0])
    with pytest.raises(ValueError, match="2 adapters for 3 rows"):
        engine.run(ids(3), [adapter, adapter])
    with pytest.raises(ValueError, match="1 adapters for 1 rows"):
        bare.run(ids(1), [adapter])


def _wider(detour: Detour) -> Detour:
    more = np.ones((len(detour.down), 3), np.float32)
    return Detour(
        np.concatenate((detour.down, more), 1),
        np.append(detour.bias, np.ones(3, np.float32)),
        np.concatenate((-detour.up, more.T)),
    )
