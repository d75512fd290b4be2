"""The shape that a rung's training starts from: what of the model stays, chosen on its texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from guandian.bundle import Bundle
from guandian.errors import GuandianError
from guandian.experiments.ladder.reshaping import Shaped, model_of, with_fewer_pieces
from guandian.recipes.ladder_plan import Rung
from guandian.recipes.recipe import Recipe
from guandian.text.pieces import Pieces
from guandian.tracking.events import ignore

if TYPE_CHECKING:
    from guandian.modeling.encoders.narrowing import Importance
    from guandian.modeling.model import OpinionModel
    from guandian.text.fewer_pieces import FewerPieces
    from guandian.training.data.batches import Batch
    from guandian.training.step import TrainingInputs

_JUDGED_TEXTS = 256
"""Training texts by which layers, heads and inner features are judged."""
_DITHER = 1
"""Seed of the noise that further training of whole numbers needs."""


@dataclass
class Material:
    """The model that rungs are made from, and the texts that say what of it matters.

    Attributes:
        bundle: of the model.
        recipe: by which rungs are trained.
        root: of its sets.
    """

    bundle: Bundle
    recipe: Recipe
    root: Path
    _fewer: dict[float, FewerPieces] = field(default_factory=dict)

    @cached_property
    def inputs(self) -> TrainingInputs:
        """The training texts as the recipe prepares them; every dev text is left out."""
        from guandian.pipelines.stages import start

        return start(self.recipe, self.root, ignore)

    @property
    def tokens(self) -> int:
        """Tokens of one epoch."""
        return int(self.inputs.prepared.tokens)

    @cached_property
    def pieces(self) -> Pieces:
        """The model's tokenizer."""
        return Pieces.from_file(self.bundle.tokenizer)

    def fewer(self, share: float) -> FewerPieces:
        """The tokenizer with a share of its pieces, those that the training texts need."""
        from guandian.text.fewer_pieces import fewer_pieces

        if share not in self._fewer:
            self._fewer[share] = fewer_pieces(self.bundle.tokenizer, self._texts(), share)
        return self._fewer[share]

    def _texts(self) -> Iterator[str]:
        from guandian.training.data.dataset import gather

        for record, _ in gather(self.recipe, self.root).train:
            yield record.text

    def batches(self) -> list[Batch]:
        """A few training texts, drawn over all sets."""
        from guandian.training.loop import batches_of

        lengths = [len(example.ids) for example in self.inputs.prepared.examples]
        rng = np.random.default_rng(self.recipe.seed)
        drawn = rng.permutation(len(lengths))[:_JUDGED_TEXTS]
        ordered = sorted(drawn.tolist(), key=lengths.__getitem__)
        indices = [ordered[k : k + 16] for k in range(0, len(ordered), 16)]
        return batches_of(self.inputs, indices)


def shaped_for(rung: Rung, material: Material, source: Bundle, *, trained: bool) -> Shaped:
    """The model in a rung's shape.

    Layers go first, then heads and inner features, judged in what is left, then pieces.

    Args:
        rung: says what stays.
        material: texts to judge by.
        source: the bundle that the rung is made from.
        trained: whether it is trained further, and its weights need their dither.

    Raises:
        GuandianError: more layers are asked for than there are, or the family cannot be cut.
    """
    from guandian.modeling.encoders.layers import layers
    from guandian.modeling.encoders.pretrained import pretrained

    model = model_of(source, _DITHER if trained else None)
    if rung.layers is not None:
        total = len(layers(pretrained(model.encoder)))
        if rung.layers > total:
            raise GuandianError(
                f"the rung {rung.name} asks for {rung.layers} layers, and {source.manifest.id} has "
                f"{total}",
                "name with --teacher the bundle of a deeper model with the same tokenizer",
            )
        drop_layers(model, rung.layers, material.batches())
    if rung.heads is not None or rung.width is not None:
        narrow_model(model, rung, material)
    if rung.vocabulary is None:
        return Shaped(model)
    fewer = material.fewer(rung.vocabulary)
    return Shaped(with_fewer_pieces(model, fewer, material.pieces), fewer.tokenizer)


def drop_layers(model: OpinionModel, count: int, batches: Sequence[Batch]) -> list[int]:
    """Leave out layers one after the other, each time the one whose absence changes least.

    What changes is told by the loss of distillation from the whole model, as in training.

    Args:
        model: changed in place.
        count: of layers that stay.
        batches: texts on which answers are compared.

    Returns:
        The numbers of those that stay, from 0.
    """
    import torch

    from guandian.modeling.encoders.layers import layers, layers_name
    from guandian.modeling.encoders.pretrained import pretrained
    from guandian.modeling.heads.distillation import distillation_loss

    encoder = pretrained(model.encoder)
    name, whole = layers_name(encoder), list(layers(encoder))
    left = list(range(len(whole)))
    with torch.inference_mode():
        answers = [model(batch.ids, batch.mask) for batch in batches]

        def apart(numbers: Sequence[int]) -> float:
            encoder.set_submodule(name, torch.nn.ModuleList(whole[k] for k in numbers))
            losses = [
                distillation_loss(model(b.ids, b.mask), before, b.mask, model.spec.tasks)
                for b, before in zip(batches, answers, strict=True)
            ]
            return float(torch.stack(losses).mean())

        while len(left) > count:
            left = min(([k for k in left if k != gone] for gone in left), key=apart)
    encoder.set_submodule(name, torch.nn.ModuleList(whole[k] for k in left))
    config: Any = encoder.config
    config.num_hidden_layers = count
    if getattr(config, "layer_types", None):
        config.layer_types = [config.layer_types[k] for k in left]
    return left


def narrow_model(model: OpinionModel, rung: Rung, material: Material) -> None:
    """Cut heads and inner features out of a model; in place."""
    from guandian.modeling.encoders.narrowing import cut, most_important
    from guandian.modeling.encoders.pretrained import pretrained

    importance = importance_of(model, material)
    heads, inner = most_important(importance, rung.heads or 1.0, rung.width or 1.0)
    cut(pretrained(model.encoder), heads, inner)


def importance_of(model: OpinionModel, material: Material) -> Importance:
    """What the loss of the labels would change by without each head and inner feature."""
    from guandian.modeling.encoders.narrowing import measured_importance
    from guandian.modeling.encoders.pretrained import pretrained
    from guandian.training.losses.adversarial import differentiate
    from guandian.training.step import TrainState

    alone = material.recipe.model_copy(update={"distillation": None})
    inputs = material.inputs._replace(model=model, teacher=None)
    with TemporaryDirectory() as folder, TrainState(alone, inputs, 1, Path(folder)) as state:
        model.eval()
        with measured_importance(pretrained(model.encoder)) as importance:
            for batch in material.batches():
                if state.loss.applies_to(batch):
                    model.zero_grad(set_to_none=True)
                    differentiate(state.loss.compute(batch)[1])
    model.zero_grad(set_to_none=True)
    return importance
