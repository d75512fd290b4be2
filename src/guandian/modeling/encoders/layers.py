"""Layers of a pretrained model of any family, and their linear maps."""

from __future__ import annotations

from typing import Any, cast

from torch import nn
from transformers.pytorch_utils import Conv1D

from guandian.errors import GuandianError

# Last linear map of an attention or a feed-forward block, by the families' names.
_PROJECTIONS = ("output.dense", "out_lin", "lin2", "Wo", "c_proj", "o_proj", "down_proj")
_FEEDFORWARD = ("lin2", "mlp.Wo", "mlp.c_proj", "down_proj")
_KEYS_VALUES = ("key", "value", "key_proj", "value_proj", "k_proj", "v_proj", "k_lin", "v_lin")
_FUSED = ("Wqkv", "c_attn")
_ATTENTION = ("attention", "attn", "Wqkv")


def layers(encoder: nn.Module) -> nn.ModuleList:
    """The layers, lowest first.

    Raises:
        GuandianError: the model has no list of as many modules as its configuration has layers.
    """
    return cast(nn.ModuleList, encoder.get_submodule(layers_name(encoder)))


def layers_name(encoder: nn.Module) -> str:
    """The name of that list within the model; errors as for `layers`."""
    total = cast(Any, encoder.config).num_hidden_layers
    for name, module in encoder.named_modules():
        if isinstance(module, nn.ModuleList) and len(module) == total:
            return str(name)
    raise GuandianError(
        f"{type(encoder).__name__} has no list of its {total} layers",
        "choose a model whose layers stand in one list, as those of BERT or Llama do",
    )


def linear_maps(encoder: nn.Module, where: str = "all") -> list[str]:
    """Full names of the layers' linear maps: `all`, or those of `attention`."""
    return [
        name
        for name in _linear(encoder)
        if where == "all" or any(part in name for part in _ATTENTION)
    ]


def projections(encoder: nn.Module, highest: int | None = None) -> list[str]:
    """Full names of the last linear maps of attention and feed-forward blocks, lowest first.

    Args:
        encoder: of any family.
        highest: how many layers, counted from the last; None = all.
    """
    within = layers_name(encoder)
    first = 0 if highest is None else len(layers(encoder)) - highest
    named = [name for name in _linear(encoder) if name.endswith(_PROJECTIONS)]
    return [name for name in named if int(name[len(within) + 1 :].split(".")[0]) >= first]


def scaled_maps(encoder: nn.Module) -> tuple[list[str], list[str]]:
    """Full names of the linear maps that (IA)3 scales: keys and values; feed-forward's last."""
    names = _linear(encoder)
    inner = [
        name
        for name in names
        if name.endswith(_FEEDFORWARD)
        or (name.endswith("output.dense") and "attention" not in name)
    ]
    attention = [name for name in names if name.split(".")[-1] in (*_KEYS_VALUES, *_FUSED)]
    return attention, inner


def _linear(encoder: nn.Module) -> list[str]:
    within = layers_name(encoder) + "."
    return [
        name
        for name, module in encoder.named_modules()
        if name.startswith(within) and isinstance(module, nn.Linear | Conv1D)
    ]
