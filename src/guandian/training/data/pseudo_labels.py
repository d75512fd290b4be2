"""Texts that a model labels in place of people, where it is sure enough of itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from guandian.domain import Labelled, Polarity
from guandian.recipes.sections import Part
from guandian.tasks.confidence_features import Confidence
from guandian.tasks.inference import Findings, Reader, infer, quads

Labeller = Callable[[Part, Sequence[Labelled]], list[Labelled]]


def label(
    reader: Reader, confidence: Confidence, part: Part, records: Sequence[Labelled]
) -> list[Labelled]:
    """The texts that a model is sure of, with its labels alone (Yarowsky 1995; Lee 2013).

    A text is labelled with opinions where each that it may hold has a probability of at least
    `part.surer`, or of at most one less that; with a sentiment where positive against negative
    has. Texts that end without any label are left out.

    Args:
        reader: the model.
        confidence: of its opinions.
        part: says for what, and how sure.
        records: what people labelled in them is not looked at.
    """
    possible, certain = (
        replace(confidence, threshold=threshold) for threshold in (1 - part.surer, part.surer)
    )
    reader = replace(reader, spans="opinions" in part.labelled_for)
    inferences = infer(reader, [record.text for record in records])
    custom = reader.spec.customs[0].name if reader.spec.customs else ""  # by which it labels
    labelled = []
    for record, findings in zip(records, inferences, strict=True):
        bare = replace(
            record,
            quads=None,
            sentiment=None,
            entities=None,
            entity_types=(),
            labels={},
            custom=custom,
        )
        if "opinions" in part.labelled_for:
            opinions = quads(findings, reader.spec, certain)
            if opinions == quads(findings, reader.spec, possible):
                bare = replace(bare, quads=opinions)
        if "sentiment" in part.labelled_for:
            bare = replace(bare, sentiment=_sentiment(findings, part.surer))
        if bare.quads is not None or bare.sentiment is not None:
            labelled.append(bare)
    return labelled


def _sentiment(findings: Findings, surer: float) -> Polarity | None:
    negative, _, positive = findings.sentiment
    share = float(positive / np.maximum(negative + positive, 1e-12))
    if max(share, 1 - share) < surer:
        return None
    return Polarity.POSITIVE if share > 0.5 else Polarity.NEGATIVE
