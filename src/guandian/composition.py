"""Builds miners and bundles from what a person named: the only place that chooses parts."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from guandian.bundle import (
    Bundle,
    Ensemble,
    Manifest,
    amend_bundle,
    load_weights,
    open_folder,
    shipped,
    write_ensemble,
)
from guandian.bundle.ensemble import ENSEMBLE, refuse_taken, refuse_unlike
from guandian.engine import Engine, usable_cores
from guandian.errors import BundleError, GuandianError
from guandian.mining.answers import Model
from guandian.mining.miner import Miner
from guandian.tasks.confidence import UNFITTED, Confidence, Logistic, mean_confidence
from guandian.tasks.heads import HeadSpec
from guandian.tasks.inference import Reader, answers, averaged
from guandian.tasks.opinions import Labels
from guandian.text.pieces import Pieces

if TYPE_CHECKING:
    from guandian.data.augmentation import Translator
    from guandian.domain import Labelled
    from guandian.export.parity import ParityTable
    from guandian.modeling.distillation import Panel
    from guandian.modeling.model import OpinionModel
    from guandian.training.events import OnEvent
    from guandian.training.preparation import Corpora, Prepared
    from guandian.training.rates import Range, RangeTest
    from guandian.training.recipe import Part, Question, Recipe
    from guandian.training.self_training import Labeller

_BAND = 0.6
_LANGUAGE = "language.safetensors"
_EXAMPLE = "屏幕很清晰，但是电池不耐用😀。 The keyboard is great but it weighs a ton."


def open_miner(bundle: Path | None = None, threads: int | None = None) -> Miner:
    """A miner from a bundle's folder, the shipped one where none is named.

    Args:
        bundle: the folder; an ensemble's is as good.
        threads: batches that are read at the same time; None = all usable cores.

    Raises:
        BundleError: a missing, altered or unknown bundle, or one that mines no opinions.
    """
    opened = open_folder(bundle or shipped())
    return miner_of(opened, threads)


def open_model(bundle: Path | None = None, threads: int | None = None) -> Model:
    """The same miner, opened when it is first asked: a finished job needs no engine."""
    opened = open_folder(bundle or shipped())
    labels = read_labels(opened)
    return Model(
        _key(opened),
        opened.manifest.id,
        lambda: miner_of(opened, threads),
        labels.names,
        labels.spec.labels,
    )


def miner_of(bundle: Bundle | Ensemble, threads: int | None = None) -> Miner:
    """A miner from an opened bundle or ensemble."""
    labels = read_labels(bundle)
    reader = _reader(bundle.members, labels.spec, threads or usable_cores())
    return Miner(reader, labels, bundle.manifest.id, _key(bundle))


def _reader(members: Sequence[Bundle], spec: HeadSpec, workers: int) -> Reader:
    """One bundle, or several whose arrays are averaged."""
    # A thread a batch keeps every core busy while others decode; one call stays on one core.
    runs = [Engine.open(member, threads=1).run for member in members]
    forward = averaged(runs) if len(runs) > 1 else runs[0]
    return Reader(forward, Pieces.from_file(members[0].tokenizer), spec, workers=workers)


def _key(bundle: Bundle | Ensemble) -> str:
    """Digest of all that answers depend on: calibration, labels, and the files by checksum."""
    return sha256(bundle.manifest.to_json().encode()).hexdigest()[:32]


def open_labels(folder: Path) -> Labels:
    """How the arrays of the bundle or ensemble in a folder are read and named."""
    return read_labels(open_folder(folder))


def read_labels(bundle: Bundle | Ensemble) -> Labels:
    """How a bundle's arrays are read and named.

    Raises:
        BundleError: when its manifest lacks labels or calibration.
    """
    manifest = bundle.manifest
    try:
        rows = manifest.labels["categories"]
        spec = HeadSpec.of(manifest.labels, [row["key"] for row in rows])
        fitted = manifest.calibration["opinions"]
        quad, triplet = (
            Logistic(tuple(float(weight) for weight in row["weights"]), float(row["bias"]))
            for row in (fitted["quad"], fitted["triplet"])
        )
        confidence = Confidence(quad, triplet, float(fitted["threshold"]))
        band = float(manifest.calibration["sentiment"]["band"])
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(
            f"the manifest of {bundle.path} lacks labels or calibration: {error!r}",
            "export the bundle again with `guandian train`",
        ) from error
    return Labels(spec, confidence, band, {row["key"]: (row["zh"], row["en"]) for row in rows})


def make_ensemble(
    folders: Sequence[Path],
    folder: Path,
    held_out: Sequence[Labelled] = (),
    *,
    overwrite: bool = False,
) -> Ensemble:
    """Make bundles answer as one: their arrays are averaged before they are decoded.

    Args:
        folders: of the bundles; an ensemble counts as its members.
        folder: where `ensemble.json` is written.
        held_out: labelled texts that no member learned from. The confidence is fitted on them;
            where they are too few, it is the mean of the members' and said to be unfitted.
        overwrite: replace an ensemble that is there.

    Raises:
        BundleError: the members' categories, spans or tokenizers differ, or `folder` is taken.
    """
    from guandian.training.confidence import fit_confidence

    refuse_taken(folder, overwrite=overwrite)
    members = [member for named in folders for member in open_folder(named).members]
    labels = [read_labels(member) for member in members]
    refuse_unlike(members)
    reader = _reader(members, labels[0].spec, usable_cores())
    earlier = mean_confidence([one.confidence for one in labels])
    confidence = fit_confidence(reader, held_out, earlier)
    band = float(np.mean([one.band for one in labels]))
    calibration = _calibration(confidence, fitted=confidence is not earlier, band=band)
    return write_ensemble(folder, members, calibration, overwrite=overwrite)


def train_bundle(recipe: Recipe, root: Path, folder: Path, on_event: OnEvent) -> Bundle:
    """Train by a recipe, or go on where `folder` stands, and write `folder`/bundle.

    Args:
        recipe: what to train on what.
        root: holds `data/` and `models/`, or is itself the data folder, beside `models/`; paths
            of a user's own files count from it.
        folder: of the run: checkpoints, best weights, bundle.
        on_event: told of steps, scores and checkpoints.

    Raises:
        GuandianError: missing data or base, or an exported form that drifts from the original.
    """
    from guandian.training.confidence import fit_confidence
    from guandian.training.copies import require_files
    from guandian.training.declared import refuse_unfit
    from guandian.training.events import Stage, Unfitted
    from guandian.training.scoring import forward_of

    if not root.is_dir():
        raise GuandianError(f"no folder {root}", "name with --root the folder that holds the data")
    refuse_unfit(recipe)
    base = _base(recipe, root)
    _refuse_methods(recipe, base)
    require_files(recipe, root)
    student = _taught(recipe, base, root, folder, on_event)
    gathered, model = student.gathered, student.model
    language, model.language = model.language, None
    on_event(Stage("confidence"))
    reader = Reader(forward_of(model), student.pieces, gathered.spec)
    earlier = _earlier_confidence(base)
    confidence = fit_confidence(reader, gathered.holdout, earlier)
    fitted = confidence is not earlier
    if not fitted and any(record.quads is not None for record, _ in gathered.train):
        on_event(Unfitted(len(gathered.holdout)))
    on_event(Stage("exporting"))
    about = _about(recipe, gathered, base, fitted=fitted)
    files = {"tokenizer.json": student.tokenizer, "card.md": about, **student.notices}
    if language is not None:
        files[_LANGUAGE] = language.to_bytes()
    manifest = _manifest(recipe, model, confidence, fitted=fitted)
    return _export(manifest, model, gathered, (reader, confidence), files, folder)


@dataclass
class _Student:
    """A model on its way through a recipe's stages, and the texts of the latest one."""

    model: OpinionModel
    pieces: Pieces
    tokenizer: Path
    notices: dict[str, Path | bytes]
    gathered: Corpora


@dataclass
class _Course:
    """A model on its way through a recipe's trainings, each going on from the one before."""

    recipe: Recipe
    base: str
    root: Path
    on_event: OnEvent
    student: _Student | None = None

    def __post_init__(self) -> None:
        names = self.recipe.models()
        self.others = {name: open_folder(_found(name, self.root) or name) for name in names}

    def begin(self, turn: Recipe, question: Question | None = None) -> Started:
        """All that a training of the recipe begins with."""
        from guandian.modeling.word_vectors import word_vectors
        from guandian.training.copies import with_copies
        from guandian.training.events import Stage
        from guandian.training.preparation import gather, prepare
        from guandian.training.stages import equip, fitted_to, with_known_categories

        self.on_event(Stage("reading"))
        gathered = gather(turn, self.root, _labeller(self.student, self.others))
        if self.student is None:
            model, tokenizer, notices = _starting_model(self.recipe, self.base, gathered.spec)
            pieces = Pieces.from_file(tokenizer)
            self.student = _Student(model, pieces, tokenizer, notices, gathered)
        student = self.student
        student.gathered = with_known_categories(gathered, student.model)
        student.model = fitted_to(student.model, student.gathered.spec, turn.seed)
        equip(student.model, turn, question, student.pieces)
        known = partial(word_vectors, student.model, student.pieces)
        learned = with_copies(student.gathered, turn, self.root, known)
        prepared = prepare(learned, student.pieces, turn, self.on_event)
        taught = [one for name in turn.teachers() for one in self.others[name].members]
        teacher = _panel(taught, student.model.spec, student.tokenizer)
        return Started(student.model, student.pieces, prepared, teacher)


def _taught(recipe: Recipe, base: str, root: Path, folder: Path, on_event: OnEvent) -> _Student:
    """The model after all stages of the recipe and its own training."""
    from guandian.training.events import Began
    from guandian.training.loop import train
    from guandian.training.stages import stage_folder

    course = _Course(recipe, base, root, on_event)
    for number, stage in enumerate(recipe.stages, 1):
        on_event(Began(stage.name, number, len(recipe.stages)))
        turn = recipe.at(stage)
        begun = course.begin(turn, stage.question)
        place = stage_folder(folder, number, stage)
        train(turn, begun.model, begun.pieces, begun.prepared, place, on_event, begun.teacher)
    begun = course.begin(recipe)
    train(recipe, begun.model, begun.pieces, begun.prepared, folder, on_event, begun.teacher)
    assert course.student is not None
    return course.student


def _labeller(student: _Student | None, others: Mapping[str, Bundle | Ensemble]) -> Labeller:
    """Labels texts by the model that a part of the recipe names."""
    from guandian.training.confidence import fit_confidence
    from guandian.training.recipe import EARLIER
    from guandian.training.scoring import forward_of
    from guandian.training.self_training import label

    def by_named(part: Part, records: Sequence[Labelled]) -> list[Labelled]:
        if part.labelled_by == EARLIER:
            assert student is not None  # a recipe's first training has none
            reader = Reader(forward_of(student.model), student.pieces, student.model.spec)
            return label(reader, fit_confidence(reader, student.gathered.holdout), part, records)
        bundle = others[str(part.labelled_by)]
        labels = read_labels(bundle)
        reader = _reader(bundle.members, labels.spec, usable_cores())
        return label(reader, labels.confidence, part, records)

    return by_named


def open_translator(models: Sequence[str], seed: int = 1) -> Translator:
    """Translators of transformers, each named `DIRECTION=FOLDER`, such as `zh-en=opus-mt-zh-en`.

    Raises:
        GuandianError: another form, or no model there.
    """
    if lacking := [name for name in ("torch", "transformers") if find_spec(name) is None]:
        problem = f"translating needs {', '.join(lacking)}"
        raise GuandianError(problem, "pip install 'guandian[train]'")
    from guandian.modeling.translation import TransformersTranslator

    named = {model.partition("=")[0]: model.partition("=")[2] for model in models}
    known = ("zh-en", "en-zh", "zh-zh", "en-en")
    if wrong := [way for way, source in named.items() if way not in known or not source]:
        raise GuandianError(
            f"--translator: {wrong[0]!r} is no direction with a folder",
            f"--translator zh-en=FOLDER; directions: {', '.join(known)}",
        )
    return TransformersTranslator(named, seed)


def find_learning_rate(
    recipe: Recipe, root: Path, folder: Path, asked: Range, on_event: OnEvent
) -> RangeTest:
    """A range test of the recipe's own model, data, method and losses; nothing is kept.

    Args:
        recipe: what to train on what.
        root: as for `train_bundle`.
        folder: for what a method keeps on disk meanwhile.
        asked: the rates.
        on_event: told of steps.

    Raises:
        GuandianError: missing data or base, or a loss that is no number from the beginning.
    """
    from guandian.training.learner import Learner
    from guandian.training.rates import find_rate

    begun = start(recipe, root, on_event)
    examples = begun.prepared.examples
    with Learner(
        recipe,
        begun.model,
        examples,
        asked.steps,
        folder,
        begun.teacher,
        mask_id=begun.pieces.mask_id,
    ) as learner:
        learner.share = asked.share
        return find_rate(learner, begun.prepared, begun.pieces, asked, on_event)


class Started(NamedTuple):
    """All that a training begins with."""

    model: OpinionModel
    pieces: Pieces
    prepared: Prepared
    teacher: Panel | None


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
    return _Course(recipe, require_base(recipe, root), root, on_event).begin(recipe)


def require_base(recipe: Recipe, root: Path) -> str:
    """The recipe's base; refuses one that cannot take the recipe, before anything is read.

    Raises:
        GuandianError: with where it was looked for and how to fetch it beforehand.
    """
    from guandian.modeling.encoder import configuration, tokenizer_file

    base = _base(recipe, root)
    _refuse_methods(recipe, base)
    bundle = _bundle_of(base)
    if bundle is None:
        tokenizer_file(base)
    settings = configuration(base if bundle is None else bundle.manifest.model["encoder"])
    if (recipe.base.layers or 0) > settings.num_hidden_layers:
        raise GuandianError(
            f"base.layers asks for {recipe.base.layers} layers of {recipe.base.model}, which has "
            f"{settings.num_hidden_layers}",
            "leave the key out, or set it to what every model has",
        )
    return base


def _base(recipe: Recipe, root: Path) -> str:
    """The folder of the recipe's base, or its id in the local Hugging Face cache."""
    from guandian.modeling.encoder import is_cached

    named = recipe.base.model
    place = _found(named, root)
    if place is None and not is_cached(named):
        looked = ", ".join(map(str, _places(named, root)))
        raise GuandianError(
            f"no base model {named!r}: not in {looked}, nor in the Hugging Face cache",
            f"put its folder into {root / 'models'}, fetch it beforehand with `hf download {named} "
            f"--local-dir {root / 'models' / named}`, or name the folder where it is",
        )
    if place is not None and (place / ENSEMBLE).is_file():
        raise GuandianError(
            f"{place} is an ensemble, which cannot be trained further",
            "begin with one of its members, and name the ensemble as distillation.teacher",
        )
    return str(place or named)


def _refuse_methods(recipe: Recipe, base: str) -> None:
    """Refuse methods that the base cannot take one after the other, before anything is read."""
    from guandian.modeling.adaptation import FOLDED, require
    from guandian.modeling.encoder import configuration
    from guandian.modeling.method import parse_method

    bundle = _bundle_of(base)
    model: dict[str, Any] = {} if bundle is None else dict(bundle.manifest.model)
    if bundle and recipe.base.attention not in ("auto", model.get("attention", "auto")):
        raise GuandianError(
            f"base.attention: {bundle.manifest.id} was not trained with {recipe.base.attention!r}",
            "a bundle keeps the attention that it has: leave the key out",
        )
    added = parse_method(model["method"]) if "method" in model else None
    config = configuration(model["encoder"] if bundle else base)
    for one in [*map(recipe.at, recipe.stages), recipe]:
        require(config, one.method, added)
        added = added if one.method.kind in FOLDED else one.method


def _places(named: str, root: Path) -> list[Path]:
    """Where the model of that name may stand: shipped, a path, in `models` beside the data."""
    from guandian.data import data_folder

    models = dict.fromkeys((root / "models", data_folder(root).parent / "models"))
    places = [Path(named), *(folder / named for folder in models)]
    return [shipped(), *places] if named == shipped().name else places


def _found(named: str, root: Path) -> Path | None:
    """The folder of the model of that name, None where there is none."""
    return next((place for place in _places(named, root) if place.is_dir()), None)


def _bundle_of(base: str) -> Bundle | None:
    """The bundle that a base is, None where it is an encoder."""
    return Bundle.open(base) if (Path(base) / "manifest.json").is_file() else None


def _about(recipe: Recipe, gathered: Corpora, base: str, *, fitted: bool) -> bytes:
    """The card, with what a base that is a bundle says of itself."""
    from guandian.training.card import card

    bundle = _bundle_of(base)
    if bundle is None:
        return card(recipe, gathered, Path(base).name, fitted=fitted).encode()
    told = "card.md" in bundle.manifest.files
    before = bundle.file("card.md").read_text(encoding="utf-8") if told else ""
    return card(recipe, gathered, bundle.manifest.name, before, fitted=fitted).encode()


def _starting_model(
    recipe: Recipe, base: str, spec: HeadSpec
) -> tuple[OpinionModel, Path, dict[str, Path | bytes]]:
    """A model to train, and what its bundle takes over: the tokenizer and licence notices.

    An encoder gets fresh heads, a bundle's model keeps all heads that still fit.
    """
    import torch

    from guandian.modeling.attention import chosen
    from guandian.modeling.encoder import keep_layers, load_encoder, tokenizer_file
    from guandian.modeling.language import LanguageHead
    from guandian.modeling.model import OpinionModel
    from guandian.training.card import notices

    torch.manual_seed(recipe.seed)
    bundle = _bundle_of(base)
    if bundle is None:
        encoder = load_encoder(base, recipe.base.layers)
        attention = chosen(encoder.config, recipe.base.attention)
        model = OpinionModel(encoder, spec, attention)
        return model, tokenizer_file(base), dict(notices(recipe.base.model))
    weights = load_weights(bundle, recipe.seed)
    model = OpinionModel.resume(dict(bundle.manifest.model), weights, spec)
    keep_layers(model.encoder, recipe.base.layers)
    if _LANGUAGE in bundle.manifest.files:
        model.language = LanguageHead.from_file(bundle.file(_LANGUAGE), model.encoder)
    names = [name for name in bundle.manifest.files if name.startswith("LICENSE")]
    return model, bundle.tokenizer, {name: bundle.file(name) for name in names}


def _panel(bundles: Sequence[Bundle], spec: HeadSpec, tokenizer: Path) -> Panel | None:
    """The models to imitate, of whatever size, without dither."""
    from guandian.modeling.distillation import Panel
    from guandian.modeling.model import OpinionModel

    for bundle in bundles:
        if read_labels(bundle).spec != spec:
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
        OpinionModel.resume(dict(bundle.manifest.model), load_weights(bundle), spec)
        for bundle in bundles
    ]
    return Panel(models) if models else None


def _earlier_confidence(base: str) -> Confidence:
    """That of a bundle, for a run with too few opinions of its own to fit one."""
    bundle = _bundle_of(base)
    return UNFITTED if bundle is None else read_labels(bundle).confidence


def _export(
    manifest: Manifest,
    model: OpinionModel,
    gathered: Corpora,
    fitted: tuple[Reader, Confidence],
    files: dict[str, Path | bytes],
    folder: Path,
) -> Bundle:
    """Write the bundle and keep it only if it finds the tuples that the model finds."""
    from guandian.export.package import export_bundle

    reader, confidence = fitted
    bundle = export_bundle(
        folder / "bundle.unchecked",
        model,
        manifest=manifest,
        example=_example(reader.pieces),
        files=files,
        overwrite=True,
    )
    table = _parity(gathered, reader, bundle, confidence)
    if table is not None:
        bundle = amend_bundle(bundle, parity=table.to_json())
        table.check()
    target = folder / "bundle"
    shutil.rmtree(target, ignore_errors=True)
    bundle.path.rename(target)
    return Bundle.open(target)


def _parity(
    gathered: Corpora, reader: Reader, bundle: Bundle, confidence: Confidence
) -> ParityTable | None:
    """How the bundle's opinions compare with the model's; None where no text has any."""
    from guandian.export.parity import parity

    exported = Reader(Engine.open(bundle).run, reader.pieces, reader.spec)
    compared = gathered.dev | gathered.gate
    gold = {
        name: [record for record in records if record.quads is not None]
        for name, records in (compared or {"held out": gathered.holdout}).items()
    }
    gold = {name: records for name, records in gold.items() if records}
    if not gold:
        return None
    before, after = (
        {n: answers(one, [r.text for r in rs], confidence) for n, rs in gold.items()}
        for one in (reader, exported)
    )
    return parity(before, after, {n: [r.quads or () for r in rs] for n, rs in gold.items()})


def _example(pieces: Pieces) -> NDArray[np.int64]:
    """Token ids [2, N] of a text and of its mirror."""
    inner = pieces.encode(_EXAMPLE).ids
    rows = [[pieces.cls_id, *ids, pieces.sep_id] for ids in (inner, inner[::-1])]
    return np.array(rows, dtype=np.int64)


def _manifest(
    recipe: Recipe, model: OpinionModel, confidence: Confidence, *, fitted: bool
) -> Manifest:
    from guandian.data.taxonomy import taxonomy

    known = taxonomy()
    rows = []
    for key in model.spec.categories:
        named = known.get(key)
        rows.append(
            {"key": key, "zh": named.zh if named else key, "en": named.en if named else key}
        )
    return Manifest(
        name=recipe.name,
        version=recipe.release,
        tasks=("opinions", "sentiment", "entities", *(head.name for head in model.spec.labels)),
        labels={
            "categories": rows,
            "span_types": list(model.spec.span_types),
            **model.spec.extras(),
        },
        model=model.config(),
        calibration=_calibration(confidence, fitted=fitted),
    )


def _calibration(
    confidence: Confidence, *, fitted: bool, band: float = _BAND
) -> dict[str, dict[str, Any]]:
    return {"opinions": {**asdict(confidence), "fitted": fitted}, "sentiment": {"band": band}}
