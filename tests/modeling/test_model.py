from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.tiny_base import config, model, write_base

from guandian.errors import GuandianError
from guandian.modeling.encoders.pretrained import (
    is_cached,
    keep_layers,
    load_encoder,
    tokenizer_file,
)
from guandian.modeling.model import OpinionModel
from guandian.tasks.head_spec import OUTPUTS, HeadSpec
from guandian.training.checkpoint import save_weights
from guandian.training.validation import forward_of

SPEC = HeadSpec(("performance", "price", "taste"))
IDS = np.random.default_rng(2).integers(4, 400, (3, 17))
OTHER_PROCESS = """
import json, sys
from pathlib import Path
import numpy as np
from guandian.modeling.model import OpinionModel
from guandian.training.checkpoint import load_weights
from guandian.training.validation import forward_of
folder = Path(sys.argv[1])
model = OpinionModel.from_config(json.loads((folder / "config.json").read_text())).eval()
load_weights(folder / "weights.safetensors", model)
np.savez(folder / "logits.npz", **forward_of(model)(np.load(folder / "ids.npy")))
"""


def test_shapes_are_what_the_spec_says() -> None:
    found = forward_of(model(SPEC).eval())(IDS)
    assert tuple(found) == OUTPUTS
    assert {name: array.shape for name, array in found.items()} == {
        "spans": (3, 5, 17, 17),
        "pairs": (3, 2, 17, 17),
        "category": (3, 17, 2, 3),
        "polarity": (3, 17, 2, 3),
        "implicit": (3, 17),
        "sentiment": (3, 3),
    }
    assert all(array.dtype == np.float32 for array in found.values())


def test_padding_and_batch_mates_change_no_answer() -> None:
    network = model(SPEC).eval()
    ids = torch.full((2, 25), 1)
    mask = torch.zeros_like(ids)
    ids[0, :17], mask[0, :17] = torch.from_numpy(IDS[0]), 1
    ids[1], mask[1] = 7, 1
    with torch.inference_mode():
        batch = network(ids, mask)
    alone = forward_of(network)(IDS[:1])
    for name, array in alone.items():
        ours = batch[name][0].numpy()
        if name in ("spans", "pairs"):
            ours = ours[:, :17, :17]
        elif name != "sentiment":
            ours = ours[:17]
        np.testing.assert_allclose(ours, array[0], rtol=0, atol=1e-5, err_msg=name)


@pytest.mark.slow
def test_a_new_process_gives_the_same_logits(tmp_path: Path) -> None:
    import json

    network = model(SPEC).eval()
    save_weights(tmp_path / "weights.safetensors", network)
    (tmp_path / "config.json").write_text(json.dumps(network.config()))
    np.save(tmp_path / "ids.npy", IDS)
    subprocess.run([sys.executable, "-c", OTHER_PROCESS, str(tmp_path)], check=True)
    expected = forward_of(network)(IDS)
    with np.load(tmp_path / "logits.npz") as found:
        assert set(found) == set(OUTPUTS)
        for name, array in expected.items():
            np.testing.assert_allclose(found[name], array, rtol=0, atol=1e-5)


def test_going_on_with_other_categories_keeps_the_rows_of_those_that_both_have() -> None:
    before = model(SPEC)
    weights = {name: tensor.numpy().copy() for name, tensor in before.state_dict().items()}
    torch.manual_seed(99)
    spec = HeadSpec(("price", "smell", "performance", "taste", "colour"))
    after = OpinionModel.resume(before.config(), weights, spec).eval()
    old, new = forward_of(before.eval())(IDS), forward_of(after)(IDS)
    for name in OUTPUTS:
        if name != "category":
            np.testing.assert_allclose(new[name], old[name], rtol=0, atol=1e-6)
    for key in SPEC.categories:
        ours = new["category"][..., spec.categories.index(key)]
        np.testing.assert_allclose(
            ours, old["category"][..., SPEC.categories.index(key)], rtol=0, atol=1e-6
        )


def test_layers_are_cut_from_above(tmp_path: Path) -> None:
    whole = load_encoder(str(write_base(tmp_path)))
    cut = load_encoder(str(tmp_path), 1)
    assert cut.config.num_hidden_layers == 1  # type: ignore[union-attr]
    names = set(cut.state_dict())
    assert names < set(whole.state_dict())
    assert all(torch.equal(whole.state_dict()[name], cut.state_dict()[name]) for name in names)
    with pytest.raises(GuandianError, match="3 layers of a model that has 2"):
        keep_layers(whole, 3)


def test_a_base_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(GuandianError, match="no pretrained model in"):
        load_encoder(str(tmp_path))
    with pytest.raises(GuandianError, match=r"no tokenizer\.json"):
        tokenizer_file(str(tmp_path))
    assert not is_cached("no-such-owner/no-such-model")
    assert not is_cached("../somewhere/else/entirely")


def test_the_config_builds_an_equal_model() -> None:
    network = model(SPEC)
    again = OpinionModel.from_config(network.config())
    shapes = {name: tensor.shape for name, tensor in network.state_dict().items()}
    assert shapes == {name: tensor.shape for name, tensor in again.state_dict().items()}
    assert again.config() == network.config()
    assert network.config()["encoder"]["hidden_size"] == config()["hidden_size"]
