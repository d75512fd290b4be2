from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load

from guandian.bundle import (
    Bundle,
    Manifest,
    QuantizedWeights,
    amend_bundle,
    float32_weights,
    shipped,
    write_bundle,
)
from guandian.bundle.weights import offsets
from guandian.errors import BundleError, GuandianError

MANIFEST = Manifest(
    "guandian-test",
    "1.2.3",
    tasks=("opinions", "sentiment"),
    labels={"categories": {"price": {"zh": "价格", "en": "price"}}},
)


def written(folder: Path) -> Bundle:
    rng = np.random.default_rng(0)
    weights = QuantizedWeights()
    weights.add_matrix("layer.weight", rng.normal(size=(6, 10)).astype(np.float32))
    weights.add_table("words.weight", rng.normal(size=(8, 4)).astype(np.float32))
    weights.add("layer.bias", np.arange(6, dtype=np.float32))
    files: dict[str, Path | bytes] = {
        "weights.safetensors": weights.to_bytes(),
        "card.md": "# 模型卡 😀\n".encode(),
    }
    return write_bundle(folder / "model", MANIFEST, files)


def test_what_is_written_is_what_is_opened(tmp_path: Path) -> None:
    bundle = written(tmp_path)
    assert Bundle.open(str(bundle.path)) == bundle
    assert bundle.manifest.id == "guandian-test@1.2.3"
    assert bundle.manifest.labels == MANIFEST.labels
    assert bundle.file("card.md").read_text(encoding="utf-8") == "# 模型卡 😀\n"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]  # nothing left beside it


def test_weights_come_back_within_half_a_step(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(6, 10)).astype(np.float32)
    table = rng.normal(size=(8, 4)).astype(np.float32)
    weights = float32_weights(written(tmp_path))
    assert set(weights) == {"layer.weight", "layer.bias", "words.weight"}
    assert all(array.dtype == np.float32 for array in weights.values())
    for name, original, limit in (("layer.weight", matrix, 64), ("words.weight", table, 127)):
        step = np.abs(original).max(axis=1, keepdims=True) / limit
        assert (np.abs(weights[name] - original) <= 0.501 * step).all()
    assert np.array_equal(weights["layer.bias"], np.arange(6))


def test_dither_lets_small_changes_survive_rounding(tmp_path: Path) -> None:
    bundle = written(tmp_path)
    plain, noisy = (
        float32_weights(bundle)["layer.weight"],
        float32_weights(bundle, seed=1)["layer.weight"],
    )
    step = np.abs(plain).max(axis=1, keepdims=True) / 64
    assert 0.1 < np.abs((noisy - plain) / step).max() <= 0.501
    assert np.array_equal(noisy, float32_weights(bundle, seed=1)["layer.weight"])
    change = 0.3  # of a step: rounding to the nearest undoes all of it without the noise
    assert np.array_equal(np.rint(plain / step + change), np.rint(plain / step))
    assert (np.rint(noisy / step + change) > np.rint(plain / step)).any()
    assert np.array_equal(float32_weights(bundle, seed=1)["layer.bias"], np.arange(6))


def test_equal_weights_give_equal_bytes() -> None:
    weights = QuantizedWeights()
    weights.add_matrix("词", np.arange(12, dtype=np.float32).reshape(3, 4))
    weights.add("bias", np.ones(3, np.float32))
    found = {weights.to_bytes() for _ in range(20)}  # a hash map has another order each time
    assert len(found) == 1
    (content,) = found
    assert sorted(load(content)) == ["bias", "词", "词.scale"]
    length = int.from_bytes(content[:8], "little")
    assert length % 8 == 0
    assert list(json.loads(content[8 : 8 + length])["__metadata__"]) == [
        "layout", "matrices", "tables",
    ]  # fmt: skip


def test_offsets_find_the_bytes(tmp_path: Path) -> None:
    content = written(tmp_path).weights.read_bytes()
    first, length = offsets(content)["layer.bias"]
    assert np.frombuffer(content[first : first + length], np.float32).tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("name", ["weights.safetensors", "card.md"])
def test_an_altered_file_is_refused(tmp_path: Path, name: str) -> None:
    path = written(tmp_path).file(name)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(BundleError, match=f"{name} was altered"):
        Bundle.open(path.parent)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = written(tmp_path).file("card.md")
    path.unlink()
    with pytest.raises(BundleError, match=r"card\.md is missing") as caught:
        Bundle.open(path.parent)
    with pytest.raises(BundleError, match=r"manifest\.json is missing") as without:
        Bundle.open(tmp_path)
    assert "Errno" not in f"{caught.value} {without.value}"
    assert "copy the bundle again" in caught.value.repair


def test_no_bundle_at_all(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no bundle at"):
        Bundle.open(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"format": 99}, "not of bundle format 2"),
        ({"colour": "red"}, "unknown keys"),
        ({"colour": "\ud800"}, "unknown keys"),
        ({"files": {"../../outside": {"sha256": "0", "size": 1}}}, "not a plain file name"),
        ({"files": {"card.md": {"size": 1}}}, "incomplete"),
        ({"files": None}, "incomplete"),
    ],
)
def test_a_manifest_that_cannot_be_trusted(
    tmp_path: Path, change: dict[str, object], problem: str
) -> None:
    path = written(tmp_path).path / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8")) | change
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(BundleError, match=problem if "format" in change else "was altered"):
        Bundle.open(path.parent)
    del content["sha256"]
    plain = json.dumps(content, ensure_ascii=False, sort_keys=True)
    content["sha256"] = hashlib.sha256(plain.encode(errors="surrogatepass")).hexdigest()
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(BundleError, match=problem):
        Bundle.open(path.parent)
    path.write_bytes(b"\xff{")
    with pytest.raises(BundleError, match="cannot be read"):
        Bundle.open(path.parent)


def test_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    bundle = written(tmp_path)
    with pytest.raises(BundleError, match="already exists"):
        write_bundle(bundle.path, MANIFEST, {})
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("x")
    with pytest.raises(BundleError, match="is not a bundle"):
        write_bundle(precious, MANIFEST, {}, overwrite=True)
    assert (precious / "thesis.txt").exists()


def test_the_folder_that_one_stands_in_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(written(tmp_path).path)
    assert write_bundle(".", MANIFEST, {}, overwrite=True).path == tmp_path / "model"
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["manifest.json"]


def test_amending_keeps_the_rest(tmp_path: Path) -> None:
    bundle = amend_bundle(
        written(tmp_path), calibration={"opinions": [1.5, -0.2]}, files={"LICENSES": b"MIT"}
    )
    again = Bundle.open(bundle.path)
    assert again == bundle
    assert again.manifest.calibration == {"opinions": [1.5, -0.2]}
    assert set(again.manifest.files) == {"weights.safetensors", "card.md", "LICENSES"}
    with pytest.raises(GuandianError, match="cannot amend"):
        amend_bundle(bundle, colour="red")


def test_other_weights_are_refused(tmp_path: Path) -> None:
    from safetensors.numpy import save

    content = save({"x": np.zeros(2, np.float32)})
    bundle = write_bundle(tmp_path / "other", MANIFEST, {"weights.safetensors": content})
    with pytest.raises(BundleError, match="layout None"):
        float32_weights(bundle)
    broken = write_bundle(tmp_path / "broken", MANIFEST, {"weights.safetensors": b"no tensors"})
    with pytest.raises(BundleError, match="not readable"):
        float32_weights(broken)


def test_the_shipped_bundle_has_its_place() -> None:
    assert shipped().parts[-3:] == ("assets", "bundles", "guandian-small")
