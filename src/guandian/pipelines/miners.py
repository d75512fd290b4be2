"""Miners and ensembles from the folders that a person named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np

from guandian.assets import assets
from guandian.bundle import Bundle, Ensemble, folders_of, open_folder, shipped, write_ensemble
from guandian.bundle.ensemble import refuse_taken, refuse_unlike
from guandian.engine import Engine, usable_cores
from guandian.errors import BundleError, GuandianError, likely
from guandian.mining.batching import LazyMiner
from guandian.mining.boilerplate import Boilerplate, boilerplate
from guandian.mining.caution.familiarity import Familiarity
from guandian.mining.miner import Miner, by_custom
from guandian.pipelines.language_models import (
    is_description,
    open_language_model,
    reads_of_description,
)
from guandian.pipelines.polarity_rates import measured_polarity, rates_of
from guandian.tasks.confidence_features import Confidence, Logistic, mean_confidence
from guandian.tasks.gazetteer.gazetteer import FILE, Gazetteer
from guandian.tasks.head_spec import HeadSpec
from guandian.tasks.inference import Reader, averaged
from guandian.tasks.opinions import Labels
from guandian.text.cleaning import Cleaner
from guandian.text.pieces import Pieces

if TYPE_CHECKING:
    from guandian.domain import Labelled

BAND = 0.6
"""The probability that a review's surer side must reach; below it the sentiment is neutral."""
_OPENED: WeakValueDictionary[str, Pieces] = WeakValueDictionary()
"""Tokenizers of models that are open, by the digest of their file."""


def open_miner(
    bundle: Path | None = None,
    threads: int | None = None,
    custom: str | None = None,
    filler: Path | None = None,
    *,
    likeness: bool = False,
    adapters: bool = False,
) -> Miner:
    """A miner from a bundle's folder, the shipped one where none is named.

    Args:
        bundle: the folder; an ensemble's is as good.
        threads: batches that are read at the same time; None = all usable cores.
        custom: of annotation to answer by, or a set that follows it; None = the model's first.
        filler: a file with boilerplate besides the shipped list, a text a line.
        likeness: whether it tells how like a review is to what the model learned from, where that
            was measured.
        adapters: whether `adapted` may give it adapters.

    Raises:
        BundleError: a missing, altered or unknown bundle, one that mines no opinions, or takes no
            adapters.
        GuandianError: a custom that it does not know, or a list that cannot be read.
    """
    opened = open_folder(bundle or shipped())
    texts = boilerplate(filler)
    return miner_of(opened, threads, custom, texts, likeness=likeness, adapters=adapters)


def open_model(
    bundle: Path | None = None,
    threads: int | None = None,
    custom: str | None = None,
    filler: Path | None = None,
    *,
    likeness: bool = False,
) -> LazyMiner:
    """The same miner, opened when it is first asked: a finished job needs no engine.

    In place of a bundle it may be a language model, named by the `.toml` that describes it.
    """
    if bundle is not None and is_description(bundle):
        if custom is not None:
            raise GuandianError(
                f"{bundle} describes a language model, and those know no customs of annotation",
                "leave --custom out; show it examples that are annotated so",
            )
        return open_language_model(bundle, boilerplate(filler))
    opened = open_folder(bundle or shipped())
    labels = read_labels(opened)
    named = custom_named(labels.spec, custom, opened.manifest.id)
    texts = boilerplate(filler)
    key = _key(opened, texts.digest)
    return LazyMiner(
        f"{key} {named}".rstrip(),
        by_custom(opened.manifest.id, named),
        lambda: miner_of(opened, threads, custom, texts, likeness=likeness, key=key),
        labels.names,
        labels.spec.labels,
        None if named else rates_of(opened),
    )


def reads_of_model(named: Path | None) -> list[Path]:
    """What a model is opened from: the folders of a bundle, or a description and what it names."""
    if named is not None and is_description(named):
        return reads_of_description(named)
    return list(folders_of(named or shipped()))


def miner_of(
    bundle: Bundle | Ensemble,
    threads: int | None = None,
    custom: str | None = None,
    filler: Boilerplate | None = None,
    *,
    likeness: bool = False,
    key: str = "",
    adapters: bool = False,
) -> Miner:
    """A miner from an opened bundle or ensemble.

    With `likeness` it tells how like a review is to what the model learned from, where that was
    measured. `key` is the digest of all that answers depend on, where it is known. With `adapters`
    it can be `adapted`.
    """
    labels = read_labels(bundle)
    named = custom_named(labels.spec, custom, bundle.manifest.id)
    familiar = familiarity_of(bundle) if likeness else None
    vectors = familiar is not None
    workers = threads or usable_cores()
    reader = reader_of(bundle.members, labels.spec, workers, vectors=vectors, adapters=adapters)
    texts = filler or boilerplate()
    key = key or _key(bundle, texts.digest)
    rates = rates_of(bundle)
    return Miner(reader, labels, bundle.manifest.id, key, texts, rates, familiar).by(named)


def cleaned_by(miner: Miner, cleaners: Sequence[Cleaner], name: str) -> Miner:
    """The same model behind other cleaners.

    Args:
        miner: by the first custom of its model.
        cleaners: from the raw review to what the model reads, with the way back.
        name: tells its answers from those of the same model behind other cleaners.
    """
    reader = replace(miner.reader, cleaners=tuple(cleaners))
    key = f"{miner.key} {name}"
    return Miner(reader, miner.labels, miner.model, key, miner.filler, familiar=miner.familiar)


def familiarity_of(bundle: Bundle | Ensemble) -> Familiarity | None:
    """What a bundle learned from, of what ships with the package; None where nobody measured it."""
    file = assets() / "familiarity" / f"{bundle.manifest.name}.safetensors"
    if len(bundle.members) > 1 or not file.is_file():
        return None
    familiar = Familiarity.load(file)
    return familiar if [familiar.weights] == weights_of(bundle) else None


def require_familiarity(bundle: Path | None) -> None:
    """Refuse a model of which nobody measured what it learned from.

    Raises:
        GuandianError: it is one.
    """
    if is_description(bundle):
        raise GuandianError(
            f"{bundle} describes a language model: nobody knows what it learned from",
            "leave --unlike out",
        )
    opened = open_folder(bundle or shipped())
    if familiarity_of(opened) is None:
        raise GuandianError(
            f"nobody measured what {opened.manifest.id} learned from",
            "leave out --unlike, or mine with the shipped model",
        )


def weights_of(bundle: Bundle | Ensemble) -> list[str]:
    """The digests of the weights of a bundle, or of an ensemble's members."""
    return [member.manifest.files[member.weights.name].sha256 for member in bundle.members]


def custom_named(spec: HeadSpec, custom: str | None, model: str) -> str:
    """The custom of annotation that a person named, itself or by a set that follows it.

    Returns:
        Empty for the one that the model answers by.

    Raises:
        GuandianError: it does not know that one.
    """
    if custom is None:
        return ""
    from guandian.data.corpora import GUANDIAN, corpora

    labelled_set = corpora().get(custom)
    named = custom if labelled_set is None else labelled_set.custom or GUANDIAN
    names = [entry.name for entry in spec.customs]
    following = [row.name for row in corpora().values() if (row.custom or GUANDIAN) in names]
    if named not in names:
        raise GuandianError(
            f"{model} does not know a custom of annotation {custom!r}",
            f"{likely(custom, [*names, *following])}it knows: {', '.join(names)}"
            if names
            else "it knows one alone: leave --custom out",
        )
    return "" if named == names[0] else named


def reader_of(
    members: Sequence[Bundle],
    spec: HeadSpec,
    workers: int,
    *,
    vectors: bool = False,
    adapters: bool = False,
) -> Reader:
    """One bundle, or several whose arrays are averaged; with `vectors` it gives those of texts.

    With `adapters` it takes those of its rows, which an ensemble does not.
    """
    # A thread a batch keeps every core busy while others decode; one call stays on one core.
    engines = [Engine.open(b, threads=1, vectors=vectors, adapters=adapters) for b in members]
    runs = [engine.run for engine in engines]
    forward = averaged(runs) if len(runs) > 1 else runs[0]
    tasks = {task for member in members for task in member.manifest.tasks}
    spans = not tasks.isdisjoint(("opinions", "entities"))
    pieces = _pieces(members[0])
    names = gazetteer_of(members)
    return Reader(forward, pieces, spec, workers=workers, spans=spans, gazetteer=names)


def gazetteer_of(members: Sequence[Bundle]) -> Gazetteer | None:
    """The gazetteer of a bundle; None where it has none, and of several bundles."""
    if len(members) > 1 or FILE not in members[0].manifest.files:
        return None
    return Gazetteer.load(members[0].file(FILE))


def _pieces(bundle: Bundle) -> Pieces:
    """The tokenizer of a bundle, shared with an opened model where the files are equal.

    To read one takes half the time of a switch of models, in which nothing else can run.
    """
    digest = bundle.manifest.files[bundle.tokenizer.name].sha256
    pieces = _OPENED.get(digest)
    if pieces is None:
        pieces = _OPENED[digest] = Pieces.from_file(bundle.tokenizer)
    return pieces


def _key(bundle: Bundle | Ensemble, filler: str) -> str:
    """Digest of all that answers depend on: calibration, labels, files by checksum, boilerplate."""
    content = bundle.manifest.to_json() + filler
    return sha256(content.encode()).hexdigest()[:32]


def open_labels(folder: Path) -> Labels:
    """Read the labels of the bundle or ensemble in a folder."""
    return read_labels(open_folder(folder))


def read_labels(bundle: Bundle | Ensemble) -> Labels:
    """Read how a bundle's arrays are decoded and named.

    Raises:
        BundleError: when its manifest lacks labels or calibration.
    """
    manifest = bundle.manifest
    try:
        rows = manifest.labels["categories"]
        spec = HeadSpec.of(manifest.labels, [row["key"] for row in rows])
        confidence = _confidence(manifest.calibration["opinions"])
        customs = {
            name: _confidence(fitted)
            for name, fitted in manifest.calibration.get("customs", {}).items()
        }
        band = float(manifest.calibration["sentiment"]["band"])
        fitted = bool(manifest.calibration["opinions"].get("fitted", True))
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(
            f"the manifest of {bundle.path} lacks labels or calibration: {error!r}",
            "export the bundle again with `guandian train`",
        ) from error
    names = {row["key"]: (row["zh"], row["en"]) for row in rows}
    return Labels(spec, confidence, band, names, customs, fitted)


def calibrated(labels: Labels, calibration: Mapping[str, Any], named: str) -> Labels:
    """The same labels with other confidence and band, where a calibration tells them.

    Args:
        labels: of the base.
        calibration: as a manifest holds it; empty leaves all as it is.
        named: whose it is, for errors.

    Raises:
        BundleError: it cannot be read.
    """
    if not calibration:
        return labels
    try:
        confidence = _confidence(calibration["opinions"])
        band = float(calibration["sentiment"]["band"])
        fitted = bool(calibration["opinions"].get("fitted", True))
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"the calibration of {named} cannot be read: {error!r}") from error
    return replace(labels, confidence=confidence, band=band, fitted=fitted)


def _confidence(fitted: Mapping[str, Any]) -> Confidence:
    quad, triplet = (
        Logistic(tuple(float(weight) for weight in row["weights"]), float(row["bias"]))
        for row in (fitted["quad"], fitted["triplet"])
    )
    return Confidence(quad, triplet, float(fitted["threshold"]))


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
    from guandian.training.confidence import fit_by_custom

    refuse_taken(folder, overwrite=overwrite)
    members = [member for named in folders for member in open_folder(named).members]
    labels = [read_labels(member) for member in members]
    refuse_unlike(members)
    reader = reader_of(members, labels[0].spec, usable_cores())
    earlier = mean_confidence([member_labels.confidence for member_labels in labels])
    confidences = {
        name: mean_confidence([member_labels.customs[name] for member_labels in labels])
        for name in labels[0].customs
        if all(name in member_labels.customs for member_labels in labels)
    }
    confidences |= fit_by_custom(reader, held_out, earlier)
    confidence = confidences[""]
    band = float(np.mean([member_labels.band for member_labels in labels]))
    fitted = calibration(confidences, fitted=confidence is not earlier, band=band)
    fitted |= measured_polarity(reader, held_out, confidence, band)
    return write_ensemble(folder, members, fitted, overwrite=overwrite)


def calibration(
    confidences: Mapping[str, Confidence], *, fitted: bool, band: float
) -> dict[str, dict[str, Any]]:
    """The manifest's entry on confidence and sentiment; `read_labels` reads it.

    `confidences` are by custom of annotation, that of the first one under an empty name.
    """
    content: dict[str, dict[str, Any]] = {
        "opinions": {**asdict(confidences[""]), "fitted": fitted},
        "sentiment": {"band": band},
    }
    if others := {name: asdict(confidence) for name, confidence in confidences.items() if name}:
        content["customs"] = others
    return content
