"""The file of an adapter: what was written, or refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from guandian.bundle.adapter import Detour, TenantAdapter, read_adapter, read_heading
from guandian.errors import BundleError, GuandianError

DETOUR = Detour(np.ones((32, 4), np.float32), np.ones(4, np.float32), np.ones((4, 32), np.float32))


@pytest.fixture
def adapter() -> TenantAdapter:
    detours = {"heads.reading": DETOUR, "encoder.layer.1.output.dense": DETOUR}
    return TenantAdapter("acme", "2.0.0", "a" * 64, "tiny@1.0.0", detours, {"sentiment": {}})


def test_a_file_is_what_was_written_or_refused(adapter: TenantAdapter, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    size = adapter.write(path)
    read = read_adapter(path)
    assert read.to_bytes() == path.read_bytes() == adapter.to_bytes() and size == len(
        read.to_bytes()
    )
    assert (read_heading(path).id, read_heading(path).base) == (adapter.id, adapter.base)
    with pytest.raises(GuandianError, match="already exists"):
        adapter.write(path)
    content = path.read_bytes()
    for broken in (b"", b"\xff" * 40, content[:-4], content[:-1] + b"\x01", b"[]" * 600_000):
        path.write_bytes(broken)
        with pytest.raises(BundleError, match=r"no (adapter|safetensors file)|more than 1,048,576"):
            read_adapter(path)
    path.write_text("text\n物流很快。\n", "utf-8")
    for read_file in (read_adapter, read_heading):
        with pytest.raises(BundleError, match=r"a\.safetensors is no safetensors file\n"):
            read_file(path)
    with pytest.raises(BundleError, match="cannot be read"):
        read_adapter(tmp_path / "none.safetensors")
    big = Detour(np.zeros((384, 400), np.float32), np.zeros(400, np.float32),
                 np.zeros((400, 384), np.float32))  # fmt: skip
    with pytest.raises(BundleError, match=r"more than 1,048,576\n.*method.size"):
        replace(adapter, detours={"heads.reading": big}).write(tmp_path / "big.safetensors")
    infinite = Detour(big.down + np.inf, big.bias, big.up)
    (tmp_path / "b").write_bytes(replace(adapter, detours={"x": infinite}).to_bytes()[: 1 << 20])
    with pytest.raises(BundleError):
        read_adapter(tmp_path / "b")
    with pytest.raises(BundleError, match="name or version"):
        replace(adapter, name="a/b")
