"""Rates found and missed of each polarity: measured at export, read by the report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guandian.bundle import Bundle, Ensemble, open_folder, shipped
from guandian.bundle.bundle import MANIFEST
from guandian.bundle.ensemble import ENSEMBLE
from guandian.errors import BundleError, GuandianError, reason
from guandian.evaluation.net_sentiment import PolarityRates
from guandian.evaluation.results import FORMAT
from guandian.evaluation.sentiment_shares import SentimentRates
from guandian.io.bounded import MOST_WORDS, read_text
from guandian.tasks.inference import infer, quads
from guandian.tasks.sentiment import overall_sentiment

if TYPE_CHECKING:
    from guandian.domain import Labelled
    from guandian.tasks.confidence_features import Confidence
    from guandian.tasks.inference import Reader

POLARITY = "polarity"
"""The key of a manifest's calibration under which the rates stand."""


def measured_polarity(
    reader: Reader, held_out: Sequence[Labelled], confidence: Confidence, band: float
) -> dict[str, Any]:
    """Measure the polarities for a manifest's calibration; `read_rates` reads it.

    Args:
        reader: the trained model.
        held_out: labelled texts that it did not learn from; those that are annotated with opinions
            by the model's first custom count, and their sets and groups are the kinds of product.
        confidence: by which its opinions are chosen.
        band: by which the sentiment of whole reviews is.

    Returns:
        One entry, `polarity`; none where too little praise or criticism was labelled.
    """
    reviews = [review for review in reader.spec.first(held_out) if review.quads is not None]
    if not reviews:
        return {}
    texts = [review.text for review in reviews]
    findings = infer(reader, texts)
    opinions = [quads(answer, reader.spec, confidence) for answer in findings]
    kinds = [f"{review.dataset}/{review.group}" for review in reviews]
    rates = PolarityRates.measure(
        [review.quads or () for review in reviews], opinions, kinds, texts
    )
    labelled = [
        (review.sentiment, overall_sentiment(answer.sentiment, band).label, kind)
        for review, answer, kind in zip(reviews, findings, kinds, strict=True)
        if review.sentiment is not None
    ]
    if labelled:
        rates = replace(rates, sentiment=SentimentRates.measure(*zip(*labelled, strict=True)))
    return {POLARITY: rates.to_json()} if rates.enough else {}


def rates_of(bundle: Bundle | Ensemble) -> PolarityRates | None:
    """The rates that a manifest carries; None where it has none.

    Raises:
        BundleError: what it has cannot be read.
    """
    values = bundle.manifest.calibration.get(POLARITY)
    if values is None:
        return None
    try:
        return PolarityRates.from_json(values)
    except ValueError as error:
        raise BundleError(
            f"the manifest of {bundle.path} has {error}",
            "export the bundle again with `guandian train`",
        ) from error


def shipped_rates(models: Iterable[str]) -> PolarityRates | None:
    """The rates of the shipped bundle, where it alone mined; None else.

    Args:
        models: `name@version` of all that mined.
    """
    bundle = open_folder(shipped())
    return rates_of(bundle) if set(models) == {bundle.manifest.id} else None


def read_rates(path: Path) -> PolarityRates:
    """The rates that a person named.

    Args:
        path: a bundle's folder, or what `guandian evaluate --json` wrote.

    Raises:
        GuandianError: it is neither, or says nothing of polarities.
    """
    if (path / MANIFEST).is_file() or (path / ENSEMBLE).is_file():
        rates = rates_of(open_folder(path))
        if rates is None:
            raise GuandianError(
                f"the bundle {path} does not say what it misses of each polarity", _MEASURE
            )
        return rates
    try:
        content = json.loads(read_text(path, MOST_WORDS))
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise ValueError(f"its format is not {FORMAT}")
        return PolarityRates.from_json((content.get("opinions") or {}).get("found_right") or {})
    except (OSError, ValueError) as error:
        raise GuandianError(f"{path} holds no measured rates: {reason(error)}", _MEASURE) from error


_MEASURE = (
    "measure them on labelled reviews: "
    "`guandian evaluate BUNDLE LABELLED.jsonl --json measured.json`, then --measured measured.json"
)
