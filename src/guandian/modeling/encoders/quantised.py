"""Pretrained weights in four bits, which a method adapts without changing them.

QLoRA of Dettmers et al. 2023 (arXiv:2305.14314): 4-bit NormalFloat in blocks of 64, whose scales
are quantised themselves, in blocks of 256, by bitsandbytes. Embeddings and norms stay in float32.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from types import ModuleType
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from guandian.errors import GuandianError
from guandian.modeling.encoders.pretrained import build_encoder, plain_config, pretrained
from guandian.recipes.methods import Frozen, Full, Method

PACKAGE = "bitsandbytes"
_BLOCK, _BLOCKS = 64, 256
_LEVELS, _SCALE_LEVELS = 16, 256


def require_quantiser(config: Any, method: Method) -> None:
    """Refuse what 4-bit weights cannot take, before any are read.

    Args:
        config: of transformers.
        method: by which they are to be adapted.

    Raises:
        GuandianError: bitsandbytes is not installed, the method would change the weights, or the
            encoder has maps of another kind.
    """
    if find_spec(PACKAGE) is None:
        raise GuandianError(f"base.bits needs {PACKAGE}", "pip install 'guandian[quantised]'")
    unfrozen = isinstance(method, Frozen) and method.layers not in (None, config.num_hidden_layers)
    if isinstance(method, Full) or unfrozen:
        raise GuandianError(
            f"method.kind = {method.kind!r} would change weights of 4 bits, which cannot learn",
            "choose lora, dora, adalora, ia3, adapter, prefix, prompt, or frozen without layers",
        )
    with torch.device("meta"):
        encoder = build_encoder(plain_config(config))
    if any(isinstance(module, Conv1D) for module in encoder.modules()):
        raise GuandianError(
            f"base.bits: {config.model_type} models keep their maps transposed",
            "leave base.bits out, or choose another base",
        )
    # Blocks of wider or narrower rows go over their ends, which the package reads wrongly on a
    # processor (0.50.2): far more is lost than by rounding.
    widths = {module.in_features for module in encoder.modules() if isinstance(module, nn.Linear)}
    if odd := sorted(width for width in widths if width % _BLOCK):
        raise GuandianError(
            f"base.bits needs maps of a multiple of {_BLOCK} inputs, and {config.model_type} here "
            f"has {odd[0]}",
            "leave base.bits out, or choose another base",
        )


def is_quantised(encoder: nn.Module) -> bool:
    """Tell whether the weights are in four bits."""
    return bool(getattr(pretrained(encoder), "is_loaded_in_4bit", False))


def quantiser() -> ModuleType:
    """The package bitsandbytes.

    On some processors it looks on the Hugging Face Hub for a quicker kernel while it is imported,
    where the package kernels is installed, and warns where it is not; nothing is fetched here.
    """
    if PACKAGE not in sys.modules:
        log = logging.getLogger(PACKAGE)
        level = log.level
        before = sys.modules.get("kernels")
        sys.modules["kernels"] = cast(ModuleType, None)  # an import of it fails
        log.setLevel(logging.ERROR)
        try:
            import bitsandbytes.nn  # noqa: F401
        finally:
            log.setLevel(level)
            del sys.modules["kernels"]
            if before is not None:
                sys.modules["kernels"] = before
    return sys.modules[PACKAGE]


def loading(compute: torch.dtype) -> dict[str, Any]:
    """Options of `from_pretrained` to read weights in four bits.

    Args:
        compute: what they are multiplied in.
    """
    from transformers import BitsAndBytesConfig

    quantiser()
    device = torch.cuda.current_device() if torch.cuda.is_available() else "cpu"
    config = BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute,
        llm_int8_skip_modules=[],
    )
    return {"quantization_config": config, "device_map": {"": device}}


def steady(encoder: nn.Module) -> None:
    """Keep weights of four bits as they are when evaluating.

    On processors with bf16, bitsandbytes lays them out anew then, in a way that has no gradients.
    """
    for _, module in _quantised(encoder):
        module.support_avx512bf16_for_cpu = False


def dequantise(encoder: nn.Module) -> None:
    """Turn weights of four bits back into float32, in place, wherever they stand."""
    for name, module in list(_quantised(encoder)):
        packed = module.weight
        weight = quantiser().functional.dequantize_4bit(packed.data, packed.quant_state)
        plain = nn.Linear(1, 1, bias=module.bias is not None, device="meta")
        plain.in_features, plain.out_features = module.in_features, module.out_features
        plain.weight = nn.Parameter(weight.float(), requires_grad=False)
        if module.bias is not None:
            plain.bias = nn.Parameter(module.bias.detach().float(), requires_grad=False)
        encoder.set_submodule(name, plain.train(module.training))
    pretrained(encoder).is_loaded_in_4bit = False


def _quantised(encoder: nn.Module) -> Iterator[tuple[str, Any]]:
    kind = quantiser().nn.Linear4bit
    return ((name, module) for name, module in encoder.named_modules() if type(module) is kind)


class Packed(nn.Linear):
    """A linear map in four bits without weights: it holds and computes as one with them."""

    def __init__(self, like: nn.Linear, compute: torch.dtype) -> None:
        nn.Module.__init__(self)
        self.in_features, self.out_features = like.in_features, like.out_features
        self.compute = compute
        self.register_parameter("bias", like.bias)
        count = like.weight.numel()
        packed = torch.empty(-(-count // 2), 1, dtype=torch.uint8)
        self.weight = nn.Parameter(packed, requires_grad=False)
        scales = -(-count // _BLOCK)
        self.register_buffer("scales", torch.empty(scales, dtype=torch.uint8))
        self.register_buffer("scales_of_scales", torch.empty(-(-scales // _BLOCKS)))
        self.register_buffer("offset", torch.empty(()))
        self.register_buffer("levels", torch.empty(_LEVELS))
        self.register_buffer("levels_of_scales", torch.empty(_SCALE_LEVELS))

    def forward(self, input: Tensor) -> Tensor:
        """[..., in] to [..., out]."""
        shape = (self.out_features, self.in_features)
        product: Tensor = _Product.apply(input.to(self.compute), self.weight, shape)  # type: ignore[no-untyped-call]
        bias: Tensor | None = self.bias
        product = product if bias is None else product + bias.to(self.compute)
        return product.to(input.dtype)


class _Product(torch.autograd.Function):
    """The whole weight is there while it is multiplied by, forward and backward."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, packed: Tensor, shape: tuple[int, int]) -> Tensor:
        ctx.save_for_backward(packed)
        ctx.shape = shape
        return nn.functional.linear(values, packed.new_empty(shape, dtype=values.dtype))

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:
        (packed,) = ctx.saved_tensors
        whole = packed.new_empty(ctx.shape, dtype=torch.float32).to(gradient.dtype)
        return gradient @ whole, None, None


def pack(encoder: nn.Module, compute: torch.dtype) -> None:
    """Let an encoder without weights hold and compute as if its maps were in four bits."""
    for name, module in list(encoder.named_modules()):
        if isinstance(module, nn.Linear):
            encoder.set_submodule(name, Packed(module, compute))
