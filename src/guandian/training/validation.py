"""Scores of a model in training on the texts that it is watched by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from guandian.domain import Labelled
from guandian.evaluation.metrics.tuples import score_quads
from guandian.modeling.model import OpinionModel
from guandian.tasks.confidence_features import UNFITTED
from guandian.tasks.decode import Arrays
from guandian.tasks.head_spec import POLARITIES, HeadSpec
from guandian.tasks.inference import Findings, Forward, Reader, infer, quads
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
    found = infer(reader, [example.text for example in examples])
    measured: dict[str, float] = {}
    judged = [(e, f) for e, f in zip(examples, found, strict=True) if e.quads is not None]
    if judged:
        gold = [e.quads or () for e, _ in judged]
        plain = all(quad.category is None for row in gold for quad in row)
        tuples = score_quads(gold, [quads(f, model.spec, UNFITTED) for _, f in judged])
        measured |= {
            name: getattr(tuples, name).f1
            for name in ("quad", "triplet", "pair", "aspect", "expression")
        }
        if plain:
            measured.pop("quad")
    typed = [(e, f) for e, f in zip(examples, found, strict=True) if e.sentiment is not None]
    if typed:
        # As `evaluate` does: a set without neutral texts asks for the surer side alone.
        three = any(e.sentiment == POLARITIES[1] for e, _ in typed)
        asked = np.array([1.0, 1.0 if three else 0.0, 1.0])
        said = [POLARITIES[int((f.sentiment * asked).argmax())] for _, f in typed]
        right = [one == e.sentiment for one, (e, _) in zip(said, typed, strict=True)]
        measured["sentiment"] = float(np.mean(right))
    named = [(e, f) for e, f in zip(examples, found, strict=True) if e.entities is not None]
    if named:
        measured["entities"] = _entity_f1(named)
    return measured | _declared(examples, found, model.spec)


def _declared(
    examples: Sequence[Labelled], found: Sequence[Findings], spec: HeadSpec
) -> dict[str, float]:
    """The main figure of each declared label; where there are several, their mean before them."""
    measured = {}
    for task in spec.tasks:
        both = [
            (task.accept(example.labels[task.name]), task.decode(findings.labels))
            for example, findings in zip(examples, found, strict=True)
            if task.name in example.labels
        ]
        if both:
            gold, said = [value for value, _ in both], [label.value for _, label in both]
            measured[task.head.output] = task.score(gold, said, resamples=_ONE_DRAW).main
    if len(measured) > 1:
        measured = {"labels": float(np.mean([*measured.values()])), **measured}
    return measured


def _entity_f1(pairs: Sequence[tuple[Labelled, Findings]]) -> float:
    right = predicted = gold = 0
    for example, findings in pairs:
        wanted = {(n.type, n.span) for n in example.entities or ()}
        found = {
            (named.type, findings.span(named.range))
            for named in findings.named
            if named.type in example.entity_types
        }
        right += len(wanted & found)
        predicted += len(found)
        gold += len(wanted)
    return 2 * right / max(predicted + gold, 1)
