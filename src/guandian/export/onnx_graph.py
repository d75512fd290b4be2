"""A torch module as an ONNX graph in float32: texts of equal length, no padding, no mask."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import onnx
import torch
from onnx.defs import OpSchema
from onnxscript import opset21 as op
from onnxscript.values import Op, Opset
from torch import Tensor, nn

from guandian.errors import GuandianError

OPSET = 21
CONTRIB = "com.microsoft"
LONGEST = 512


def trace(
    model: nn.Module, example: Tensor, outputs: Sequence[str], *, fused: bool = True
) -> onnx.ModelProto:
    """Translate `model(ids)` with any batch and any length.

    Args:
        model: its forward takes int64 ids [B, N] and gives a dictionary of tensors in the order
            of `outputs`.
        example: ids [B, N] with B and N of at least 2.
        outputs: names of the arrays.
        fused: attention as one operator, which is quick, and right where every token attends to
            every token of its text.

    Raises:
        GuandianError: when torch cannot translate the module.
    """
    batch = torch.export.Dim("batch", min=1, max=1 << 16)
    length = torch.export.Dim("length", min=2, max=LONGEST)
    model = model.eval()
    try:
        with _quiet():
            program = torch.onnx.export(
                model,
                (example,),
                dynamo=True,
                dynamic_shapes=({0: batch, 1: length},),
                input_names=["ids"],
                output_names=list(outputs),
                opset_version=OPSET,
                verbose=False,
                custom_translation_table={
                    torch.ops.aten.scaled_dot_product_attention.default: _attention
                }
                if fused
                else {},
            )
    except torch.onnx.errors.OnnxExporterError as error:
        raise GuandianError(
            f"torch cannot translate {type(model).__name__} to ONNX: {error}",
            "its forward must take ids [B, N] alone, and no branch may depend on their values",
        ) from error
    assert program is not None
    network: onnx.ModelProto = program.model_proto
    return _stripped(network)


def _attention(query: Any, key: Any, value: Any, *_mask: Any, **settings: Any) -> Any:
    """Attention [B, heads, N, size] without a mask as one operator of ONNX Runtime.

    The mask that transformers passes is all true where nothing is padded. A model with another
    one differs from its torch form, and the export refuses it.
    """
    heads, size = query.shape[1], query.shape[3]

    def flat(x: Any) -> Any:
        joined: Any = op.Constant(value_ints=[0, 0, heads * size])
        return op.Reshape(op.Transpose(x, perm=[0, 2, 1, 3]), joined)

    scale = {"scale": settings["scale"]} if settings.get("scale") else {}
    read = _MULTI_HEAD(flat(query), flat(key), flat(value), num_heads=heads, **scale)
    apart: Any = op.Constant(value_ints=[0, 0, heads, size])
    return op.Transpose(op.Reshape(read, apart), perm=[0, 2, 1, 3])


def _multi_head() -> Op:
    """ONNX does not know the operators of ONNX Runtime, so this one's schema is given here."""
    floats = [("T", ["tensor(float)"], "")]
    schema = OpSchema(
        "MultiHeadAttention",
        CONTRIB,
        1,
        inputs=[OpSchema.FormalParameter(name, "T") for name in ("query", "key", "value")],
        outputs=[OpSchema.FormalParameter("output", "T")],
        type_constraints=floats,
        attributes=[
            OpSchema.Attribute("num_heads", OpSchema.AttrType.INT, ""),
            OpSchema.Attribute("scale", OpSchema.AttrType.FLOAT, "", required=False),
        ],
    )
    return Op(Opset(CONTRIB, 1), "MultiHeadAttention", schema)


_MULTI_HEAD = _multi_head()


def _stripped(network: onnx.ModelProto) -> onnx.ModelProto:
    """Without the traces of where it was made: they name folders and weigh more than the graph."""
    del network.graph.value_info[:]
    del network.metadata_props[:]
    del network.graph.metadata_props[:]
    for part in (*network.graph.node, *network.graph.initializer):
        del part.metadata_props[:]
        part.doc_string = ""
    for value in (*network.graph.input, *network.graph.output):
        del value.metadata_props[:]
    return network


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's remarks about packages that nobody asked for from the terminal."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)
