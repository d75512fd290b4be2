"""Estimates of a recipe: its trainings measured without weights, then a few steps of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Labelled, Polarity
from guandian.pipelines.base_models import bundle_of, starting_model, starting_shape
from guandian.pipelines.stages import StagedTraining, TrainedModel
from guandian.tasks.head_spec import HeadSpec

if TYPE_CHECKING:
    from guandian.modeling.model import OpinionModel
    from guandian.recipes.recipe import Recipe
    from guandian.recipes.sections import Part, Question
    from guandian.tracking.events import OnEvent
    from guandian.training.data.pseudo_labels import Labeller
    from guandian.training.estimate.requirements import Memory, Needs, Parameters
    from guandian.training.estimate.throughput import Pace, Seconds


@dataclass(frozen=True, slots=True)
class Estimate:
    """Time and memory of one training of a recipe, named as in JSON.

    Attributes:
        name: of the stage or the recipe.
        method, precision, device: by which, in what and on what it learns.
        bits: of the base's matrices, None where they are whole.
        windows: texts, or parts of long ones, that are learned from.
        tokens_an_epoch: repeats counted, without padding.
        steps: of the optimiser, at most: patience may end it sooner.
        parameters, bytes, largest_batch, flops_a_step: as `Needs` has them; on average.
        free_bytes: on the device.
        flops: of the whole training.
        minutes, scoring_minutes: of the steps and frozen states, and of all scorings, float64 [2].
        pace: what was measured.
    """

    name: str
    method: str
    precision: str
    bits: int | None
    device: str
    windows: int
    tokens_an_epoch: int
    steps: int
    parameters: Parameters
    bytes: Memory
    free_bytes: int
    largest_batch: tuple[int, int]
    flops: float
    flops_a_step: float
    minutes: Seconds
    scoring_minutes: Seconds
    pace: Pace

    def to_json(self) -> dict[str, Any]:
        """Every figure by its name; times by the clock and of all cores."""
        return asdict(self, dict_factory=_by_name)


def estimate_training(recipe: Recipe, root: Path, on_event: OnEvent) -> Iterator[Estimate]:
    """Estimate each training of a recipe, stages first; nothing is written.

    Where the weights are there and a training has room in the free memory, a few of its real steps
    are timed, else products of matrices.

    Args:
        recipe: what to train on what.
        root: as for `train_bundle`.
        on_event: told of what is read.

    Raises:
        GuandianError: all that the training would refuse before its first step.
    """
    import torch

    from guandian.tracking.events import Began
    from guandian.training.estimate.requirements import free_bytes, measure_requirements
    from guandian.training.estimate.throughput import by_matmul, by_steps
    from guandian.training.loop import few, schedule
    from guandian.training.parallel.process_group import device_here
    from guandian.training.step import computing_type

    staged, device = DryTraining(recipe, root, on_event), device_here()
    names = {torch.float32: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}
    stages = [(recipe.at(stage), stage.question, stage.name) for stage in recipe.stages]
    trainings = [*stages, (recipe, None, recipe.name)]
    for number, (training, question, name) in enumerate(trainings, 1):
        if training is not recipe:
            on_event(Began(name, number, len(stages)))
        inputs = staged.prepare(training, question)
        steps = schedule(training, inputs.prepared)
        if (warning := few(training, inputs.prepared, steps)) is not None:
            on_event(warning)
        needs = measure_requirements(training, inputs, steps)
        flops = float(needs.flops.sum()) + needs.flops_before
        if (model := staged.with_weights(training, question, needs)) is not None:
            pace = by_steps(training, inputs._replace(model=model), steps, needs.flops)
        else:
            width = int(inputs.model.encoder.config.hidden_size)  # type: ignore[union-attr, arg-type]
            pace = by_matmul(training, width, needs.largest[0] * needs.largest[1], flops)
        yield Estimate(
            name=name,
            method=training.method.kind,
            precision=names[computing_type(training)],
            bits=training.base.bits,
            device=torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
            windows=len(inputs.prepared.examples),
            tokens_an_epoch=inputs.prepared.tokens,
            steps=len(steps),
            parameters=needs.parameters,
            bytes=needs.memory,
            free_bytes=free_bytes(device),
            largest_batch=needs.largest,
            flops=flops,
            flops_a_step=float(needs.flops.mean()),
            minutes=(pace.before + pace.steps) / 60,
            scoring_minutes=pace.scoring / 60,
            pace=pace,
        )


class DryTraining(StagedTraining):
    """Trainings of a model without weights, which read and refuse as any do."""

    loaded_model: OpinionModel | None = None
    """The model with its weights on its way through the trainings."""
    room: bool = True
    """Tell whether the weights are there, and all trainings until now had room."""

    def with_weights(
        self, recipe: Recipe, question: Question | None, needs: Needs
    ) -> OpinionModel | None:
        """The model with its weights, ready for a training; None without weights or room."""
        from guandian.modeling.encoders.pretrained import has_weights
        from guandian.modeling.fine_tuning import fold
        from guandian.training.estimate.requirements import has_room
        from guandian.training.transitions import equip, fitted_to

        spec = self.latest.corpora.spec
        loaded_bytes = needs.memory.weights if self.loaded_model else 0
        self.room = self.room and (bundle_of(self.base) is not None or has_weights(self.base))
        self.room = self.room and has_room(needs, loaded_bytes)
        if not self.room:
            return None
        if self.loaded_model is None:
            self.loaded_model, _ = starting_model(self.recipe, self.base, spec)
        else:
            fold(self.loaded_model)
        self.loaded_model = fitted_to(self.loaded_model, spec, recipe.seed)
        equip(self.loaded_model, recipe, question, self.latest.pieces)
        return self.loaded_model

    def labeller(self) -> Labeller:
        """Take every text for labelled: how many a model is sure of is known in training."""
        return _all_sure

    def first_model(
        self, spec: HeadSpec, _: AbstractSet[str]
    ) -> tuple[OpinionModel, dict[str, Path | bytes]]:
        """The shape of the first training's model."""
        return starting_shape(self.recipe, self.base, spec), {}

    def ready(self, trained: TrainedModel, recipe: Recipe, question: Question | None) -> None:
        """The shape of the next training's model."""
        from guandian.modeling.encoders.pretrained import pretrained
        from guandian.modeling.encoders.quantised import pack
        from guandian.modeling.heads.mlm_head import LanguageHead
        from guandian.modeling.model import OpinionModel
        from guandian.training.estimate.requirements import weightless
        from guandian.training.parallel.process_group import device_here
        from guandian.training.step import computing_type
        from guandian.training.transitions import equip

        with weightless(device_here()):
            fresh = OpinionModel.shaped(trained.model.config(), trained.corpora.spec)
            if trained.model.language is not None:
                fresh.language = LanguageHead(pretrained(fresh.encoder))
            equip(fresh, recipe, question, trained.pieces)
            if self.recipe.base.bits is not None:
                pack(fresh.encoder, computing_type(recipe))
        trained.model = fresh

    def embeddings(self, trained: TrainedModel) -> Callable[[Sequence[str]], NDArray[np.float32]]:
        """Of the base, which is loaded if they are asked for."""

        def vectors(words: Sequence[str]) -> NDArray[np.float32]:
            from guandian.modeling.encoders.word_embeddings import word_vectors

            model, _ = starting_model(self.recipe, self.base, trained.model.spec)
            return word_vectors(model, trained.pieces, words)

        return vectors


def _all_sure(part: Part, records: Sequence[Labelled]) -> list[Labelled]:
    labelled = []
    for record in records:
        quads = () if "opinions" in part.labelled_for else record.quads
        polarity = Polarity.POSITIVE if "sentiment" in part.labelled_for else record.sentiment
        labelled.append(replace(record, quads=quads, sentiment=polarity))
    return labelled


def _by_name(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    times = ("clock", "processor")
    return {
        name: dict(zip(times, value.tolist(), strict=True))
        if isinstance(value, np.ndarray)
        else value
        for name, value in pairs
    }
