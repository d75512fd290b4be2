"""The pretrained encoder; the only file that knows transformers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from guandian.errors import GuandianError


def load_encoder(source: str, layers: int | None = None) -> nn.Module:
    """An encoder from a local folder or a Hugging Face id, in float32.

    Args:
        source: folder, or an id that is already in the local cache.
        layers: keep only the lowest so many (Sajjad et al. 2020, arXiv:2004.03844).

    Raises:
        GuandianError: when neither a folder nor a cached model answers to `source`.
    """
    from transformers import AutoModel

    local = Path(source).is_dir()
    try:
        model = AutoModel.from_pretrained(
            source, dtype=torch.float32, local_files_only=True, **_no_pooler(source)
        )
    except (OSError, ValueError) as error:
        kind = "folder" if local else "folder or cached Hugging Face id"
        raise GuandianError(
            f"no pretrained model in {source!r} ({kind}): {error}",
            f"fetch it beforehand with `hf download {source}`, or name a local folder",
        ) from error
    return keep_layers(cast(nn.Module, model), layers)


def is_cached(source: str) -> bool:
    """Whether a Hugging Face id is in the local cache; False for what is no id."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        return isinstance(try_to_load_from_cache(source, "config.json"), str)
    except HFValidationError:
        return False


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
    from transformers import AutoConfig, AutoModel

    config = dict(config)
    model_type = config.pop("model_type")
    settings = AutoConfig.for_model(model_type, **config)
    kwargs = {"add_pooling_layer": False} if model_type == "bert" else {}
    build: Any = AutoModel.from_config
    return cast(nn.Module, build(settings, **kwargs))


def keep_layers(model: nn.Module, layers: int | None) -> nn.Module:
    """Drop all but the lowest `layers` encoder layers; the model is changed and returned."""
    body: Any = model.encoder
    total = len(body.layer)
    if layers is None or layers == total:
        return model
    if not 0 < layers < total:
        raise GuandianError(f"asked for {layers} layers of a model that has {total}")
    body.layer = body.layer[:layers]
    model.config.num_hidden_layers = layers  # type: ignore[union-attr]
    return model


def encoder_config(model: nn.Module) -> dict[str, Any]:
    """The transformers configuration as a plain dict that `build_encoder` takes."""
    config = dict(model.config.to_diff_dict())  # type: ignore[operator, union-attr]
    config["model_type"] = model.config.model_type  # type: ignore[union-attr]
    for key in ("transformers_version", "dtype", "architectures", "_name_or_path"):
        config.pop(key, None)
    return config


def _no_pooler(source: str) -> dict[str, bool]:
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(source, local_files_only=True)
    return {"add_pooling_layer": False} if config.model_type == "bert" else {}
