"""The optimiser of a run, its learning rates over layers and over time."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn

from guandian.modeling.encoders.layers import layers, layers_name
from guandian.modeling.model import OpinionModel
from guandian.recipes.decoder_recipe import DecoderOptimisation
from guandian.recipes.methods import Full
from guandian.recipes.recipe import Recipe
from guandian.recipes.sections import Optimisation

MOMENTUM = 0.9
Share = Callable[[Optimisation, int, int], float]
"""From the settings, a step (from 0) and how many there are to a share of the highest rates."""


def make_optimiser(model: OpinionModel, recipe: Recipe) -> torch.optim.Optimizer:
    """An optimiser of what learns, in groups by learning rate and weight decay.

    Each group's highest rate stands under `rate`; `set_rate` gives it its share.
    """
    settings = recipe.optimisation
    depth = _depths(model)
    decay = recipe.method.layer_decay if isinstance(recipe.method, Full) else 1.0
    groups: dict[tuple[bool, float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        of_heads = name.startswith(("heads.", "language."))
        rate = (
            settings.head_learning_rate
            if of_heads
            else settings.learning_rate * decay ** depth(name)
        )
        shrinks = settings.weight_decay if parameter.dim() > 1 else 0.0
        groups.setdefault((of_heads, rate, shrinks), []).append(parameter)
    return _build(
        settings,
        [
            {
                "params": chosen,
                "lr": rate,
                "weight_decay": shrinks,
                "rate": rate,
                "of_heads": of_heads,
            }
            for (of_heads, rate, shrinks), chosen in groups.items()
        ],
    )


def set_rate(optimiser: torch.optim.Optimizer, share: float, *, heads_alone: bool = False) -> None:
    """Give every group a share of its highest rate; none but the heads' where they learn alone."""
    for group in optimiser.param_groups:
        group["lr"] = 0.0 if heads_alone and not group["of_heads"] else group["rate"] * share


def rate_share(settings: Optimisation | DecoderOptimisation, step: int, total: int) -> float:
    """From 0 to 1: up in a line while it warms up, then constant, down in a line or a cosine."""
    warm = max(1, round(settings.warmup * total))
    if step + 1 <= warm:
        return (step + 1) / warm
    left = max(0.0, (total - step) / max(1, total - warm))
    if settings.schedule == "linear":
        return min(1.0, left)
    return 1.0 if settings.schedule == "constant" else (1 - math.cos(math.pi * min(1.0, left))) / 2


def _depths(model: OpinionModel) -> Callable[[str], int]:
    """A function from a parameter's name to how many layers stand above its own."""
    within = f"encoder.{layers_name(model.encoder)}."
    total = len(layers(model.encoder))

    def above(name: str) -> int:
        if name.startswith(within):
            return total - 1 - int(name[len(within) :].split(".", maxsplit=1)[0])
        return total if "embed" in name else 0

    return above


def _build(settings: Optimisation, groups: list[dict[str, object]]) -> torch.optim.Optimizer:
    if settings.optimiser == "sgd":
        return torch.optim.SGD(groups, momentum=MOMENTUM)
    if settings.optimiser == "adafactor":
        return torch.optim.Adafactor(groups)
    return torch.optim.AdamW(groups, fused=True)
