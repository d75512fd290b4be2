"""From a recipe to a bundle."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from guandian.bundle import Bundle, Manifest, Precision, amend_bundle
from guandian.engine import Engine
from guandian.errors import GuandianError
from guandian.io.atomic import cannot_write, why_not_written
from guandian.pipelines.base_models import LANGUAGE, bundle_of
from guandian.pipelines.miners import BAND, calibration, read_labels
from guandian.pipelines.polarity_rates import measured_polarity
from guandian.pipelines.stages import Course, Student, start
from guandian.tasks.confidence_features import UNFITTED, Confidence
from guandian.tasks.inference import Reader, answers
from guandian.text.pieces import Pieces

if TYPE_CHECKING:
    from guandian.domain import Labelled, Quad
    from guandian.export.parity import ParityTable
    from guandian.recipes.recipe import Recipe
    from guandian.tracking.events import Event, OnEvent
    from guandian.tracking.run_folder import Mode
    from guandian.training.data.dataset import Corpora
    from guandian.training.lr_finder import RangeTest, RateRange
    from guandian.training.parallel.process_group import Group

_NEEDED = ("torch", "transformers", "onnx", "onnxscript", "matplotlib")
_TASKS = ("opinions", "sentiment", "entities")
_EXAMPLE = "屏幕很清晰，但是电池不耐用😀。 The keyboard is great but it weighs a ton."


def require_packages(*further: str) -> None:
    """Refuse to begin without the packages that training needs, and further ones.

    Raises:
        GuandianError: some are not installed.
    """
    if lacking := [name for name in (*_NEEDED, *further) if find_spec(name) is None]:
        raise GuandianError(f"training needs {', '.join(lacking)}", "pip install 'guandian[train]'")


def begin_run(recipe: Recipe, root: Path, folder: Path, mode: Mode) -> bool:
    """Make a run's folder ready as `open_run` does; whether nothing is left to do.

    A run that has learned something is not overwritten before its successor's sets and base were
    found and its sets read.

    Raises:
        GuandianError: as `open_run`, and as `train_bundle` where a run would be overwritten.
    """
    from guandian.tracking.events import ignore
    from guandian.tracking.run_folder import has_learned, open_run
    from guandian.training.data.dataset import gather

    if mode == "overwrite" and has_learned(folder):
        Course(recipe, root, ignore)
        if all(part.labelled_by is None for part in recipe.data):  # else a model has to be asked
            gather(recipe, root)
    return open_run(folder, recipe, mode)


def train_run(
    recipe: Recipe,
    root: Path,
    folder: Path,
    on_event: OnEvent,
    track: Sequence[str] = (),
    group: Group | None = None,
    precision: Precision = "int8",
) -> Bundle:
    """Train in a folder that `open_run` made ready, with a log, curves and trackers.

    The curves are drawn before the bundle is exported, and when the run is interrupted. A run that
    is interrupted with nothing to go on from, or fails before its first step, leaves nothing.

    Args:
        recipe: what to train on what.
        root: as for `train_bundle`.
        folder: of the run.
        on_event: told of each event when it is in the log.
        track: names of trackers that are told besides.
        group: as for `train_bundle`; the process is its main one.
        precision: as for `train_bundle`.

    Raises:
        GuandianError: as `train_bundle`, and where the disk is full.
    """
    from guandian.tracking.run_folder import Log, forget, is_resumable

    stepped = False
    try:
        from guandian.tracking.curves import leave_curves
        from guandian.tracking.events import Stage, Stepped
        from guandian.tracking.trackers import Tracking, open_tracker

        with Log(folder) as log, Tracking() as tracking:
            tracking.trackers += [open_tracker(name, folder, recipe) for name in track]

            def tell(event: Event) -> None:
                nonlocal stepped
                stepped = stepped or isinstance(event, Stepped)
                log(event)
                on_event(event)
                tracking(event)
                if isinstance(event, Stage) and event.name == "confidence":
                    leave_curves(folder, recipe.name)

            return train_bundle(recipe, root, folder, tell, group, precision)
    except KeyboardInterrupt:
        forget(folder)
        if is_resumable(folder):
            leave_curves(folder, recipe.name)
        raise
    except Exception as error:
        if not stepped:
            forget(folder)
        if isinstance(error, OSError) and cannot_write(error):
            raise _unwritten(error, folder, resumable=is_resumable(folder)) from error
        raise


def _unwritten(error: OSError, folder: Path, *, resumable: bool) -> GuandianError:
    """What to tell of a disk that takes no more of a run."""
    path, why = error.filename or folder, why_not_written(error)
    if not resumable:
        return GuandianError(
            f"cannot write {path}: {why}", f"make room in {folder} and run the same command again"
        )
    return GuandianError(
        f"cannot write {path}: {why}; the checkpoint of before is kept",
        f"make room in {folder} and run the same command with --resume",
    )


def train_bundle(
    recipe: Recipe,
    root: Path,
    folder: Path,
    on_event: OnEvent,
    group: Group | None = None,
    precision: Precision = "int8",
) -> Bundle:
    """Train by a recipe, or go on where `folder` stands, and write `folder`/bundle.

    Args:
        recipe: what to train on what.
        root: holds `data/` and `models/`, or is itself the data folder, beside `models/`; paths
            of a user's own files count from it.
        folder: of the run: checkpoints, best weights, bundle.
        on_event: told of steps, scores and checkpoints.
        group: the processes that train together, if there are several; the main one exports what
            they have learned, and the others wait for it.
        precision: of the bundle's weights; `float32` where whole numbers lose too much.

    Raises:
        GuandianError: missing data or base, or an exported form that drifts from the original.
    """
    from guandian.training.parallel.process_group import ALONE

    group = ALONE if group is None else group
    student = taught_by(recipe, root, folder, on_event, group)
    group.first(lambda: _finish(recipe, student, folder, on_event, precision))
    return Bundle.open(folder / "bundle")


def taught_by(recipe: Recipe, root: Path, folder: Path, on_event: OnEvent, group: Group) -> Student:
    """The model after all stages of the recipe and its own training."""
    from guandian.tracking.events import Began
    from guandian.training.loop import fingerprint, train
    from guandian.training.transitions import stage_folder

    def require() -> None:
        Course(recipe, root, on_event)

    if group.size > 1:
        group.first(require)
    course = Course(recipe, root, on_event)
    for number, stage in enumerate((*recipe.stages, None), 1):
        turn, question, place = recipe, None, folder
        if stage is not None:
            on_event(Began(stage.name, number, len(recipe.stages)))
            turn, question = recipe.at(stage), stage.question
            place = stage_folder(folder, number, stage)
        begun = course.begin(turn, question)
        if group.size > 1:
            group.same(fingerprint(turn, begun), "texts or models")
        train(turn, begun, place, on_event, group)
    assert course.student is not None
    return course.student


def _finish(
    recipe: Recipe, student: Student, folder: Path, on_event: OnEvent, precision: Precision
) -> None:
    """Fit the confidence of a model that has learned, and export it."""
    from guandian.export.package import export_bundle
    from guandian.tracking.events import Stage, Unfitted
    from guandian.tracking.run_folder import BUNDLE, UNCHECKED
    from guandian.training.confidence import LEAST, count_candidates, fit_band, fit_by_custom
    from guandian.training.validation import forward_of

    base, gathered, model = student.base, student.gathered, student.model
    language, model.language = model.language, None
    on_event(Stage("confidence"))
    reader = Reader(forward_of(model), student.pieces, gathered.spec)
    earlier = _earlier_confidence(base)
    by_custom = fit_by_custom(reader, gathered.holdout, earlier)
    confidence = by_custom[""]
    fitted = confidence is not earlier
    if not fitted and any(record.quads is not None for record, _ in gathered.train):
        held = len(gathered.holdout)
        found = count_candidates(reader, gathered.holdout)
        on_event(Unfitted(held, found, LEAST, held + len(gathered.train)))
    on_event(Stage("exporting"))
    about = _about(recipe, gathered, base, fitted=fitted)
    files = {"tokenizer.json": student.tokenizer, "card.md": about, **student.notices}
    if language is not None:
        files[LANGUAGE] = language.to_bytes()
    band = fit_band(reader, gathered.holdout, BAND)
    told = calibration(by_custom, fitted=fitted, band=band)
    told |= measured_polarity(reader, gathered.holdout, confidence)
    manifest = _manifest(recipe, student, told)
    bundle = export_bundle(
        folder / UNCHECKED,
        model,
        manifest=manifest,
        example=_example(student.pieces),
        files=files,
        whole=precision == "int8",
        overwrite=True,
    )
    _check(bundle, gathered, (reader, by_custom), on_event)
    target = folder / BUNDLE
    shutil.rmtree(target, ignore_errors=True)
    bundle.path.rename(target)


def find_learning_rate(
    recipe: Recipe, root: Path, folder: Path, asked: RateRange, on_event: OnEvent
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
    from guandian.training.lr_finder import find_rate
    from guandian.training.step import Learner

    with Learner(recipe, start(recipe, root, on_event), asked.steps, folder) as learner:
        learner.share = asked.share
        return find_rate(learner, asked, on_event)


def _about(recipe: Recipe, gathered: Corpora, base: str, *, fitted: bool) -> bytes:
    """The card, with what a base that is a bundle says of itself."""
    from guandian.training.model_card import card

    bundle = bundle_of(base)
    if bundle is None:
        return card(recipe, gathered, Path(base).name, fitted=fitted).encode()
    told = "card.md" in bundle.manifest.files
    before = bundle.file("card.md").read_text(encoding="utf-8") if told else ""
    return card(recipe, gathered, bundle.manifest.name, before, fitted=fitted).encode()


def _earlier_confidence(base: str) -> Confidence:
    """That of a bundle, for a run with too few opinions of its own to fit one."""
    bundle = bundle_of(base)
    return UNFITTED if bundle is None else read_labels(bundle).confidence


def _check(
    bundle: Bundle,
    gathered: Corpora,
    fitted: tuple[Reader, Mapping[str, Confidence]],
    on_event: OnEvent,
) -> None:
    """Refuse a bundle that surely finds less than the model; tell a loss that is in doubt."""
    from guandian.tracking.events import Doubtful

    table = _parity(gathered, fitted[0], bundle, fitted[1])
    if table is None:
        return
    amend_bundle(bundle, parity=table.to_json())
    table.check()
    for row in table.lost():
        on_event(Doubtful(row.name, row.reviews, row.change.value, row.change.low, row.change.high))


def _parity(
    gathered: Corpora, reader: Reader, bundle: Bundle, confidences: Mapping[str, Confidence]
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

    def answered(one: Reader, records: Sequence[Labelled]) -> list[tuple[Quad, ...]]:
        custom = records[0].custom
        confidence = confidences.get(custom, confidences[""])
        return answers(replace(one, custom=custom), [r.text for r in records], confidence)

    before, after = (
        {name: answered(one, records) for name, records in gold.items()}
        for one in (reader, exported)
    )
    return parity(before, after, {n: [r.quads or () for r in rs] for n, rs in gold.items()})


def _example(pieces: Pieces) -> NDArray[np.int64]:
    """Token ids [2, N] of a text and of its mirror."""
    inner = pieces.encode(_EXAMPLE).ids
    rows = [[pieces.cls_id, *ids, pieces.sep_id] for ids in (inner, inner[::-1])]
    return np.array(rows, dtype=np.int64)


def _manifest(recipe: Recipe, student: Student, told: dict[str, dict[str, Any]]) -> Manifest:
    from guandian.data.taxonomy import taxonomy

    model = student.model
    labels = [head.name for head in model.spec.labels]
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
        tasks=(*(task for task in _TASKS if task in student.tasks), *labels),
        labels={
            "categories": rows,
            "span_types": list(model.spec.span_types),
            **model.spec.extras(),
        },
        model=model.config(),
        calibration=told,
    )
