"""Placing of a model's parameters: a part of each in every process, or whole layers by device."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from guandian.modeling.encoders.layers import layers
from guandian.modeling.encoders.pretrained import pretrained
from guandian.modeling.model import OpinionModel

Devices = dict[str, int | str | torch.device]
"""The device of each module, by its name."""


def shard(model: OpinionModel, processes: int, device: torch.device) -> OpinionModel:
    """Leave a part of every parameter in this process (Zhao et al. 2023, arXiv:2304.11277).

    A layer's parameters are whole only while it computes.

    Args:
        model: the same in every process; changed in place and returned.
        processes: of the default process group.
        device: of this process.
    """
    # It fears changes in place of what the heads answer; the losses make none.
    warnings.filterwarnings("ignore", message="FSDP2-wrapped module")
    model.to(device)
    mesh = init_device_mesh(device.type, (processes,))
    for layer in layers(pretrained(model.encoder)):
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)
    return model


def whole(value: Tensor) -> Tensor:
    """A tensor put together from its parts; every process must ask for it."""
    return value.full_tensor() if isinstance(value, DTensor) else value


def part_like(value: Tensor, model: Tensor) -> Tensor:
    """This process's part of a whole tensor, if that is how `model` lies; else `value`."""
    if not isinstance(model, DTensor):
        return value
    moved = value.to(model.device)
    return distribute_tensor(moved, model.device_mesh, model.placements, src_data_rank=None)


def device_map(model: OpinionModel, memory: dict[int | str, int | str] | None = None) -> Devices:
    """The device of each module, filled in their order; layers stay whole.

    Args:
        model: on one device.
        memory: bytes (or `20GiB`) that each device may give; by default what its GPU has free.
    """
    from accelerate import infer_auto_device_map
    from accelerate.utils import get_balanced_memory

    together = [type(layers(pretrained(model.encoder))[0]).__name__, "Heads"]
    options: Any = {"no_split_module_classes": together}
    room = memory or get_balanced_memory(model, **options)
    devices: Devices = infer_auto_device_map(model, max_memory=room, **options)
    return devices


def spread(model: OpinionModel, devices: Devices) -> OpinionModel:
    """Put each module on its device; what they compute is carried along. In place."""
    from accelerate import dispatch_model

    dispatch_model(model, devices, force_hooks=True)
    return model


def collect(model: OpinionModel) -> OpinionModel:
    """Bring a model back to the processor, without what `spread` hung into it. In place."""
    from accelerate.hooks import remove_hook_from_submodules

    remove_hook_from_submodules(model)
    return model.to("cpu")
