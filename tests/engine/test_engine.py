from __future__ import annotations

from pathlib import Path

import pytest

from guandian.bundle import Manifest, write_bundle
from guandian.engine import Engine, usable_cores
from guandian.errors import BundleError


def test_a_network_that_is_none_is_a_bundle_error(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "model", Manifest("x", "1"), {"model.onnx": b"not a graph"})
    with pytest.raises(BundleError, match=r"cannot load .*model\.onnx") as caught:
        Engine.open(bundle)
    assert "onnxruntime" in caught.value.repair


def test_a_bundle_without_a_network_is_a_bundle_error(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "model", Manifest("x", "1"), {"card.md": b"# card"})
    with pytest.raises(BundleError, match=r"has no model\.onnx"):
        Engine.open(bundle)


def test_cores() -> None:
    assert usable_cores() >= 1
