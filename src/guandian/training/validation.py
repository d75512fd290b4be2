"""Scores of a model in training on the texts that it is watched by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from guandian.domain import Labelled
from guandian.modeling.model import OpinionModel
from guandian.tasks.decode import Arrays
from guandian.tasks.head_spec import HeadSpec
from guandian.tasks.inference import Findings, Forward, Reader, infer
from guandian.tasks.named_entities import entity_scores
from guandian.tasks.opinions import opinion_scores
from guandian.tasks.sentiment import sentiment_scores
from guandian.text.pieces import Pieces

_ONE_DRAW = 1
"""Intervals of a scoring are not shown."""


def forward_of(model: OpinionModel) -> Forward:
    """The model as the numpy function that `tasks.inference` asks for, without gradients."""

    def forward(ids: NDArray[np.int64]) -> Arrays:
        device = next(model.parameters()).device
        with torch.inference_mode():
            outputs = model(torch.from_numpy(ids).to(device))
        return {name: value.float().cpu().numpy() for name, value in outputs.items()}

    return forward


def dev_scores(
    model: OpinionModel, pieces: Pieces, examples: Sequence[Labelled]
) -> dict[str, float]:
    """Scores of what the examples are annotated for, the main one first."""
    marked = any(e.quads is not None or e.entities is not None for e in examples)
    custom = examples[0].custom if examples else ""
    reader = Reader(forward_of(model), pieces, model.spec, spans=marked, custom=custom)
    return findings_scores(examples, infer(reader, [e.text for e in examples]), model.spec)


def findings_scores(
    examples: Sequence[Labelled], findings: Sequence[Findings], spec: HeadSpec
) -> dict[str, float]:
    """Scores of findings in the examples' texts, whoever found them, the main one first."""
    scores: dict[str, float] = {}
    for score in (opinion_scores, sentiment_scores, entity_scores):
        scores |= score(examples, findings, spec)
    return scores | _declared(examples, findings, spec)


def _declared(
    examples: Sequence[Labelled], findings: Sequence[Findings], spec: HeadSpec
) -> dict[str, float]:
    """The main figure of each declared label; where there are several, their mean before them."""
    measured = {}
    for task in spec.tasks:
        pairs = [
            (task.accept(example.labels[task.name]), task.decode(answer.arrays))
            for example, answer in zip(examples, findings, strict=True)
            if task.name in example.labels
        ]
        if pairs:
            gold, predicted = [value for value, _ in pairs], [label.value for _, label in pairs]
            measured[task.head.output] = task.score(gold, predicted, resamples=_ONE_DRAW).main
    if len(measured) > 1:
        measured = {"labels": float(np.mean([*measured.values()])), **measured}
    return measured
