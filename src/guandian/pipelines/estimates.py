"""What a recipe will take: its trainings rehearsed without weights, then a few steps of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Labelled, Polarity
from guandian.pipelines.base_models import bundle_of, starting_model, starting_shape
from guandian.pipelines.stages import StagedTraining, TrainedModel
from guandian.tasks.head_spec import HeadSpec

if TYPE_CHECKING:
    from guandian.modeling.fake_model import Weightless
    from guandian.modeling.model import OpinionModel
    from guandian.recipes.recipe import Recipe
    from guandian.recipes.sections import Part, Question
    from guandian.tracking.events import OnEvent
    from guandian.training.data.pseudo_labels import Labeller
    from guandian.training.estimate.estimate import Estimate
    from guandian.training.estimate.requirements import Needs


class DryTraining(StagedTraining):
    """Trainings of a model without weights, which read and refuse as any do."""

    def labeller(self) -> Labeller:
        """Take every text for labelled: how many a model is sure of is known in training."""
        return _all_sure

    def first_model(
        self, spec: HeadSpec, _: AbstractSet[str]
    ) -> tuple[OpinionModel, dict[str, Path | bytes]]:
        """The shape of the first training's model."""
        return starting_shape(self.recipe, self.base, spec), {}

    def ready(self, student: TrainedModel, turn: Recipe, question: Question | None) -> None:
        """The shape of the next training's model."""
        from guandian.modeling.encoders.pretrained import pretrained
        from guandian.modeling.encoders.quantised import pack
        from guandian.modeling.fake_model import Weightless, weightless
        from guandian.modeling.heads.mlm_head import LanguageHead
        from guandian.training.parallel.process_group import device_here
        from guandian.training.step import computing_type
        from guandian.training.transitions import equip

        with weightless(device_here()):
            fresh = Weightless.shaped(student.model.config(), student.corpora.spec)
            if student.model.language is not None:
                fresh.language = LanguageHead(pretrained(fresh.encoder))
            equip(fresh, turn, question, student.pieces)
            if self.recipe.base.bits is not None:
                pack(fresh.encoder, computing_type(turn))
        student.model = fresh

    def embeddings(self, student: TrainedModel) -> Callable[[Sequence[str]], NDArray[np.float32]]:
        """Of the base, which is loaded if they are asked for."""

        def vectors(words: Sequence[str]) -> NDArray[np.float32]:
            from guandian.modeling.encoders.word_embeddings import word_vectors

            model, _ = starting_model(self.recipe, self.base, student.model.spec)
            return word_vectors(model, student.pieces, words)

        return vectors


def estimate_training(recipe: Recipe, root: Path, on_event: OnEvent) -> Iterator[Estimate]:
    """What each training of a recipe will take, stages first; nothing is written.

    Where the weights are there and a training has room in the free memory, a few of its real steps
    are timed, else products of matrices.

    Args:
        recipe: what to train on what.
        root: as for `train_bundle`.
        on_event: told of what is read.

    Raises:
        GuandianError: all that the training would refuse before its first step.
    """
    from guandian.tracking.events import Began
    from guandian.training.estimate.estimate import estimate
    from guandian.training.estimate.requirements import Lesson, rehearse
    from guandian.training.estimate.throughput import by_matmul, by_steps
    from guandian.training.loop import few, schedule

    course = DryTraining(recipe, root, on_event)
    real = _Real(recipe, course.base)
    turns = [(recipe.at(one), one.question, one.name) for one in recipe.stages]
    for number, (turn, question, name) in enumerate([*turns, (recipe, None, recipe.name)], 1):
        if turn is not recipe:
            on_event(Began(name, number, len(turns)))
        begun = course.prepare(turn, question)
        steps = schedule(turn, begun.prepared)
        if (warning := few(turn, begun.prepared, steps)) is not None:
            on_event(warning)
        lesson = Lesson(begun.prepared.examples, steps, begun.pieces, begun.teacher)
        needs = rehearse(turn, cast("Weightless", begun.model), lesson)
        each = lesson.by_step(needs.flops)
        if real.has_room(needs):
            real.ready(course, turn, question)
            pace = by_steps(turn, real.model, lesson, each, begun.prepared.dev)
        else:
            width = int(begun.model.encoder.config.hidden_size)  # type: ignore[union-attr, arg-type]
            total = float(each.sum()) + needs.flops_before
            pace = by_matmul(turn, width, needs.largest[0] * needs.largest[1], total)
        yield estimate(turn, name, begun.prepared, len(lesson.steps), needs, pace)


class _Real:
    """The model with its weights on its way through the trainings, if they and room are there."""

    model: OpinionModel

    def __init__(self, recipe: Recipe, base: str) -> None:
        from guandian.modeling.encoders.pretrained import has_weights

        self._recipe, self._base = recipe, base
        self._room = bundle_of(base) is not None or has_weights(base)
        self._loaded = False

    def has_room(self, needs: Needs) -> bool:
        """Whether the weights are there, and this training and those before it have room."""
        from guandian.training.estimate.estimate import has_room

        held = needs.memory.weights if self._loaded else 0
        self._room = self._room and has_room(needs, held)
        return self._room

    def ready(self, course: DryTraining, turn: Recipe, question: Question | None) -> None:
        """Load it, or give it what the next training needs."""
        from guandian.modeling.fine_tuning import fold
        from guandian.training.transitions import equip, fitted_to

        assert course.trained is not None
        spec = course.trained.corpora.spec
        if not self._loaded:
            self.model, _ = starting_model(self._recipe, self._base, spec)
            self._loaded = True
        else:
            fold(self.model)
        self.model = fitted_to(self.model, spec, turn.seed)
        equip(self.model, turn, question, course.trained.pieces)


def _all_sure(part: Part, records: Sequence[Labelled]) -> list[Labelled]:
    found = []
    for record in records:
        quads = () if "opinions" in part.labelled_for else record.quads
        asked = "sentiment" in part.labelled_for
        sentiment = Polarity.POSITIVE if asked else record.sentiment
        found.append(replace(record, quads=quads, sentiment=sentiment))
    return found
