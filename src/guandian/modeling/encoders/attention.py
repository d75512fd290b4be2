"""Who sees whom: decoders read as encoders."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import nn

Attention = Literal["own", "causal", "both"]
"""`own`, an encoder's; `causal`, a decoder's own; `both`, a decoder whose tokens see both ways."""


def is_decoder(config: Any) -> bool:
    """Tell whether models of a transformers configuration only ever look back."""
    from transformers import MODEL_FOR_CAUSAL_LM_MAPPING, MODEL_FOR_MASKED_LM_MAPPING

    kind = type(config)
    return kind in MODEL_FOR_CAUSAL_LM_MAPPING and kind not in MODEL_FOR_MASKED_LM_MAPPING


def chosen(config: Any, setting: Literal["auto", "causal"]) -> Attention:
    """The attention that a recipe's `base.attention` means for models of a configuration."""
    if not is_decoder(config):
        return "own"
    return "causal" if setting == "causal" else "both"


def see_both_ways(decoder: nn.Module) -> None:
    """Let every token of a decoder see every other one (Li et al. 2023, arXiv:2310.01208)."""

    def unmasked(
        _: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        texts = args[0] if args else kwargs.get("input_ids")
        texts = kwargs["inputs_embeds"] if texts is None else texts
        batch, length = texts.shape[0], texts.shape[1]
        mask = kwargs.get("attention_mask")
        if mask is None:
            mask = torch.ones((batch, length), device=texts.device)
        hidden = (1.0 - mask.float()) * torch.finfo(torch.float32).min
        return args, kwargs | {"attention_mask": hidden[:, None, None].expand(-1, 1, length, -1)}

    decoder.register_forward_pre_hook(unmasked, with_kwargs=True)


def all_see_all(config: Any, attention: Attention) -> bool:
    """Tell whether no layer hides any token of a text from another."""
    return attention != "causal" and "sliding_attention" not in (
        getattr(config, "layer_types", None) or ()
    )
