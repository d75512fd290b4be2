"""The model that a recipe begins with: where it stands, whether it fits, how it is built."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from guandian.bundle import Bundle, float32_weights, model_folder, shipped, shipped_names
from guandian.bundle.bundle import MANIFEST
from guandian.bundle.ensemble import ENSEMBLE
from guandian.errors import GuandianError
from guandian.tasks.head_spec import HeadSpec

if TYPE_CHECKING:
    from guandian.modeling.model import OpinionModel
    from guandian.recipes.recipe import Recipe

LANGUAGE = "language.safetensors"
"""The file of a bundle that holds a language head, for further training."""


def require_base(recipe: Recipe, root: Path) -> str:
    """The recipe's base; refuses one that cannot take the recipe, before anything is read.

    Raises:
        GuandianError: with where it was looked for and how to fetch it beforehand.
    """
    from guandian.modeling.encoders.pretrained import configuration

    base = base_of(recipe, root)
    refuse_methods(recipe, base)
    if recipe.base.bits is not None:
        refuse_bits(recipe, base)
    tokenizer_of(base)
    bundle = bundle_of(base)
    settings = configuration(base if bundle is None else bundle.manifest.model["encoder"])
    if (recipe.base.layers or 0) > settings.num_hidden_layers:
        raise GuandianError(
            f"base.layers asks for {recipe.base.layers} layers of {recipe.base.model}, which has "
            f"{settings.num_hidden_layers}",
            "leave the key out, or set it to what every model has",
        )
    return base


def base_of(recipe: Recipe, root: Path) -> str:
    """The folder of the recipe's base, or its id in the local Hugging Face cache."""
    named = recipe.base.model
    folder = folder_named(named, root)
    if folder is None:
        from guandian.modeling.encoders.pretrained import is_cached  # and torch with it

        if not is_cached(named):
            folders = ", ".join(map(str, places(named, root)))
            raise GuandianError(
                f"no base model {named!r}: not in {folders}, nor in the Hugging Face cache",
                "check the name and the folder"
                if Path(named).is_absolute()
                else f"put its folder into {root / 'models'}, fetch it beforehand with `hf "
                f"download {named} --local-dir {root / 'models' / named}`, or name the "
                "folder where it is",
            )
    elif (folder / ENSEMBLE).is_file():
        raise GuandianError(
            f"{folder} is an ensemble, which cannot be trained further",
            "begin with one of its members, and name the ensemble as distillation.teacher",
        )
    return str(folder or named)


def refuse_methods(recipe: Recipe, base: str) -> None:
    """Refuse methods that the base cannot take one after the other, before anything is read."""
    from guandian.modeling.encoders.pretrained import configuration
    from guandian.modeling.fine_tuning import FOLDED, require
    from guandian.recipes.methods import parse_method

    bundle = bundle_of(base)
    model: dict[str, Any] = {} if bundle is None else dict(bundle.manifest.model)
    if bundle and recipe.base.attention not in ("auto", model.get("attention", "auto")):
        raise GuandianError(
            f"base.attention: {bundle.manifest.id} was not trained with {recipe.base.attention!r}",
            "a bundle keeps the attention that it has: leave the key out",
        )
    added = parse_method(model["method"]) if "method" in model else None
    config = configuration(model["encoder"] if bundle else base)
    for training in [*map(recipe.at, recipe.stages), recipe]:
        require(config, training.method, added)
        added = added if training.method.kind in FOLDED else training.method


def refuse_bits(recipe: Recipe, base: str) -> None:
    """Refuse four bits where they cannot be, before anything is read."""
    from guandian.modeling.encoders.pretrained import configuration
    from guandian.modeling.encoders.quantised import require_quantiser

    if bundle_of(base) is not None:
        raise GuandianError(
            f"base.bits: {recipe.base.model} is a bundle, whose weights are small already",
            "leave the key out, or begin with a pretrained encoder or decoder",
        )
    if recipe.stages:
        raise GuandianError(
            "base.bits: after a stage its updates are in the weights, which are whole then",
            "leave base.bits or the stages out",
        )
    require_quantiser(configuration(base), recipe.method)


def places(named: str, root: Path) -> list[Path]:
    """The paths of a model by that name: shipped, a path, in `models` beside the data."""
    from guandian.data import data_folder

    models = dict.fromkeys((root / "models", data_folder(root).parent / "models"))
    places = [Path(named), *(folder / named for folder in models)]
    ships = [shipped().with_name(named)] if named in shipped_names() else []
    return [*ships, *dict.fromkeys(places)]


def folder_named(named: str, root: Path) -> Path | None:
    """The folder of the model of that name, None where there is none; of a run its bundle's."""
    folder = next((path for path in places(named, root) if path.is_dir()), None)
    return None if folder is None else model_folder(folder)


def bundle_of(base: str) -> Bundle | None:
    """The bundle that a base is, None where it is an encoder."""
    return Bundle.open(base) if (Path(base) / MANIFEST).is_file() else None


def tokenizer_of(base: str) -> Path:
    """The tokenizer's file of a base."""
    from guandian.modeling.encoders.pretrained import tokenizer_file

    bundle = bundle_of(base)
    return tokenizer_file(base) if bundle is None else bundle.tokenizer


def starting_model(
    recipe: Recipe, base: str, spec: HeadSpec
) -> tuple[OpinionModel, dict[str, Path | bytes]]:
    """A model to train, and the licence notices that its bundle takes over.

    An encoder gets fresh heads, a bundle's model keeps all heads that still fit.
    """
    import torch

    from guandian.modeling.encoders.attention import chosen
    from guandian.modeling.encoders.pretrained import keep_layers, load_encoder
    from guandian.modeling.encoders.quantised import loading, steady
    from guandian.modeling.heads.mlm_head import LanguageHead
    from guandian.modeling.model import OpinionModel
    from guandian.recipes.methods import Adapter
    from guandian.training.model_card import notices
    from guandian.training.step import computing_type

    torch.manual_seed(recipe.seed)
    bundle = bundle_of(base)
    if bundle is None:
        how = None if recipe.base.bits is None else loading(computing_type(recipe))
        encoder = load_encoder(base, recipe.base.layers, how)
        if how is not None:
            steady(encoder)
        attention = chosen(encoder.config, recipe.base.attention)
        model = OpinionModel(encoder, spec, attention)
        return model, dict(notices(recipe.base.model))
    # What stays as it is and is served as it is must not learn beside noise.
    stays = isinstance(recipe.method, Adapter) and recipe.method.keeps_base
    weights = float32_weights(bundle, None if stays else recipe.seed)
    model = OpinionModel.resume(dict(bundle.manifest.model), weights, spec)
    keep_layers(model.encoder, recipe.base.layers)
    if LANGUAGE in bundle.manifest.files:
        model.language = LanguageHead.from_file(bundle.file(LANGUAGE), model.encoder)
    names = [name for name in bundle.manifest.files if name.startswith("LICENSE")]
    return model, {name: bundle.file(name) for name in names}


def starting_shape(recipe: Recipe, base: str, spec: HeadSpec) -> OpinionModel:
    """Build `starting_model` without weights: nothing but the configuration is read."""
    from guandian.modeling.encoders.attention import chosen
    from guandian.modeling.encoders.pretrained import (
        build_encoder,
        configuration,
        keep_layers,
        plain_config,
    )
    from guandian.modeling.heads.mlm_head import LanguageHead
    from guandian.modeling.model import OpinionModel
    from guandian.training.estimate.requirements import weightless
    from guandian.training.parallel.process_group import device_here

    bundle = bundle_of(base)
    with weightless(device_here()):
        if bundle is None:
            encoder = build_encoder(plain_config(configuration(base)))
            keep_layers(encoder, recipe.base.layers)
            return OpinionModel(encoder, spec, chosen(encoder.config, recipe.base.attention))
        model = OpinionModel.shaped(dict(bundle.manifest.model), spec)
        keep_layers(model.encoder, recipe.base.layers)
        if LANGUAGE in bundle.manifest.files:
            model.language = LanguageHead(model.encoder)
    return model
