from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from guandian.bundle import Bundle, Manifest, float32_weights
from guandian.engine import Engine
from guandian.errors import BundleError
from guandian.export import export_bundle, known_graphs, package
from guandian.export.quantize import quantize
from guandian.export.storage import place
from guandian.modeling.model import OpinionModel

from .tiny import answers, some_ids, tiny_model


def test_the_engine_answers_as_torch_does(model: OpinionModel, bundle: Bundle) -> None:
    engine = Engine.open(bundle, threads=1)
    for batch, length in ((1, 2), (2, 128), (5, 40)):
        ids = some_ids(batch, length, seed=length)
        expected, found = answers(model, ids), engine.run(ids)
        assert tuple(expected) == engine.outputs
        for name, array in expected.items():
            assert found[name].shape == array.shape
            assert found[name].dtype == np.float32
            assert np.corrcoef(found[name].ravel(), array.ravel())[0, 1] > 0.98, name


def test_loaded_weights_in_torch_answer_as_the_engine_does(
    model: OpinionModel, bundle: Bundle
) -> None:
    again = OpinionModel.from_config(json.loads(json.dumps(bundle.manifest.model))).eval()
    weights = {name: torch.from_numpy(array) for name, array in float32_weights(bundle).items()}
    again.load_state_dict(weights, strict=True)
    ids = some_ids(4, 30)
    original, expected = answers(model, ids), answers(again, ids)
    for name, array in Engine.open(bundle, threads=1).run(ids).items():
        # What is left is the rounding of activations, so it is closer to these weights.
        from_loaded = np.sqrt(np.mean((array - expected[name]) ** 2))
        assert from_loaded < np.sqrt(np.mean((array - original[name]) ** 2)), name


def test_a_review_does_not_depend_on_its_batch_its_order_or_the_threads(bundle: Bundle) -> None:
    one, two = Engine.open(bundle, threads=1), Engine.open(bundle, threads=2)
    ids = some_ids(24, 33)
    together = one.run(ids)
    order = np.random.default_rng(3).permutation(len(ids))
    alone = [one.run(ids[k : k + 1]) for k in range(len(ids))]
    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(lambda k: one.run(ids[k : k + 5]), range(0, 20, 5)))
    for name, array in together.items():
        singles = np.concatenate([answer[name] for answer in alone])
        parts = np.concatenate([answer[name] for answer in at_once])
        np.testing.assert_allclose(singles, array, rtol=0, atol=1e-5)
        np.testing.assert_allclose(parts, array[:20], rtol=0, atol=1e-5)
        np.testing.assert_allclose(one.run(ids[order])[name], array[order], rtol=0, atol=1e-5)
        np.testing.assert_allclose(two.run(ids)[name], array, rtol=0, atol=1e-5)


def test_weights_are_stored_once_and_most_of_them_as_whole_numbers(bundle: Bundle) -> None:
    network = onnx.load(bundle.network, load_external_data=False)
    inside = sum(
        numpy_helper.to_array(one).nbytes
        for one in network.graph.initializer
        if one.data_location != onnx.TensorProto.EXTERNAL
    )
    assert inside < 220_000  # the rotary tables
    parameters = sum(array.size for array in float32_weights(bundle).values())
    assert bundle.weights.stat().st_size < 1.7 * parameters  # four bytes each in float32
    assert b"/tests/" not in bundle.network.read_bytes()  # no trace of where it was made


@pytest.mark.usefixtures("bundle")
def test_a_second_model_of_a_structure_is_not_translated_and_answers_as_torch_does(
    model: OpinionModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = some_ids(2, 9)
    names = list(answers(model, ids))
    known_graphs.graph_of(model, torch.from_numpy(ids), names, fused=True)  # the bundle's, known
    monkeypatch.setattr(known_graphs, "trace", None)
    other = tiny_model(0.9)
    manifest = Manifest("tiny", "0.0.1")
    bundle = export_bundle(
        tmp_path / "other", other, manifest=manifest, example=ids, files={}, precision="float32"
    )
    expected = answers(other, some_ids(3, 21))
    for name, array in Engine.open(bundle, threads=1).run(some_ids(3, 21)).items():
        np.testing.assert_allclose(array, expected[name], rtol=0, atol=2e-4)


@pytest.mark.slow
def test_float32_is_exact(model: OpinionModel, tmp_path: Path) -> None:
    bundle = export_bundle(
        tmp_path / "float",
        model,
        manifest=Manifest("tiny", "0.0.1"),
        example=some_ids(2, 9),
        files={},
        precision="float32",
    )
    ids = some_ids(3, 21)
    expected = answers(model, ids)
    for name, array in Engine.open(bundle, threads=1).run(ids).items():
        np.testing.assert_allclose(array, expected[name], rtol=0, atol=2e-4)
    for name, tensor in model.state_dict().items():
        assert np.array_equal(float32_weights(bundle)[name], tensor.numpy())


class Backwards(nn.Module):
    """Attention that looks back only: not what a review is read with."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(50, 32)

    def forward(self, ids: Tensor) -> dict[str, Tensor]:
        x = self.table(ids).unflatten(-1, (2, 16)).transpose(1, 2)
        read = nn.functional.scaled_dot_product_attention(x, x, x, is_causal=True)
        return {"read": read.transpose(1, 2).flatten(-2)}


def test_a_model_that_collapsed_is_refused_for_what_it_is(tmp_path: Path) -> None:
    model = tiny_model()
    with torch.no_grad():  # one hidden state for all tokens of all texts
        for norm in [m for m in model.encoder.modules() if isinstance(m, nn.LayerNorm)]:
            norm.weight.zero_()
    with pytest.raises(BundleError, match=r"one and the same answer .*implicit.*\n.*learning_rate"):
        export_bundle(
            tmp_path / "flat",
            model,
            manifest=Manifest("flat", "1"),
            example=some_ids(2, 9),
            files={},
        )
    assert not (tmp_path / "flat").exists()


def test_what_rounding_spoils_is_told_apart_from_what_translation_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tiny_model()
    monkeypatch.setitem(package._LIMITS, "int8", 1e-9)
    with pytest.raises(BundleError, match=r"weights as int8 .*×(.|\n)*--precision float32"):
        export_bundle(
            tmp_path / "rough",
            model,
            manifest=Manifest("rough", "1"),
            example=some_ids(2, 9),
            files={},
        )


def test_a_model_that_would_answer_differently_is_refused(tmp_path: Path) -> None:
    torch.manual_seed(0)
    with pytest.raises(BundleError, match="answers differently from torch: read "):
        export_bundle(
            tmp_path / "causal",
            Backwards(),
            manifest=Manifest("causal", "1"),
            example=some_ids(2, 12) % 50,
            files={},
        )


def test_products_are_exact_where_pairs_could_overflow(tmp_path: Path) -> None:
    """The largest activations times the largest weights: AVX2 adds pairs in 16 bits."""
    weight = np.full((512, 256), 3.0, np.float32)
    rows = np.full((7, 512), 5.0, np.float32)
    found = _product(tmp_path, weight, rows)
    np.testing.assert_allclose(found, rows @ weight, rtol=1e-6)
    np.testing.assert_allclose(_product(tmp_path, weight, -rows), -rows @ weight, rtol=1e-6)


def test_an_outlier_in_one_row_leaves_the_others_alone(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(512, 256)).astype(np.float32)
    rows = rng.normal(size=(8, 512)).astype(np.float32)
    wild = rows.copy()
    wild[3] *= 1000
    calm, mixed = _product(tmp_path, weight, rows), _product(tmp_path, weight, wild)
    others = [k for k in range(8) if k != 3]
    assert np.array_equal(calm[others], mixed[others])
    # A row of zeros has no scale, and gives zeros.
    assert not _product(tmp_path, weight, np.zeros((1, 512), np.float32)).any()


def test_a_number_and_a_vector_of_one_number_stay_apart(tmp_path: Path) -> None:
    """Looking up the row 0 drops a dimension, looking up the rows [0] does not."""
    node = onnx.helper.make_node
    nodes = [node("Gather", ["x", "row"], ["one"]), node("Gather", ["x", "rows"], ["many"])]
    constants = {"rows": np.zeros(1, np.int64), "row": np.zeros((), np.int64)}
    session = _session(tmp_path, nodes, constants, {}, [4, 3])
    one, many = session.run(None, {"x": np.ones((4, 3), np.float32)})
    assert (one.shape, many.shape) == ((3,), (1, 3))


def _product(folder: Path, weight: NDArray[Any], rows: NDArray[Any]) -> NDArray[Any]:
    """rows @ weight by a graph of one product, quantised."""
    nodes = [onnx.helper.make_node("MatMul", ["x", "w"], ["y"])]
    state = {"linear.weight": np.ascontiguousarray(weight.T)}
    session = _session(folder, nodes, {"w": weight}, state, ["n", len(weight)])
    return np.asarray(session.run(None, {"x": rows})[0])


def _session(
    folder: Path,
    nodes: list[onnx.NodeProto],
    constants: dict[str, NDArray[Any]],
    state: dict[str, NDArray[Any]],
    shape: list[Any],
) -> ort.InferenceSession:
    """A graph of x, quantised; its outputs are those of its nodes."""
    values = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        nodes,
        "test",
        [values("x", onnx.TensorProto.FLOAT, shape)],
        [values(node.output[0], onnx.TensorProto.FLOAT, None) for node in nodes],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    opset = onnx.helper.make_opsetid("", 21)
    plain = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=10)
    network, weights = quantize(plain, state)
    (folder / "weights.safetensors").write_bytes(place(network, weights))
    (folder / "model.onnx").write_bytes(network.SerializeToString())
    return ort.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
