"""The pretrained encoder; with `layers` the only file that knows transformers."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError
from torch import nn

from guandian.errors import GuandianError, reason
from guandian.modeling.encoders.layers import layers, layers_name


def load_encoder(
    source: str, lowest: int | None = None, how: Mapping[str, Any] | None = None
) -> nn.Module:
    """An encoder from a local folder or a Hugging Face id, in float32.

    Args:
        source: folder, or an id that is already in the local cache.
        lowest: keep only so many of the lowest layers (Sajjad et al. 2020, arXiv:2004.03844).
        how: what `from_pretrained` is told besides.

    Raises:
        GuandianError: when neither a folder nor a cached model answers to `source`.
    """
    from transformers import AutoModel

    config = configuration(source)
    try:
        model = AutoModel.from_pretrained(
            source,
            dtype=torch.float32,
            local_files_only=True,
            **_no_pooler(config),
            **(how or {}),
        )
    except (OSError, ValueError, SafetensorError) as error:
        raise GuandianError(
            f"the weights of {source!r} cannot be read: {reason(error)}",
            f"fetch them again with `hf download {source}`, or name another folder",
        ) from error
    return keep_layers(cast(nn.Module, model), lowest)


def is_cached(source: str) -> bool:
    """Tell whether a Hugging Face id is in the local cache; False for what is no id."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        return isinstance(try_to_load_from_cache(source, "config.json"), str)
    except HFValidationError:
        return False


def has_weights(source: str) -> bool:
    """Tell whether the weights of a local folder, or of an id in the local cache, are there.

    Both are refused by `load_encoder` where they are not; their configuration may be enough.
    """
    from huggingface_hub import try_to_load_from_cache

    folder = Path(source)
    if not folder.is_dir():
        paths = (try_to_load_from_cache(source, name) for name in _WEIGHTS)
        return any(isinstance(path, str) for path in paths)
    return any((folder / name).is_file() for name in _WEIGHTS)


_WEIGHTS = tuple(
    f"{stem}{end}"
    for stem, kind in (("model", ".safetensors"), ("pytorch_model", ".bin"))
    for end in (kind, f"{kind}.index.json")
)


def tokenizer_file(source: str) -> Path:
    """The `tokenizers` file of a local folder or of an id in the local cache.

    Raises:
        GuandianError: when there is none.
    """
    from huggingface_hub import try_to_load_from_cache

    beside = Path(source) / "tokenizer.json"
    cached = beside if Path(source).is_dir() else try_to_load_from_cache(source, beside.name)
    if not isinstance(cached, str | Path) or not Path(cached).is_file():
        raise GuandianError(
            f"no tokenizer.json in {source!r}", "save the model's fast tokenizer into that folder"
        )
    return Path(cached)


def build_encoder(config: dict[str, Any]) -> nn.Module:
    """An untrained encoder from a transformers configuration given as a plain dict."""
    from transformers import AutoModel

    settings = configuration(config)
    build: Any = AutoModel.from_config
    return cast(nn.Module, build(settings, **_no_pooler(settings)))


def pretrained(encoder: nn.Module) -> Any:
    """The transformers model within what a method has put around it."""
    from transformers import PreTrainedModel

    return next(module for module in encoder.modules() if isinstance(module, PreTrainedModel))


def keep_layers(model: nn.Module, count: int | None) -> nn.Module:
    """Drop all but the lowest `count` layers; the model is changed and returned."""
    name = layers_name(model)
    all_layers = layers(model)
    total = len(all_layers)
    if count is None or count == total:
        return model
    if not 0 < count < total:
        raise GuandianError(f"asked for {count} layers of a model that has {total}")
    model.set_submodule(name, all_layers[:count])
    config = cast(Any, model.config)
    config.num_hidden_layers = count
    if getattr(config, "layer_types", None):  # which layers see how far
        config.layer_types = config.layer_types[:count]
    return model


def encoder_config(model: nn.Module) -> dict[str, Any]:
    """The transformers configuration as a plain dict that `build_encoder` takes."""
    return plain_config(model.config)


def plain_config(config: Any) -> dict[str, Any]:
    """A transformers configuration as a plain dict that `build_encoder` takes."""
    plain = dict(config.to_diff_dict()) | {"model_type": config.model_type}
    for key in _ELSEWHERE:
        plain.pop(key, None)
    return plain


_ELSEWHERE = (
    "transformers_version",
    "dtype",
    "architectures",
    "_name_or_path",
    "quantization_config",
)
"""The keys of a configuration on where weights came from, and on how they are kept."""


def configuration(source: str | dict[str, Any]) -> Any:
    """Of transformers, from a folder, an id in the local cache, or a plain dict.

    Raises:
        GuandianError: when there is none.
    """
    from transformers import AutoConfig

    if isinstance(source, dict):
        settings = dict(source)
        return AutoConfig.for_model(settings.pop("model_type"), **settings)
    try:
        return AutoConfig.from_pretrained(source, local_files_only=True)
    except (OSError, ValueError) as error:
        raise GuandianError(
            f"no pretrained model in the folder {source!r}: {reason(error)}"
            if Path(source).is_dir()
            else f"no folder or cached Hugging Face id {source!r}: {reason(error)}",
            f"fetch it beforehand with `hf download {source}`, or name a local folder",
        ) from error


def has_past(config: Any) -> bool:
    """Tell whether models of a configuration take keys and values of an earlier text."""
    return "past_key_values" in signature(_class_of(config).forward).parameters


def _no_pooler(config: Any) -> dict[str, bool]:
    """Leaves out a layer that nothing here reads and no pretraining has filled."""
    has_one = "add_pooling_layer" in signature(_class_of(config).__init__).parameters
    return {"add_pooling_layer": False} if has_one else {}


def _class_of(config: Any) -> Any:
    from transformers import MODEL_MAPPING

    return MODEL_MAPPING[type(config)]
