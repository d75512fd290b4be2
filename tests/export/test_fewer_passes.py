from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from guandian.bundle import Bundle, shipped
from guandian.bundle.bundle import WEIGHTS
from guandian.engine import Engine
from guandian.export.fewer_passes import fewer_passes
from guandian.export.onnx_graph import trace
from guandian.export.quantize import quantize
from guandian.export.storage import place
from guandian.modeling.model import OpinionModel

from .tiny import some_ids


@pytest.fixture(scope="module")
def plain(model: OpinionModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model as `quantize` leaves it, with its weights beside it."""
    ids = torch.from_numpy(some_ids(3, 17))
    with torch.inference_mode():
        outputs = list(model(ids))
    state = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    network, weights = quantize(trace(model, ids, outputs), state)
    path = tmp_path_factory.mktemp("plain") / "model.onnx"
    path.with_name(WEIGHTS).write_bytes(place(network, weights))
    path.write_bytes(network.SerializeToString())
    return path


def test_it_computes_the_same_bits_in_fewer_passes(plain: Path) -> None:
    network = onnx.load(plain, load_external_data=False)
    before = Counter(node.op_type for node in network.graph.node)
    lighter = plain.with_name("lighter.onnx")
    lighter.write_bytes(fewer_passes(network).SerializeToString())
    after = Counter(node.op_type for node in network.graph.node)
    assert before["Neg"] - after["Neg"] == before["Max"] - after["Max"] > 0
    assert after["Max"] == after["QuantizeLinear"]
    assert before["Div"] - after["Div"] == after["QuantizeLinear"] == before["QuantizeLinear"]
    first, second = (Engine.of_network(path, threads=1) for path in (plain, lighter))
    for batch, length in ((1, 2), (1, 40), (7, 3), (5, 128)):
        ids = some_ids(batch, length, seed=length)
        expected = first.run(ids)
        for name, array in second.run(ids).items():
            assert np.array_equal(array, expected[name]), name


def test_twice_is_once(plain: Path) -> None:
    network = fewer_passes(onnx.load(plain, load_external_data=False))
    once = network.SerializeToString()
    assert fewer_passes(network).SerializeToString() == once


def test_the_shipped_network_is_in_that_form() -> None:
    network = onnx.load(Bundle.open(shipped()).network, load_external_data=False)
    content = network.SerializeToString()
    assert fewer_passes(network).SerializeToString() == content
    rounded = [node.input[0] for node in network.graph.node if node.op_type == "QuantizeLinear"]
    divided = {output for n in network.graph.node if n.op_type == "Div" for output in n.output}
    assert rounded and divided.isdisjoint(rounded)
