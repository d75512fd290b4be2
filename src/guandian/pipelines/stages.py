"""A recipe's trainings, one after the other: what each begins with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from guandian.bundle import Bundle, Ensemble, float32_weights, open_folder
from guandian.data.corpora import GUANDIAN
from guandian.engine import usable_cores
from guandian.errors import GuandianError
from guandian.io.optional_libraries import needs
from guandian.pipelines.base_models import (
    bundle_of,
    folder_named,
    require_base,
    starting_model,
    tokenizer_of,
)
from guandian.pipelines.knowledge.gazetteer_learning import require_enough
from guandian.pipelines.language_models import is_description
from guandian.pipelines.miners import read_labels, reader_of
from guandian.pipelines.teacher_labels import (
    label_by_language_model,
    require_teacher,
    teacher_of_description,
)
from guandian.tasks.head_spec import Custom, HeadSpec, with_markers
from guandian.tasks.inference import Reader
from guandian.text.pieces import Pieces
from guandian.text.swaps.swap_terms import SwapTerms, read_terms

if TYPE_CHECKING:
    from guandian.domain import Labelled
    from guandian.modeling.heads.distillation import TeacherEnsemble
    from guandian.modeling.model import OpinionModel
    from guandian.recipes.recipe import Recipe
    from guandian.recipes.sections import Part, Question
    from guandian.tracking.events import OnEvent
    from guandian.training.data.dataset import Corpora, Prepared
    from guandian.training.data.pseudo_labels import Labeller
    from guandian.training.parallel.process_group import Group
    from guandian.training.step import TrainingInputs


@dataclass
class TrainedModel:
    """The model as a training of a recipe left it, with what goes on with it or exports it.

    Attributes:
        base: the folder that its encoder came from.
        model: in its latest weights.
        pieces: its tokenizer.
        tokenizer: the tokenizer's file.
        notices: licences of the base, by file name.
        corpora: the texts of the latest training.
        tasks: those of a manifest that it has been trained for.
        alike: the words that its bundle is asked about, where the recipe states bounds.
        listed: names of a catalogue that have a say beside those of the texts, by name.
    """

    base: str
    model: OpinionModel
    pieces: Pieces
    tokenizer: Path
    notices: dict[str, Path | bytes]
    corpora: Corpora
    tasks: set[str]
    alike: SwapTerms | None = None
    listed: Mapping[str, NDArray[np.float64]] | None = None


class PreparedTraining(NamedTuple):
    """A training of a recipe, ready to begin.

    Attributes:
        recipe: of this training.
        inputs: what it begins with.
        folder: of its checkpoints.
    """

    recipe: Recipe
    inputs: TrainingInputs
    folder: Path


@dataclass
class StagedTraining:
    """A recipe's trainings, its stages first; each goes on with the model of the one before."""

    recipe: Recipe
    root: Path
    on_event: OnEvent
    trained: TrainedModel | None = None

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
        self.listed = catalogue_names(self.recipe, self.root)
        for recipe in (*map(self.recipe.at, self.recipe.stages), self.recipe):
            swap_terms(recipe, self.root)
            alike_terms(recipe, self.root)
            require_sets(recipe, self.root)
        self.tokenizer = tokenizer_of(self.base)
        self.pieces = Pieces.from_file(self.tokenizer)
        for stage in self.recipe.stages:
            if stage.question is not None:
                pattern_of(stage.question, self.pieces, stage.optimisation.max_tokens)
        self.customs = customs_of(self.recipe, self.base, self.pieces.cls_id)
        names = self.recipe.models()
        described = [name for name in names if is_description(Path(name))]
        self.others = {
            name: open_folder(folder_named(name, self.root) or name)
            for name in names
            if name not in described
        }
        self.described = {name: self.root / name for name in described}
        for path in self.described.values():
            require_teacher(path)

    @classmethod
    def agreed(cls, recipe: Recipe, root: Path, on_event: OnEvent, group: Group) -> Self:
        """The trainings of a recipe in each process of a group; the main one refuses for all."""
        if group.size > 1:

            def require() -> None:
                cls(recipe, root, on_event)

            group.first(require)
        return cls(recipe, root, on_event)

    @property
    def latest(self) -> TrainedModel:
        """The model that the latest training has changed; there is one after the first began."""
        assert self.trained is not None
        return self.trained

    def trainings(self, folder: Path, group: Group) -> Iterator[PreparedTraining]:
        """Prepare each training when the one before it has ended.

        Args:
            folder: of the run.
            group: the processes that train together.

        Raises:
            GuandianError: the processes have different texts or models.
        """
        from guandian.tracking.events import Began
        from guandian.tracking.run_folder import stage_folder
        from guandian.training.loop import fingerprint

        for number, stage in enumerate(self.recipe.stages, 1):
            self.on_event(Began(stage.name, number, len(self.recipe.stages)))
            recipe = self.recipe.at(stage)
            inputs = self.prepare(recipe, stage.question)
            training = PreparedTraining(recipe, inputs, stage_folder(folder, number, stage))
            _require_same(training, group, fingerprint)
            yield training
        training = PreparedTraining(self.recipe, self.prepare(self.recipe), folder)
        _require_same(training, group, fingerprint)
        yield training

    def prepare(self, recipe: Recipe, question: Question | None = None) -> TrainingInputs:
        """Read the texts of a training and make the model ready for them.

        Args:
            recipe: of the training: this one's, or that at one of its stages.
            question: of the stage, if it asks one.
        """
        from guandian.tracking.events import Phase
        from guandian.training.data.augment import with_copies
        from guandian.training.data.dataset import gather, prepare
        from guandian.training.step import TrainingInputs
        from guandian.training.transitions import with_known

        self.on_event(Phase("reading"))
        corpora = gather(recipe, self.root, self.labeller())
        customs = {record.custom for record, _ in corpora.train}
        stage = recipe is not self.recipe
        if self.trained is None:
            bundle = bundle_of(self.base)
            if bundle is not None:
                corpora = with_known(corpora, read_labels(bundle).spec, stage=stage)
            spec = replace(corpora.spec, customs=self.customs)
            model, notices = self.first_model(spec, customs)
            tasks = set() if bundle is None else set(bundle.manifest.tasks)
            pieces, tokenizer = self.pieces, self.tokenizer
            self.trained = TrainedModel(
                self.base, model, pieces, tokenizer, notices, corpora, tasks
            )
        trained = self.trained
        corpora = with_known(corpora, trained.model.spec, stage=stage)
        spec = replace(corpora.spec, customs=self.customs)
        trained.corpora = replace(corpora, spec=spec)
        if recipe.knowledge is not None:
            require_enough([record for record, _ in corpora.train])
            trained.listed = self.listed
        self.ready(trained, recipe, question)
        augmented = with_copies(trained.corpora, recipe, self.root, self.embeddings(trained))
        prepared = prepare(augmented, trained.pieces, recipe, self.of_base(corpora.dev))
        require_embeddings(prepared, trained.model, self.base)
        teachers = [member for name in recipe.teachers() for member in self.others[name].members]
        trained.tasks |= tasks_of(augmented.train).union(*(t.manifest.tasks for t in teachers))
        teacher = teacher_of(teachers, trained.model.spec, trained.tokenizer)
        swaps, trained.alike = swap_terms(recipe, self.root), alike_terms(recipe, self.root)
        return TrainingInputs(trained.model, trained.pieces, prepared, teacher, swaps=swaps)

    def of_base(self, dev: Mapping[str, Sequence[Labelled]]) -> OnEvent:
        """What is told of events; that the data is ready with what the base has learned before."""
        from guandian.data.leaks import text_digest
        from guandian.tracking.events import Event, Ready
        from guandian.tracking.run_folder import learned_before

        digests = learned_before(Path(self.base))

        def tell(event: Event) -> None:
            if isinstance(event, Ready) and digests:
                known = {
                    name: (sum(text_digest(row.text) in digests for row in rows), len(rows))
                    for name, rows in dev.items()
                }
                known = {name: counts for name, counts in known.items() if counts[0]}
                event = replace(event, learned=event.learned | digests, known=known)
            self.on_event(event)

        return tell

    def labeller(self) -> Labeller:
        """Label the texts of parts that a model labels."""
        return labeller(self.trained, self.others, self.described)

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
        names = {spec.customs[0].name} if spec.customs else {name or GUANDIAN for name in customs}
        if bundle is not None and len(names) == 1:
            model.read_by(read_labels(bundle).spec.marker(names.pop(), cls_id), cls_id)
        return model, notices

    def ready(self, trained: TrainedModel, recipe: Recipe, question: Question | None) -> None:
        """Give the model the label spaces and the language head of its next training."""
        from guandian.training.transitions import equip, fitted_to

        trained.model = fitted_to(trained.model, trained.corpora.spec, recipe.seed)
        equip(trained.model, recipe, question, trained.pieces)

    def embeddings(self, trained: TrainedModel) -> Callable[[Sequence[str]], NDArray[np.float32]]:
        """Words as the model's encoder embeds them."""
        from guandian.modeling.encoders.word_embeddings import word_vectors

        return partial(word_vectors, trained.model, trained.pieces)


def swap_terms(recipe: Recipe, root: Path) -> SwapTerms | None:
    """The words that a recipe's pairs are made with; None where it asks for no pairs.

    Raises:
        GuandianError: its file cannot be read, or lacks a kind that it names.
    """
    pairing = recipe.objective.pairing
    return None if pairing is None else _terms_of(pairing.terms, pairing.kinds, root)


def alike_terms(recipe: Recipe, root: Path) -> SwapTerms | None:
    """The words that the exported bundle is asked about; None where the recipe states no bounds.

    Raises:
        GuandianError: as `swap_terms`.
    """
    gate = recipe.evaluation.alike
    return None if gate is None else _terms_of(gate.terms, gate.kinds, root)


def catalogue_names(recipe: Recipe, root: Path) -> dict[str, NDArray[np.float64]] | None:
    """The names of a recipe's catalogue; None where it names none.

    Raises:
        GuandianError: it cannot be read, or what names are learned with is not installed.
    """
    if recipe.knowledge is None:
        return None
    needs("lightgbm", "knowledge", "a gazetteer")
    from guandian.pipelines.knowledge.listed_names import listed_names

    catalogue = recipe.knowledge.catalogue
    return None if catalogue is None else listed_names(root / catalogue)


def _terms_of(file: str | None, kinds: Sequence[str], root: Path) -> SwapTerms:
    return read_terms(None if file is None else root / file).only(kinds)


def _require_same(
    training: PreparedTraining, group: Group, digest: Callable[[Recipe, TrainingInputs], str]
) -> None:
    if group.size > 1:
        group.same(digest(training.recipe, training.inputs), "texts or models")


def customs_of(recipe: Recipe, base: str, cls_id: int) -> tuple[Custom, ...]:
    """The customs of annotation that a recipe tells apart, with their markers in its base."""
    from guandian.modeling.encoders.pretrained import configuration

    bundle = bundle_of(base)
    base_customs = () if bundle is None else read_labels(bundle).spec.customs
    settings = configuration(base if bundle is None else bundle.manifest.model["encoder"])
    return with_markers(recipe.customs, base_customs, cls_id, int(settings.vocab_size))


def require_embeddings(prepared: Prepared, model: OpinionModel, base: str) -> None:
    """Refuse the tokenizer of another model, whose ids would be out of bounds.

    Larger vocabularies alone prove nothing: Gemma 3's tokenizer has an id that no text has.
    """
    config: Any = model.encoder.config
    size: int = config.vocab_size
    highest = max((int(example.ids.max()) for example in prepared.examples), default=0)
    if highest >= size:
        raise GuandianError(
            f"the tokenizer.json of {base} has an id {highest}, and its model {size} embeddings",
            "put the tokenizer that belongs to the model into its folder",
        )


def tasks_of(train: Iterable[tuple[Labelled, int]]) -> set[str]:
    """The tasks of a manifest that texts are labelled for, besides declared labels."""
    tasks = set()
    for record, _ in train:
        if record.quads is not None:
            tasks.add("opinions")
        if record.entities is not None:
            tasks.add("entities")
        if record.sentiment is not None:
            tasks.add("sentiment")
    return tasks


def labeller(
    trained: TrainedModel | None,
    others: Mapping[str, Bundle | Ensemble],
    described: Mapping[str, Path] | None = None,
) -> Labeller:
    """Label texts by the model that a part of the recipe names.

    Args:
        trained: the model of the stage before.
        others: bundles and ensembles by their names.
        described: the files that describe language models, likewise.
    """
    from guandian.recipes.sections import EARLIER
    from guandian.training.confidence import fit_confidence
    from guandian.training.data.pseudo_labels import label
    from guandian.training.validation import forward_of

    def by_named(part: Part, records: Sequence[Labelled]) -> list[Labelled]:
        if part.labelled_by == EARLIER:
            assert trained is not None  # a recipe's first training has none
            reader = Reader(forward_of(trained.model), trained.pieces, trained.model.spec)
            held_out = reader.spec.first(trained.corpora.holdout)
            return label(reader, fit_confidence(reader, held_out), part, records)
        if part.labelled_by in (described or {}):
            teacher = teacher_of_description((described or {})[str(part.labelled_by)])
            return label_by_language_model(teacher, part, records)
        bundle = others[str(part.labelled_by)]
        labels = read_labels(bundle)
        reader = reader_of(bundle.members, labels.spec, usable_cores())
        return label(reader, labels.confidence, part, records)

    return by_named


def teacher_of(
    bundles: Sequence[Bundle], spec: HeadSpec, tokenizer: Path
) -> TeacherEnsemble | None:
    """The models to distil from as one, of whatever size, without dither; None without any.

    Raises:
        GuandianError: one has other label spaces or another tokenizer than the model in training.
    """
    from guandian.modeling.heads.distillation import TeacherEnsemble
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
        OpinionModel.resume(
            dict(bundle.manifest.model), float32_weights(bundle), read_labels(bundle).spec
        )
        for bundle in bundles
    ]
    cls_id = Pieces.from_file(tokenizer).cls_id
    markers = [own_markers(spec, read_labels(bundle).spec, cls_id) for bundle in bundles]
    return TeacherEnsemble(models, markers) if models else None


def own_markers(student: HeadSpec, teacher: HeadSpec, cls_id: int) -> dict[int, int]:
    """The markers that a teacher reads for a student model's, where they are others."""
    own = {custom.marker: teacher.marker(custom.name, cls_id) for custom in student.customs}
    return {marker: read for marker, read in own.items() if marker != read}


def start(recipe: Recipe, root: Path, on_event: OnEvent) -> TrainingInputs:
    """The recipe's model and data as they are before the first step.

    Raises:
        GuandianError: missing data or base, one that cannot take the recipe, or a recipe in stages.
    """
    if recipe.stages:
        raise GuandianError(
            f"{recipe.name} has stages, and this looks at one training alone",
            "write the stage that you mean as a recipe of its own",
        )
    return StagedTraining(recipe, root, on_event).prepare(recipe)
