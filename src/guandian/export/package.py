"""Write a trained model as a bundle, and refuse one that computes something else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from guandian.bundle import Bundle, Manifest, Precision, write_bundle
from guandian.bundle.bundle import NETWORK, WEIGHTS
from guandian.engine import Engine
from guandian.errors import BundleError
from guandian.export.fewer_passes import fewer_passes
from guandian.export.known_graphs import graph_of
from guandian.export.onnx_graph import trace
from guandian.export.quantize import quantize
from guandian.export.storage import place
from guandian.modeling.model import OpinionModel

# What float32 may differ by between two programs, and whole numbers from float32, as a share of
# the spread of an output. The second bound only catches what is broken (the outputs of a head that
# hardly varies drift by half their spread and change nothing): `parity` is the gate.
FLOAT_DRIFT = 1e-3
WHOLE_DRIFT = 1.0
HALF_DRIFT = 0.05
COLLAPSED = 1e-4
_LIMITS: dict[Precision, float] = {
    "float32": FLOAT_DRIFT,
    "float16": HALF_DRIFT,
    "int8": WHOLE_DRIFT,
    "int4": WHOLE_DRIFT,
}


def export_bundle(
    path: str | Path,
    model: nn.Module,
    *,
    manifest: Manifest,
    example: NDArray[np.int64],
    files: Mapping[str, Path | bytes],
    precision: Precision = "int8",
    overwrite: bool = False,
) -> Bundle:
    """Export a model to a folder that mines without torch and that training can start from.

    Args:
        path: the folder that is to appear.
        model: `model(ids)` gives a dictionary of tensors; where it has no attribute `all_see_all`
            that is False, every token attends to every token.
        manifest: its `files` are filled in here.
        example: real token ids [B, N], B and N at least 2; the two forms are compared on them.
        files: the bundle's other files (tokenizer.json, card.md, LICENSES, ...).
        precision: of the weights: 7-bit matrices and 8-bit tables, what four bits hold of them,
            float32, or float32 rounded to 16 bits.
        overwrite: replace a bundle that is there.

    Raises:
        GuandianError: when torch cannot translate the model.
        BundleError: when the exported form answers differently, the model answers every text
            alike, or `path` is taken.
    """
    model = model.eval()
    ids = torch.from_numpy(np.ascontiguousarray(example))
    expected = _answers(model, ids)
    _refuse_collapsed(expected)
    if isinstance(model, OpinionModel):
        network = graph_of(model, ids, list(expected), fused=model.all_see_all)
    else:
        network = trace(model, ids, list(expected), fused=getattr(model, "all_see_all", True))
    plain = Engine.of_network(network.SerializeToString(), threads=1)
    if worst := _beyond(_drift(expected, plain.run(example)), FLOAT_DRIFT):
        raise BundleError(
            f"the translated model answers differently from torch: {worst} the output's spread,"
            f" {FLOAT_DRIFT:g} allowed",
            "export a model whose tokens all attend to each other, and in evaluation mode",
        )
    state = {name: tensor.detach().cpu().numpy() for name, tensor in model.state_dict().items()}
    network, weights = quantize(network, state, precision)
    stored = place(fewer_passes(network), weights)
    content = {**files, NETWORK: network.SerializeToString(), WEIGHTS: stored}
    bundle = write_bundle(path, manifest, content, overwrite=overwrite)
    limit = _LIMITS[precision]
    if worst := _beyond(_drift(expected, Engine.open(bundle, threads=1).run(example)), limit):
        raise BundleError(
            f"its weights as {precision} make the model answer differently from torch: {worst} the"
            f" output's spread, {limit:g} allowed",
            "say --precision float32; if its scores are low too, the training went astray: train"
            " anew with a lower optimisation.learning_rate",
        )
    return bundle


def _refuse_collapsed(expected: Mapping[str, NDArray[np.float32]]) -> None:
    """A spread of nothing but rounding can be compared with nothing."""
    flat = [name for name, a in expected.items() if a.std() < COLLAPSED * np.abs(a).mean()]
    if flat:
        raise BundleError(
            f"the model gives one and the same answer everywhere ({', '.join(flat)}): its training "
            "collapsed",
            "train anew with a lower optimisation.learning_rate or a longer optimisation.warmup",
        )


def _beyond(drift: Mapping[str, float], limit: float) -> str:
    """The outputs that differ by more, such as `read 18 ×`; empty where none does."""
    return ", ".join(f"{name} {share:.2g} ×" for name, share in drift.items() if not share <= limit)


def _answers(model: nn.Module, ids: Tensor) -> dict[str, NDArray[np.float32]]:
    with torch.inference_mode():
        return {name: tensor.float().numpy() for name, tensor in model(ids).items()}


def _drift(
    expected: Mapping[str, NDArray[np.float32]], actual: Mapping[str, NDArray[np.float32]]
) -> dict[str, float]:
    """By output the root mean square of the difference, as a share of the output's spread."""
    shares = {}
    for name, array in expected.items():
        spread = float(array.std()) or 1.0
        shares[name] = float(np.sqrt(np.mean((actual[name] - array) ** 2))) / spread
    return shares
