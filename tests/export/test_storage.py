"""Weights in fewer bits: the same answers wherever they are loaded, in fewer bytes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import pytest
import torch

from guandian.bundle import Bundle, Manifest, Precision, float32_weights, precision_of
from guandian.engine import Engine
from guandian.export import export_bundle
from guandian.modeling.model import OpinionModel

from .tiny import answers, some_ids

Export = Callable[[Precision], Bundle]


@pytest.fixture(scope="module")
def exported(model: OpinionModel, tmp_path_factory: pytest.TempPathFactory) -> Export:
    folder = tmp_path_factory.mktemp("stored")

    def export(precision: Precision) -> Bundle:
        path = folder / precision
        if path.is_dir():
            return Bundle.open(path)
        return export_bundle(
            path,
            model,
            manifest=Manifest("tiny", "0.0.1", tasks=("opinions",), model=model.config()),
            example=some_ids(3, 17),
            files={},
            precision=precision,
        )

    return export


@pytest.mark.parametrize(("precision", "share"), [("int4", 0.8), ("float16", 2.6)])
def test_torch_and_the_engine_read_the_same_weights(
    exported: Export, model: OpinionModel, bundle: Bundle, precision: Precision, share: float
) -> None:
    fewer = exported(precision)
    assert precision_of(fewer) == precision and precision_of(bundle) == "int8"
    assert fewer.weights.stat().st_size < share * bundle.weights.stat().st_size
    again = OpinionModel.from_config(dict(fewer.manifest.model)).eval()
    weights = {name: torch.from_numpy(array) for name, array in float32_weights(fewer).items()}
    again.load_state_dict(weights, strict=True)
    ids = some_ids(4, 30)
    original, expected = answers(model, ids), answers(again, ids)
    for name, array in Engine.open(fewer, threads=1).run(ids).items():
        from_loaded = np.sqrt(np.mean((array - expected[name]) ** 2))
        assert from_loaded < np.sqrt(np.mean((array - original[name]) ** 2)), name
        assert np.corrcoef(array.ravel(), original[name].ravel())[0, 1] > 0.9, name


def test_four_bits_are_multiplied_as_whole_numbers_of_eight(exported: Export) -> None:
    network = onnx.load(exported("int4").network, load_external_data=False)
    kinds = {tensor.data_type for tensor in network.graph.initializer}
    assert {onnx.TensorProto.INT4, onnx.TensorProto.UINT4} <= kinds
    products = [n for n in network.graph.node if n.op_type == "MatMulIntegerToFloat"]
    made = {output for node in network.graph.node for output in node.output}
    assert products and all(node.input[1] in made for node in products)
    engine = Engine.open(exported("int4"), threads=1)
    ids = some_ids(6, 21)
    together = engine.run(ids)
    for name, array in together.items():
        alone = np.concatenate([engine.run(ids[k : k + 1])[name] for k in range(len(ids))])
        np.testing.assert_allclose(alone, array, rtol=0, atol=1e-5)


def test_a_dither_of_four_bits_is_as_wide_as_their_steps(exported: Export) -> None:
    bundle = exported("int4")
    plain, noisy = float32_weights(bundle), float32_weights(bundle, seed=1)
    name = "encoder.encoder.layer.0.intermediate.dense.weight"
    moved = np.abs(plain[name] - noisy[name])
    row = np.abs(plain[name]).max(1, keepdims=True)
    assert 0 < np.median(moved / row) < 1 / 14
    bias = name.replace("weight", "bias")
    assert np.array_equal(plain[bias], noisy[bias])
