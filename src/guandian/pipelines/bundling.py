"""A trained model becomes a bundle: its confidence is fitted, it is exported and compared."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from guandian.bundle import Bundle, Manifest, Precision, amend_bundle
from guandian.engine import Engine
from guandian.pipelines.base_models import LANGUAGE, bundle_of
from guandian.pipelines.knowledge.gazetteer_learning import give_names
from guandian.pipelines.miners import BAND, calibration, miner_of, read_labels
from guandian.pipelines.polarity_rates import measured_polarity
from guandian.tasks.confidence_features import UNFITTED, Confidence
from guandian.tasks.inference import Reader, answers
from guandian.text.pieces import Pieces

if TYPE_CHECKING:
    from guandian.domain import Labelled, Quad
    from guandian.export.parity import ParityTable
    from guandian.pipelines.stages import TrainedModel
    from guandian.recipes.recipe import Recipe
    from guandian.tracking.events import OnEvent
    from guandian.training.data.dataset import Corpora

ALIKE = "alike.json"
"""The file of a bundle that tells how its answers moved when words were swapped."""
_TASKS = ("opinions", "sentiment", "entities")
_EXAMPLE = "屏幕很清晰，但是电池不耐用😀。 The keyboard is great but it weighs a ton."


def export_trained(
    recipe: Recipe, trained: TrainedModel, folder: Path, on_event: OnEvent, precision: Precision
) -> None:
    """Fit the confidence of a trained model, and export it to the bundle of a run.

    Args:
        recipe: of the training.
        trained: the model as the training left it.
        folder: of the run.
        on_event: told of the phases and of what is in doubt.
        precision: of the bundle's weights.

    Raises:
        GuandianError: the bundle finds less than the model, or answers less alike than the recipe
            states when words are swapped; it stays beside its place.
    """
    from guandian.export.package import export_bundle
    from guandian.tracking.events import Phase, Unfitted
    from guandian.tracking.run_folder import BUNDLE, UNCHECKED
    from guandian.training.confidence import LEAST, count_candidates, fit_band, fit_by_custom
    from guandian.training.validation import forward_of

    # A model that was loaded and not trained drops units out still: what is fitted on such answers
    # promises too much.
    base, corpora, model = trained.base, trained.corpora, trained.model.eval()
    language, model.language = model.language, None
    on_event(Phase("confidence"))
    reader = Reader(forward_of(model), trained.pieces, corpora.spec)
    earlier = _earlier_confidence(base)
    by_custom = fit_by_custom(reader, corpora.holdout, earlier)
    confidence = by_custom[""]
    fitted = confidence is not earlier
    if not fitted and any(record.quads is not None for record, _ in corpora.train):
        held_out = len(corpora.holdout)
        candidates = count_candidates(reader, corpora.holdout)
        on_event(Unfitted(held_out, candidates, LEAST, held_out + len(corpora.train)))
    on_event(Phase("exporting"))
    about = _about(recipe, corpora, base, fitted=fitted)
    files = {"tokenizer.json": trained.tokenizer, "card.md": about, **trained.notices}
    if language is not None:
        files[LANGUAGE] = language.to_bytes()
    band = fit_band(reader, corpora.holdout, BAND)
    fitted_values = calibration(by_custom, fitted=fitted, band=band)
    fitted_values |= measured_polarity(reader, corpora.holdout, confidence, band)
    manifest = _manifest(recipe, trained, fitted_values)
    bundle = export_bundle(
        folder / UNCHECKED,
        model,
        manifest=manifest,
        example=example_ids(trained.pieces),
        files=files,
        precision=precision,
        overwrite=True,
    )
    _check(bundle, corpora, (reader, by_custom), on_event)
    _check_alike(bundle, recipe, trained)
    if recipe.knowledge is not None:
        on_event(Phase("names"))
        give_names(bundle, [record for record, _ in corpora.train], recipe.seed, trained.listed)
    target = folder / BUNDLE
    shutil.rmtree(target, ignore_errors=True)
    bundle.path.rename(target)


def _about(recipe: Recipe, corpora: Corpora, base: str, *, fitted: bool) -> bytes:
    """The card, with what a base that is a bundle says of itself."""
    from guandian.training.model_card import card

    bundle = bundle_of(base)
    if bundle is None:
        return card(recipe, corpora, Path(base).name, fitted=fitted).encode()
    has_card = "card.md" in bundle.manifest.files
    before = bundle.file("card.md").read_text(encoding="utf-8") if has_card else ""
    return card(recipe, corpora, bundle.manifest.name, before, fitted=fitted).encode()


def _earlier_confidence(base: str) -> Confidence:
    """The confidence of a bundle, for a run with too few opinions of its own to fit one."""
    bundle = bundle_of(base)
    return UNFITTED if bundle is None else read_labels(bundle).confidence


def _check(
    bundle: Bundle,
    corpora: Corpora,
    fitted: tuple[Reader, Mapping[str, Confidence]],
    on_event: OnEvent,
) -> None:
    """Refuse a bundle that surely finds less than the model; tell a loss that is in doubt."""
    from guandian.tracking.events import Doubtful

    table = _parity(corpora, fitted[0], bundle, fitted[1])
    if table is None:
        return
    amend_bundle(bundle, parity=table.to_json())
    table.check()
    for row in table.lost():
        on_event(Doubtful(row.name, row.reviews, row.change.value, row.change.low, row.change.high))


def _check_alike(bundle: Bundle, recipe: Recipe, trained: TrainedModel) -> None:
    """Refuse a bundle whose answers move farther than the recipe states when words are swapped."""
    gate = recipe.evaluation.alike
    if gate is None or trained.alike is None:
        return
    from guandian.audits.fairness.swap_audit import audit_swaps
    from guandian.audits.fairness.swap_table import SwapBounds

    table = audit_swaps(miner_of(bundle).predict, trained.alike, frames=gate.frames)
    figures = json.dumps(table.to_json(), ensure_ascii=False, indent=1) + "\n"
    amend_bundle(bundle, files={ALIKE: figures.encode()})
    table.check(SwapBounds(gate.mean, gate.largest, gate.flips))


def _parity(
    corpora: Corpora, reader: Reader, bundle: Bundle, confidences: Mapping[str, Confidence]
) -> ParityTable | None:
    """Compare the bundle's opinions with the model's; None where no text has any."""
    from guandian.export.parity import parity

    exported = Reader(Engine.open(bundle).run, reader.pieces, reader.spec)
    compared = corpora.dev | corpora.gate
    gold = {
        name: [record for record in records if record.quads is not None]
        for name, records in (compared or {"held out": corpora.holdout}).items()
    }
    gold = {name: records for name, records in gold.items() if records}
    if not gold:
        return None

    def answered(by: Reader, records: Sequence[Labelled]) -> list[tuple[Quad, ...]]:
        custom = records[0].custom
        confidence = confidences.get(custom, confidences[""])
        return answers(replace(by, custom=custom), [r.text for r in records], confidence)

    before, after = (
        {name: answered(by, records) for name, records in gold.items()} for by in (reader, exported)
    )
    return parity(before, after, {n: [r.quads or () for r in rs] for n, rs in gold.items()})


def example_ids(pieces: Pieces) -> NDArray[np.int64]:
    """Token ids [2, N] of a text and of its mirror."""
    inner = pieces.encode(_EXAMPLE).ids
    rows = [[pieces.cls_id, *ids, pieces.sep_id] for ids in (inner, inner[::-1])]
    return np.array(rows, dtype=np.int64)


def _manifest(
    recipe: Recipe, trained: TrainedModel, calibrated: dict[str, dict[str, Any]]
) -> Manifest:
    from guandian.data.taxonomy import taxonomy

    model = trained.model
    labels = [head.name for head in model.spec.labels]
    names = taxonomy()
    rows = []
    for key in model.spec.categories:
        zh, en = (names[key].zh, names[key].en) if key in names else (key, key)
        rows.append({"key": key, "zh": zh, "en": en})
    return Manifest(
        name=recipe.name,
        version=recipe.release,
        tasks=(*(task for task in _TASKS if task in trained.tasks), *labels),
        labels={
            "categories": rows,
            "span_types": list(model.spec.span_types),
            **model.spec.extras(),
        },
        model=model.config(),
        calibration=calibrated,
    )
