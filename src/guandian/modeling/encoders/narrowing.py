"""Encoders with fewer heads and narrower feed-forward blocks, each layer by itself.

Heads and inner features are judged by the first-order change of the loss without them (Michel et
al. 2019, arXiv:1905.10650; Molchanov et al. 2017, arXiv:1611.06440), and cut out of the matrices:
what is left is a smaller network, not one with zeros in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from guandian.errors import GuandianError
from guandian.modeling.encoders.layers import layers

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The heads and inner features of each layer, lowest first.

    Attributes:
        heads: how many attention heads.
        widths: how many inner features of the feed-forward block.
    """

    heads: tuple[int, ...]
    widths: tuple[int, ...]

    def to_json(self) -> dict[str, list[int]]:
        """For the configuration of a model."""
        return {"heads": list(self.heads), "widths": list(self.widths)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Narrowed:
        """What `to_json` has written."""
        return cls(tuple(map(int, values["heads"])), tuple(map(int, values["widths"])))


def require_blocks(encoder: nn.Module) -> list[nn.Module]:
    """The layers of an encoder of BERT's family, whose blocks can be cut.

    Raises:
        GuandianError: its layers are built in another way.
    """
    blocks = list(layers(encoder))
    if not all(_is_cut(layer) for layer in blocks):
        kind = cast(Any, encoder.config).model_type
        raise GuandianError(
            f"the layers of {kind} models are not of BERT's kind, whose heads can be cut out",
            "leave heads and width out, or choose a model of BERT's, RoBERTa's or ELECTRA's family",
        )
    return blocks


def _is_cut(layer: nn.Module) -> bool:
    parts = dict(layer.named_modules())
    named = ("attention.self.query", "attention.self.key", "attention.self.value",
             "attention.output.dense", "intermediate.dense", "output.dense")  # fmt: skip
    counts = hasattr(parts.get("attention.self"), "num_attention_heads")
    return counts and all(isinstance(parts.get(name), nn.Linear) for name in named)


def narrowed(encoder: nn.Module) -> Narrowed | None:
    """The shape of an encoder whose layers are not what its configuration says; else None."""
    config: Any = encoder.config
    try:
        shape = block_shape(layers(encoder))
    except (AttributeError, GuandianError):  # no layers of BERT's kind, so nobody has cut them
        return None
    whole = (config.num_attention_heads, config.intermediate_size)
    return None if {*zip(shape.heads, shape.widths, strict=True)} == {whole} else shape


def block_shape(blocks: Iterable[Any]) -> Narrowed:
    """The heads and inner features that layers have."""
    counts = [
        (int(layer.attention.self.num_attention_heads), int(layer.intermediate.dense.out_features))
        for layer in blocks
    ]
    return Narrowed(tuple(heads for heads, _ in counts), tuple(width for _, width in counts))


def shrink(encoder: nn.Module, shape: Narrowed) -> None:
    """Give an untrained encoder a shape that another was cut to; in place.

    Raises:
        GuandianError: it has other layers than the shape.
    """
    blocks = require_blocks(encoder)
    if len(blocks) != len(shape.heads) or len(blocks) != len(shape.widths):
        raise GuandianError(
            f"the model has {len(blocks)} layers, and its heads are told of {len(shape.heads)}"
        )
    cut(
        encoder,
        [np.arange(count) for count in shape.heads],
        [np.arange(count) for count in shape.widths],
    )


def cut(
    encoder: nn.Module, heads: Sequence[NDArray[np.int64]], inner: Sequence[NDArray[np.int64]]
) -> None:
    """Keep some heads and inner features of each layer; in place.

    Args:
        encoder: of BERT's family.
        heads: numbers of those left, by layer, in order.
        inner: numbers of the inner features left, likewise.
    """
    for layer, own_heads, features in zip(require_blocks(encoder), heads, inner, strict=True):
        block: Any = layer
        attention = block.attention.self
        size = attention.attention_head_size
        rows = torch.from_numpy((own_heads[:, None] * size + np.arange(size)).ravel())
        for name in ("query", "key", "value"):
            setattr(attention, name, _rows(getattr(attention, name), rows))
        block.attention.output.dense = _columns(block.attention.output.dense, rows)
        attention.num_attention_heads = len(own_heads)
        attention.all_head_size = len(rows)
        left = torch.from_numpy(features)
        block.intermediate.dense = _rows(block.intermediate.dense, left)
        block.output.dense = _columns(block.output.dense, left)


def _rows(linear: nn.Linear, left: Tensor) -> nn.Linear:
    cut_map = nn.Linear(linear.in_features, len(left), bias=linear.bias is not None)
    cut_map.weight = nn.Parameter(linear.weight.detach()[left].clone())
    if linear.bias is not None:
        cut_map.bias = nn.Parameter(linear.bias.detach()[left].clone())
    return cut_map.train(linear.training)


def _columns(linear: nn.Linear, left: Tensor) -> nn.Linear:
    cut_map = nn.Linear(len(left), linear.out_features, bias=linear.bias is not None)
    cut_map.weight = nn.Parameter(linear.weight.detach()[:, left].clone())
    if linear.bias is not None:
        cut_map.bias = nn.Parameter(linear.bias.detach().clone())
    return cut_map.train(linear.training)


@dataclass
class Importance:
    """What the loss would change by without a head or an inner feature, to first order.

    Attributes:
        heads: by layer [heads].
        inner: by layer [inner features].
    """

    heads: list[Floats]
    inner: list[Floats]


@contextmanager
def measured_importance(encoder: nn.Module) -> Iterator[Importance]:
    """Add up, while this is open, what each backward pass tells of heads and inner features.

    Of a head it is |a . g| over its features, of an inner feature |a * g|: a is the activation, g
    its gradient; summed over the tokens of all texts.

    Args:
        encoder: of BERT's family; losses are differentiated through it meanwhile.
    """
    blocks = require_blocks(encoder)
    shape = block_shape(blocks)
    measured = Importance(
        [np.zeros(count) for count in shape.heads], [np.zeros(count) for count in shape.widths]
    )
    hooks = []
    for number, layer in enumerate(blocks):
        block: Any = layer
        size = int(block.attention.self.attention_head_size)
        for module, sums, features in (
            (block.attention.output.dense, measured.heads[number], size),
            (block.output.dense, measured.inner[number], 1),
        ):
            hooks.append(module.register_forward_pre_hook(_watch(sums, features)))
    try:
        yield measured
    finally:
        for hook in hooks:
            hook.remove()


def _watch(sums: Floats, features: int) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
    """Take the product of an input and its gradient, `features` together, into `sums`."""

    def hook(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        (values,) = inputs
        if not values.requires_grad:
            return
        left = values.detach()

        def differentiated(gradient: Tensor) -> None:
            product = left * gradient
            product = product.view(*product.shape[:-1], -1, features).sum(-1).abs()
            sums.__iadd__(product.flatten(0, -2).sum(0).double().numpy())

        values.register_hook(differentiated)  # type: ignore[no-untyped-call]

    return hook


def most_important(
    importance: Importance, heads: float, inner: float, multiple: int = 32
) -> tuple[list[NDArray[np.int64]], list[NDArray[np.int64]]]:
    """The heads and inner features to keep, of all layers together the most important ones.

    Layers are made comparable by the length of their heads' importance, as Michel et al. do. Each
    keeps a head at least, and of inner features a multiple that processors multiply well.

    Args:
        importance: as `measured_importance` gives it.
        heads: the share of heads that is left, 0 to 1.
        inner: the share of inner features.
        multiple: of inner features in a layer.

    Returns:
        By layer the numbers left, in order: of heads, of inner features.
    """
    return (
        _kept(importance.heads, heads, 1),
        _kept(importance.inner, inner, multiple),
    )


def _kept(scores: Sequence[Floats], share: float, multiple: int) -> list[NDArray[np.int64]]:
    lengths = [float(np.linalg.norm(row)) or 1.0 for row in scores]
    scaled = [row / length for row, length in zip(scores, lengths, strict=True)]
    everything = np.sort(np.concatenate(scaled))[::-1]
    least = everything[max(0, round(share * len(everything)) - 1)]
    left = []
    for row in scaled:
        count = round(int((row >= least).sum()) / multiple) * multiple
        count = min(max(count, multiple), len(row)) if share < 1 else len(row)
        left.append(np.sort(np.argsort(-row, kind="stable")[:count]).astype(np.int64))
    return left
