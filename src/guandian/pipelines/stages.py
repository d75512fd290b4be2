"""A recipe's trainings, one after the other: what each begins with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from guandian.bundle import Bundle, Ensemble, load_weights, open_folder
from guandian.data.corpora import GUANDIAN
from guandian.engine import usable_cores
from guandian.errors import GuandianError
from guandian.pipelines.base_models import (
    bundle_of,
    folder_named,
    require_base,
    starting_model,
    tokenizer_of,
)
from guandian.pipelines.miners import read_labels, reader_of
from guandian.tasks.head_spec import Custom, HeadSpec, with_markers
from guandian.tasks.inference import Reader
from guandian.text.pieces import Pieces

if TYPE_CHECKING:
    from guandian.domain import Labelled
    from guandian.modeling.heads.distillation import Panel
    from guandian.modeling.model import OpinionModel
    from guandian.recipes.recipe import Recipe
    from guandian.recipes.sections import Part, Question
    from guandian.tracking.events import OnEvent
    from guandian.training.data.dataset import Corpora, Prepared
    from guandian.training.data.pseudo_labels import Labeller
    from guandian.training.step import Started


@dataclass
class Student:
    """A model on its way through a recipe's stages, the texts of the latest one, what it learned.

    `tasks` are those of a manifest that something has taught.
    """

    base: str
    model: OpinionModel
    pieces: Pieces
    tokenizer: Path
    notices: dict[str, Path | bytes]
    gathered: Corpora
    tasks: set[str]


@dataclass
class Course:
    """A model on its way through a recipe's trainings, each going on from the one before."""

    recipe: Recipe
    root: Path
    on_event: OnEvent
    student: Student | None = None

    def __post_init__(self) -> None:
        """Refuse what any training would, before the first one costs an hour."""
        from guandian.training.data.augment import require_files
        from guandian.training.data.dataset import require_sets
        from guandian.training.data.label_checks import refuse_unfit
        from guandian.training.transitions import pattern_of

        if not self.root.is_dir():
            raise GuandianError(
                f"no folder {self.root}", "name with --root the folder that holds the data"
            )
        refuse_unfit(self.recipe)
        self.base = require_base(self.recipe, self.root)
        require_files(self.recipe, self.root)
        for turn in (*map(self.recipe.at, self.recipe.stages), self.recipe):
            require_sets(turn, self.root)
        self.tokenizer = tokenizer_of(self.base)
        self.pieces = Pieces.from_file(self.tokenizer)
        for stage in self.recipe.stages:
            if stage.question is not None:
                pattern_of(stage.question, self.pieces, stage.optimisation.max_tokens)
        self.customs = customs_of(self.recipe, self.base, self.pieces.cls_id)
        names = self.recipe.models()
        self.others = {name: open_folder(folder_named(name, self.root) or name) for name in names}

    def begin(self, turn: Recipe, question: Question | None = None) -> Started:
        """All that a training of the recipe begins with."""
        from guandian.tracking.events import Stage
        from guandian.training.data.augment import with_copies
        from guandian.training.data.dataset import gather, prepare
        from guandian.training.step import Started
        from guandian.training.transitions import with_known

        self.on_event(Stage("reading"))
        gathered = gather(turn, self.root, self.labeller())
        customs = {record.custom for record, _ in gathered.train}
        stage = turn is not self.recipe
        if self.student is None:
            bundle = bundle_of(self.base)
            if bundle is not None:
                gathered = with_known(gathered, read_labels(bundle).spec, stage=stage)
            spec = replace(gathered.spec, customs=self.customs)
            model, notices = self.first_model(spec, customs)
            tasks = set() if bundle is None else set(bundle.manifest.tasks)
            pieces, tokenizer = self.pieces, self.tokenizer
            self.student = Student(self.base, model, pieces, tokenizer, notices, gathered, tasks)
        student = self.student
        gathered = with_known(gathered, student.model.spec, stage=stage)
        spec = replace(gathered.spec, customs=self.customs)
        student.gathered = replace(gathered, spec=spec)
        self.ready(student, turn, question)
        learned = with_copies(student.gathered, turn, self.root, self.embeddings(student))
        prepared = prepare(learned, student.pieces, turn, self.on_event)
        require_embeddings(prepared, student.model, self.base)
        taught = [one for name in turn.teachers() for one in self.others[name].members]
        student.tasks |= tasks_of(learned.train).union(*(one.manifest.tasks for one in taught))
        teacher = panel(taught, student.model.spec, student.tokenizer)
        return Started(student.model, student.pieces, prepared, teacher)

    def labeller(self) -> Labeller:
        """Labels the texts of parts that a model labels."""
        return labeller(self.student, self.others)

    def first_model(
        self, spec: HeadSpec, customs: AbstractSet[str]
    ) -> tuple[OpinionModel, dict[str, Path | bytes]]:
        """The model of the first training, and the licence notices of its base.

        What a base knows of the custom that will be answered by is taken up: of the recipe's first
        one, or where the recipe tells none apart, of the one that all of its texts follow.

        Args:
            spec: the label spaces.
            customs: of the texts, empty for those that name none.
        """
        model, notices = starting_model(self.recipe, self.base, spec)
        bundle, cls_id = bundle_of(self.base), self.pieces.cls_id
        wanted = {spec.customs[0].name} if spec.customs else {one or GUANDIAN for one in customs}
        if bundle is not None and len(wanted) == 1:
            model.read_by(read_labels(bundle).spec.marker(wanted.pop(), cls_id), cls_id)
        return model, notices

    def ready(self, student: Student, turn: Recipe, question: Question | None) -> None:
        """Give the student the label spaces and the language head of its next training."""
        from guandian.training.transitions import equip, fitted_to

        student.model = fitted_to(student.model, student.gathered.spec, turn.seed)
        equip(student.model, turn, question, student.pieces)

    def embeddings(self, student: Student) -> Callable[[Sequence[str]], NDArray[np.float32]]:
        """Words as the student's encoder embeds them."""
        from guandian.modeling.encoders.word_embeddings import word_vectors

        return partial(word_vectors, student.model, student.pieces)


def customs_of(recipe: Recipe, base: str, cls_id: int) -> tuple[Custom, ...]:
    """The customs of annotation that a recipe tells apart, with their markers in its base."""
    from guandian.modeling.encoders.pretrained import configuration

    bundle = bundle_of(base)
    known = () if bundle is None else read_labels(bundle).spec.customs
    settings = configuration(base if bundle is None else bundle.manifest.model["encoder"])
    return with_markers(recipe.customs, known, cls_id, int(settings.vocab_size))


def require_embeddings(prepared: Prepared, model: OpinionModel, base: str) -> None:
    """Refuse the tokenizer of another model, whose ids would be out of bounds.

    Larger vocabularies alone prove nothing: Gemma 3's tokenizer has an id that no text has.
    """
    config: Any = model.encoder.config
    known: int = config.vocab_size
    highest = max((int(one.ids.max()) for one in prepared.examples), default=0)
    if highest >= known:
        raise GuandianError(
            f"the tokenizer.json of {base} has an id {highest}, and its model {known} embeddings",
            "put the tokenizer that belongs to the model into its folder",
        )


def tasks_of(train: Iterable[tuple[Labelled, int]]) -> set[str]:
    """The tasks of a manifest that texts teach, besides declared labels."""
    found = set()
    for record, _ in train:
        if record.quads is not None:
            found.add("opinions")
        if record.entities is not None:
            found.add("entities")
        if record.sentiment is not None:
            found.add("sentiment")
    return found


def labeller(student: Student | None, others: Mapping[str, Bundle | Ensemble]) -> Labeller:
    """Labels texts by the model that a part of the recipe names."""
    from guandian.recipes.sections import EARLIER
    from guandian.training.confidence import fit_confidence
    from guandian.training.data.pseudo_labels import label
    from guandian.training.validation import forward_of

    def by_named(part: Part, records: Sequence[Labelled]) -> list[Labelled]:
        if part.labelled_by == EARLIER:
            assert student is not None  # a recipe's first training has none
            reader = Reader(forward_of(student.model), student.pieces, student.model.spec)
            held_out = reader.spec.first(student.gathered.holdout)
            return label(reader, fit_confidence(reader, held_out), part, records)
        bundle = others[str(part.labelled_by)]
        labels = read_labels(bundle)
        reader = reader_of(bundle.members, labels.spec, usable_cores())
        return label(reader, labels.confidence, part, records)

    return by_named


def panel(bundles: Sequence[Bundle], spec: HeadSpec, tokenizer: Path) -> Panel | None:
    """The models to imitate, of whatever size, without dither."""
    from guandian.modeling.heads.distillation import Panel
    from guandian.modeling.model import OpinionModel

    for bundle in bundles:
        if replace(read_labels(bundle).spec, customs=()) != replace(spec, customs=()):
            raise GuandianError(
                f"the teacher {bundle.manifest.id} has other categories or heads than the recipe",
                'train both on the same sets, or both with categories = "default"',
            )
        if bundle.tokenizer.read_bytes() != tokenizer.read_bytes():
            raise GuandianError(
                f"the teacher {bundle.manifest.id} has another tokenizer than the base",
                "its ids may mean other pieces: name a teacher that was trained from the same base",
            )
    models = [
        OpinionModel.resume(dict(bundle.manifest.model), load_weights(bundle), known)
        for bundle, known in ((bundle, read_labels(bundle).spec) for bundle in bundles)
    ]
    cls_id = Pieces.from_file(tokenizer).cls_id
    markers = [own_markers(spec, read_labels(bundle).spec, cls_id) for bundle in bundles]
    return Panel(models, markers) if models else None


def own_markers(learner: HeadSpec, teacher: HeadSpec, cls_id: int) -> dict[int, int]:
    """What a teacher reads for a learner's markers, where it is another."""
    own = {one.marker: teacher.marker(one.name, cls_id) for one in learner.customs}
    return {marker: read for marker, read in own.items() if marker != read}


def start(recipe: Recipe, root: Path, on_event: OnEvent) -> Started:
    """The recipe's model as it is before the first step, and what it will learn from.

    Raises:
        GuandianError: missing data or base, one that cannot take the recipe, or a recipe in stages.
    """
    if recipe.stages:
        raise GuandianError(
            f"{recipe.name} has stages, and this looks at one training alone",
            "write the stage that you mean as a recipe of its own",
        )
    return Course(recipe, root, on_event).begin(recipe)
