"""Carries out a fine-tuning method on a model: what is added, what learns, what is folded in."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from guandian.errors import GuandianError
from guandian.modeling.encoders.frozen import frozen_layers
from guandian.modeling.encoders.layers import linear_maps, projections, scaled_maps
from guandian.modeling.encoders.pretrained import has_past
from guandian.modeling.encoders.quantised import PACKAGE, dequantise, is_quantised, quantiser
from guandian.recipes.methods import (
    AdaLora,
    Adapter,
    Dora,
    Frozen,
    Full,
    Ia3,
    Lora,
    Method,
    Prefix,
    Prompt,
)

if TYPE_CHECKING:
    from guandian.modeling.decoders.decoder import Decoder
    from guandian.modeling.model import OpinionModel

_NAME = "default"  # of the one adapter of a model
READING = "reading"
"""The heads' map that category, polarity and what is implicit are read from."""
FOLDED = ("full", "frozen", "lora", "dora", "adalora", "ia3")
"""Methods whose result is a model of the same shape."""


class Bottleneck(nn.Module):
    """A linear map with a learnt detour behind it; at first the detour adds nothing."""

    def __init__(self, inner: nn.Module, width: int, size: int) -> None:
        super().__init__()
        self.inner = inner
        self.down = nn.Linear(width, size)
        self.up = nn.Linear(size, width)
        nn.init.normal_(self.down.weight, std=0.02)
        for fresh in (self.down.bias, self.up.weight, self.up.bias):
            nn.init.zeros_(fresh)

    def forward(self, hidden: Tensor) -> Tensor:
        """[..., inner width] to [..., width]."""
        mapped: Tensor = self.inner(hidden)
        return mapped + self.up(nn.functional.gelu(self.down(mapped)))  # type: ignore[no-any-return]


class Prompted(nn.Module):
    """An encoder with learnt tokens before the text, which do not show in its answer."""

    def __init__(self, tuned: nn.Module, shown: int) -> None:
        super().__init__()
        # peft names the encoder's embeddings a second time: they would be stored twice.
        tuned.__dict__["word_embeddings"] = tuned._modules.pop("word_embeddings")
        self.tuned = tuned
        self.config = tuned.config
        self._shown = shown

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Any:
        """As the encoder's own."""
        # The encoder itself would make a mask that does not know of the learnt tokens.
        mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        output = self.tuned(input_ids, attention_mask=mask)
        output.last_hidden_state = output.last_hidden_state[:, self._shown :]
        return output


def adapt(model: OpinionModel, method: Method, steps: int = 1) -> None:
    """Add what the method adds and let it and the heads learn, the rest as the method says.

    Args:
        model: changed in place.
        method: what to do.
        steps: optimiser steps of the run, for methods with a plan over time.

    Raises:
        GuandianError: the encoder cannot take the method.
    """
    require(model.encoder.config, method, model.added)
    model.method = method
    encoder = model.encoder
    if isinstance(method, Full):
        model.requires_grad_(True)
        return
    encoder.requires_grad_(False)
    if method.kind not in FOLDED:
        model.added = method
    if isinstance(method, Frozen):
        for layer in frozen_layers(encoder, method)[1]:
            layer.requires_grad_(True)
        return
    if isinstance(method, Adapter):
        _insert(encoder, projections(encoder, method.layers), method.size)
        if not method.heads:
            model.heads.requires_grad_(False)
            _insert(model.heads, [READING], method.size)
        return
    if find_spec(PACKAGE) is not None:
        quantiser()  # peft imports it, quantised weights or not
    from peft import get_peft_model

    with quiet():  # peft asks transformers for what it calls deprecated
        tuned: Any = get_peft_model(cast(Any, encoder), _peft_config(encoder, method, steps))
    if isinstance(method, Prefix | Prompt):
        tuned = Prompted(tuned, method.tokens if isinstance(method, Prompt) else 0)
    model.encoder = tuned


def require(config: Any, method: Method, added: Method | None = None) -> None:
    """Refuse a method that an encoder cannot take, from its configuration alone.

    Args:
        config: of transformers.
        method: what is asked for.
        added: whose additions are in the network already.

    Raises:
        GuandianError: it cannot.
    """
    if isinstance(method, Prefix) and not has_past(config):
        raise GuandianError(
            f"prefix tuning needs keys and values of an earlier text, which {config.model_type} "
            "models do not take",
            "choose method.kind = adapter or lora, or another base",
        )
    total = config.num_hidden_layers
    if isinstance(method, Frozen) and (method.layers or 0) > total:
        raise GuandianError(
            f"method.layers asks for {method.layers} frozen layers of a model that has {total}",
            f"set it to at most {total}",
        )
    if isinstance(method, Adapter) and (method.layers or 0) > total:
        raise GuandianError(
            f"method.layers asks for bottlenecks in {method.layers} layers of a model that has "
            f"{total}",
            f"set it to at most {total}",
        )
    if added is not None and method.kind != "full":
        raise GuandianError(
            f"the base has what the method {added.kind!r} added, so {method.kind!r} cannot follow",
            "train it with method.kind = full, or begin with the bundle that it came from",
        )


def learned(model: OpinionModel | Decoder) -> dict[str, Tensor]:
    """The tensors that a run changes or adds, by their names in the state; heads included."""
    state: dict[str, Tensor] = model.state_dict()
    if model.method.kind == "full":
        return state
    still = {name for name, p in model.named_parameters() if not p.requires_grad}
    return {name: value for name, value in state.items() if _weight(name) not in still}


def load_learned(model: OpinionModel | Decoder, state: dict[str, Tensor]) -> None:
    """Put back what `learned` gave, into a model that was adapted the same way.

    Raises:
        RuntimeError: other names or shapes than this model learns.
    """
    names = set(learned(model))
    if names != set(state):
        apart = sorted(names ^ set(state))
        raise RuntimeError(f"{len(apart)} names differ, such as {', '.join(apart[:3])}")
    model.load_state_dict(state, strict=False)


def penalty(model: OpinionModel) -> Tensor | None:
    """The cost of AdaLoRA's updates for not being orthogonal; None with other methods."""
    method = model.method
    if not isinstance(method, AdaLora) or not method.orthogonality:
        return None
    apart = []
    for name, parameter in model.encoder.named_parameters():
        if "lora_A" in name or "lora_B" in name:
            rows = parameter if "lora_A" in name else parameter.T
            identity = torch.eye(len(rows), device=rows.device, dtype=rows.dtype)
            apart.append((rows @ rows.T - identity).norm())
    return method.orthogonality * torch.stack(apart).mean()


def after_step(model: OpinionModel, step: int) -> None:
    """Let AdaLoRA move its ranks; call it between an optimiser step and the next zeroing.

    Args:
        model: with the gradients of the step.
        step: steps done.
    """
    if isinstance(model.method, AdaLora):
        cast(Any, model.encoder).base_model.update_and_allocate(step)


def memory(model: OpinionModel) -> dict[str, Tensor]:
    """The state of a method between steps besides parameters: AdaLoRA's importances."""
    if not isinstance(model.method, AdaLora):
        return {}
    tuner = cast(Any, model.encoder).base_model
    importances = {
        f"{kind}/{name}": value
        for kind in ("ipt", "exp_avg_ipt", "exp_avg_unc")
        for name, value in getattr(tuner.rankallocator, kind).items()
    }
    ranks = tuner.peft_config[_NAME].rank_pattern or {}
    return importances | {f"ranks/{name}": torch.tensor(rank) for name, rank in ranks.items()}


def remember(model: OpinionModel, state: dict[str, Tensor]) -> None:
    """Put back what `memory` gave."""
    if not isinstance(model.method, AdaLora):
        return
    tuner = cast(Any, model.encoder).base_model
    for key, value in state.items():
        kind, name = key.split("/", 1)
        if kind == "ranks":
            config = tuner.peft_config[_NAME]
            config.rank_pattern = (config.rank_pattern or {}) | {name: value.tolist()}
        else:
            getattr(tuner.rankallocator, kind)[name] = value


def merge(model: OpinionModel) -> None:
    """Add low-rank updates and factors to the weights, where `unmerge` can take them out again.

    Raises:
        GuandianError: the method's additions cannot be expressed in the weights.
    """
    tuned = _tuned(model)
    _own(tuned)
    tuned.merge_adapter()


def unmerge(model: OpinionModel) -> None:
    """Undo `merge`, within rounding of float32."""
    with quiet():  # it warns of that rounding
        _tuned(model).unmerge_adapter()


def fold(model: OpinionModel) -> None:
    """Merge for good where the method can: the model has the shape that it began with.

    Weights of four bits become float32 first, so that what was learned is not rounded with them.
    """
    if is_quantised(model.encoder):
        _dequantise(model)
    if model.method.kind not in FOLDED:
        return
    if model.method.kind not in ("full", "frozen"):
        _own(model.encoder)
        model.encoder = cast(Any, model.encoder).merge_and_unload()
    model.requires_grad_(True)
    model.method = Full()


def beside(model: OpinionModel) -> OpinionModel:
    """Another model on the same encoder weights in memory, with heads of its own.

    Adapting it leaves `model` as it is, so several adapters answer by turns from one encoder.
    """
    shared = {id(value): value for value in (*model.encoder.parameters(), *model.encoder.buffers())}
    return copy.deepcopy(model, shared)


def _dequantise(model: OpinionModel) -> None:
    state = learned(model)
    dequantise(model.encoder)
    if model.method.kind not in FOLDED or model.method.kind == "frozen":
        return
    # What peft put around weights of four bits knows no others.
    model.encoder = cast(Any, model.encoder).unload()
    adapt(model, model.method)
    load_learned(model, state)


def _weight(name: str) -> str:
    """The parameter that an entry of a state dictionary is, or that it tells how to read."""
    before, weight, _ = name.partition(".weight.")
    return f"{before}.weight" if weight else name


def _tuned(model: OpinionModel) -> Any:
    if model.method.kind not in FOLDED or model.method.kind in ("full", "frozen"):
        raise GuandianError(
            f"what the method {model.method.kind!r} adds cannot be merged into the weights",
            "lora, dora, adalora and ia3 can",
        )
    return model.encoder


@contextmanager
def quiet() -> Iterator[None]:
    """Warnings of peft and transformers about each other stay away while the block runs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _own(tuned: nn.Module) -> None:
    """Copies of the weights that merging changes, which another model may share."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    for module in tuned.modules():
        if isinstance(module, BaseTunerLayer):
            base: Any = module.get_base_layer()
            base.weight = nn.Parameter(base.weight.detach().clone(), requires_grad=False)


def _insert(within: nn.Module, names: Sequence[str], size: int) -> None:
    for name in names:
        inner: Any = within.get_submodule(name)
        width = inner.out_features if isinstance(inner, nn.Linear) else inner.nf
        parent, _, last = name.rpartition(".")
        setattr(within.get_submodule(parent), last, Bottleneck(inner, width, size))


def _peft_config(encoder: nn.Module, method: Method, steps: int) -> Any:
    import peft

    if isinstance(method, Lora):
        return peft.LoraConfig(
            r=method.rank,
            lora_alpha=method.alpha,  # type: ignore[arg-type]
            lora_dropout=method.dropout,
            target_modules=linear_maps(encoder, method.where),
            use_dora=isinstance(method, Dora),
        )
    if isinstance(method, AdaLora):
        first = min(max(1, round(method.warm * steps)), max(1, steps - 2))
        last = min(max(1, round(method.settle * steps)), max(1, steps - first - 1))
        return peft.AdaLoraConfig(
            init_r=method.first_rank,
            target_r=min(method.rank, method.first_rank),
            lora_alpha=method.alpha,  # type: ignore[arg-type]
            lora_dropout=method.dropout,
            target_modules=linear_maps(encoder, method.where),
            total_step=max(steps, first + last + 1),
            tinit=first,
            tfinal=last,
            deltaT=max(1, steps // 100),
        )
    if isinstance(method, Ia3):
        attention, inner = scaled_maps(encoder)
        return peft.IA3Config(target_modules=[*attention, *inner], feedforward_modules=inner)
    if isinstance(method, Prefix):
        return peft.PrefixTuningConfig(
            task_type=peft.TaskType.FEATURE_EXTRACTION,
            num_virtual_tokens=method.tokens,
            prefix_projection=method.width is not None,
            encoder_hidden_size=method.width,  # type: ignore[arg-type]
        )
    assert isinstance(method, Prompt)
    embeddings: Any = encoder.get_input_embeddings()  # type: ignore[operator]
    return peft.PromptTuningConfig(
        task_type=peft.TaskType.FEATURE_EXTRACTION,
        num_virtual_tokens=method.tokens,
        token_dim=embeddings.embedding_dim,  # ELECTRA's are narrower than its hidden states
    )
