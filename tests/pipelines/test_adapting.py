"""A training beside a base becomes a small file, and base and file answer as its bundle does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save
from tests import tiny_base
from tests.cli.called import called

from guandian.bundle import Bundle, Manifest, amend_bundle, float32_weights, write_bundle
from guandian.bundle.adapter import (
    TenantAdapter,
    base_digest,
    refuse_other_base,
)
from guandian.bundle.weights import in_order
from guandian.engine import Engine
from guandian.engine.adapted_network import refuse_misplaced
from guandian.errors import BundleError
from guandian.export import export_bundle
from guandian.modeling.fine_tuning import adapt, learned
from guandian.modeling.model import OpinionModel
from guandian.pipelines.adapters.adapting import AdaptableBase, adapted, make_adapter
from guandian.pipelines.miners import calibration, miner_of
from guandian.recipes.methods import Adapter
from guandian.tasks.confidence_features import UNFITTED
from guandian.tasks.head_spec import HeadSpec

pytestmark = pytest.mark.slow
SPEC = HeadSpec(("sound", "price"))
METHOD = Adapter(kind="adapter", size=6, layers=1, heads=False)


def exported(path: Path, model: OpinionModel, name: str, categories: tuple[str, ...]) -> Bundle:
    tokenizer = path.parent / f"{name}.json"
    tiny_base.tokenizer().save(str(tokenizer))
    labels = {
        "categories": [{"key": key, "zh": key, "en": key} for key in categories],
        "span_types": list(SPEC.span_types),
    }
    manifest = Manifest(
        name, "1.0.0", tasks=("opinions",), labels=labels, model=model.config(),
        calibration=calibration({"": UNFITTED}, fitted=True, band=0.6),
    )  # fmt: skip
    return export_bundle(path, model, manifest=manifest, example=ids(2), files={
        "tokenizer.json": tokenizer})  # fmt: skip


def ids(rows: int, seed: int = 0) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(5, 200, (rows, 12))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("adapting")


@pytest.fixture(scope="module")
def base(home: Path) -> Bundle:
    model = tiny_base.model(SPEC)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight), alpha=0.1)
    return exported(home / "base", model, "tiny", SPEC.categories)


@pytest.fixture(scope="module")
def trained(home: Path, base: Bundle) -> Bundle:
    model = OpinionModel.resume(dict(base.manifest.model), float32_weights(base), SPEC)
    adapt(model, METHOD)
    names = set(learned(model))
    assert names and all(".down." in name or ".up." in name for name in names)
    assert not any("layer.0." in name for name in names), "only the highest layer"
    assert any(name.startswith("heads.reading.") for name in names)
    torch.manual_seed(3)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name in names:
                weight.add_(torch.randn_like(weight), alpha=0.3)
    return exported(home / "run", model, "acme", SPEC.categories)


@pytest.fixture(scope="module")
def adapter(trained: Bundle, base: Bundle) -> TenantAdapter:
    made = make_adapter(trained, base, None, "2.0.0")
    assert max(made.drift.values()) < 0.05
    return made.adapter


def test_base_and_adapter_answer_as_the_bundle_of_the_training(
    base: Bundle, trained: Bundle, adapter: TenantAdapter
) -> None:
    engine, whole = Engine.open(base, 1, adapters=True), Engine.open(trained, 1)
    own, plain = engine.run(ids(3), [adapter] * 3), engine.run(ids(3))
    for name, expected in whole.run(ids(3)).items():
        assert np.abs(own[name] - expected).max() < 0.05 * expected.std(), name
    assert np.abs(own["category"] - plain["category"]).max() > 0.1


def test_the_miner_with_an_adapter_names_it_and_has_its_confidence(
    base: Bundle, adapter: TenantAdapter, home: Path
) -> None:
    miner = miner_of(base, 1, adapters=True)
    path = home / "acme.safetensors"
    adapter.write(path)
    own = AdaptableBase.open(base).with_adapter(miner, path)
    assert own.model == "tiny@1.0.0+acme@2.0.0" and own.key != miner.key
    assert own.reader.passes == miner.reader.passes
    words = dict(adapter.calibration) | {"sentiment": {"band": 0.9}}
    assert adapted(miner, replace(adapter, calibration=words)).labels.band == 0.9
    with pytest.raises(BundleError, match="calibration of acme"):
        adapted(miner, replace(adapter, calibration={"opinions": {}}))


def test_another_base_place_method_or_category_is_refused(
    base: Bundle, trained: Bundle, adapter: TenantAdapter, home: Path
) -> None:
    refuse_other_base(adapter, base_digest(base), "tiny@1.0.0")
    with pytest.raises(BundleError, match=r"acme@2.0.0 was made on tiny@1.0.0.*\n.*serve the base"):
        refuse_other_base(adapter, "f" * 64, "other@1.0.0")
    with pytest.raises(BundleError, match=r"behind encoder.*dense of width 32"):
        refuse_misplaced(adapter, ())
    with pytest.raises(BundleError, match="not trained beside its base"):
        make_adapter(base, base, None, None)
    with safe_open(base.weights, framework="numpy") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        arrays["heads.polarity.bias"] += 1
        weights = in_order(save(arrays, file.metadata()))
    files = {name: base.path / name for name in base.manifest.files}
    manifest = replace(base.manifest, name="stranger")
    stranger = write_bundle(home / "stranger", manifest, {**files, base.weights.name: weights})
    with pytest.raises(BundleError, match=r"did not begin with stranger.*\n.*--base"):
        make_adapter(trained, stranger, None, None)
    changed: dict[str, Any] = dict(base.manifest.labels) | {
        "categories": [{"key": key, "zh": "", "en": ""} for key in ("sound", "taste")]
    }
    renamed = amend_bundle(stranger, labels=changed)
    with pytest.raises(BundleError, match="other categories or labels"):
        make_adapter(trained, renamed, None, None)


def test_the_command_makes_and_shows_a_file(base: Bundle, trained: Bundle, tmp_path: Path) -> None:
    out = tmp_path / "acme.safetensors"
    words = ("adapters", "make", trained.path, "--base", base.path, "-o", out)
    made = called(*words, language="en")
    assert f"acme@1.0.0 beside tiny@1.0.0: {out.stat().st_size:,} bytes" in made.stdout, made.stderr
    shown = called("adapters", "show", out, language="en").stdout
    assert "acme@1.0.0  tiny@1.0.0" in shown and "heads.reading  32 × 7" in shown
    assert called(*words).returncode == 2, "the file was replaced unasked"
