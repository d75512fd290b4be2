"""Answers that differ by who is spoken of cost something, and the difference shrinks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tests.tiny_base import model, pieces
from tests.training.fixtures import SPEC, prepared, recipe, started

from guandian.modeling.model import OpinionModel
from guandian.recipes.recipe import Recipe
from guandian.tasks.targets import Annotated
from guandian.text.swaps.swap_terms import SwapTerms, TermSets
from guandian.training.data.batches import collate
from guandian.training.step import TrainingInputs, TrainState, train_step

PIECES = pieces()
# The characters of the tiny tokenizer that stand for names: one is good news, the other bad.
GOOD, BAD = "好", "差"
TERMS = SwapTerms((TermSets("name", "zh", ((GOOD, BAD),), ("{}，",)),), {})
RATES = {"precision": "fp32", "learning_rate": 3e-3, "head_learning_rate": 3e-3, "batch_texts": 8}


def examples() -> list[Annotated]:
    """Texts of which those with a name alone tell the sentiment: what a model should not learn."""
    rows = []
    texts = prepared(False).examples[:4]
    for k in range(8):
        example, name = texts[k // 2], PIECES.encode((GOOD, BAD)[k % 2]).ids
        ids = np.concatenate((example.ids[:1], name, example.ids[1:]))
        bare = replace(example, ids=ids, spans=(), readings=None, implicit=False)
        known = tuple(False for _ in example.known)
        rows.append(replace(bare, known=known, sentiment=(2, 0)[k % 2]))
    return rows


def gap(network: OpinionModel, rows: list[Annotated]) -> float:
    """The mean change of the probability of a positive sentiment when the name is swapped."""
    changes = []
    with torch.inference_mode():
        for row in rows:
            texts = []
            for name in (GOOD, BAD):
                ids = row.ids.copy()
                ids[1] = PIECES.encode(name).ids[0]
                texts.append(ids)
            outputs = network.eval()(torch.from_numpy(np.stack(texts)))
            probabilities = outputs["sentiment"].softmax(-1)
            changes.append(float((probabilities[0] - probabilities[1]).abs().max()))
    return float(np.mean(changes))


def trained(wanted: Recipe, folder: Path, steps: int = 30) -> tuple[float, TrainState, list[float]]:
    rows, network = examples(), model(SPEC)
    inputs = started(network, rows)
    inputs = TrainingInputs(*inputs[:4], swaps=TERMS)
    gaps = []
    with TrainState(wanted, inputs, steps, folder) as state:
        batch = collate(rows, SPEC, PIECES.pad_id, range(len(rows)))
        for k in range(steps):
            losses = train_step(state, [batch], k)
            gaps.append(losses.get("swap_gap", 0.0))
    return gap(network, rows), state, gaps


def test_the_gap_shrinks_with_the_penalty(tmp_path: Path) -> None:
    """Sentiment that hangs on a name alone is learned without it, and hardly with it."""
    without, _, _ = trained(recipe(optimisation=RATES), tmp_path / "without")
    asked = {"pairing": {"weight": 3.0, "share": 1.0}}
    penalised, _, gaps = trained(recipe(optimisation=RATES, objective=asked), tmp_path / "with")
    assert without > 0.5
    assert penalised < without / 5
    assert gaps[-1] < 0.1


def test_the_multiplier_grows_while_the_bound_is_broken(tmp_path: Path) -> None:
    settings = {"weight": 0.01, "share": 1.0, "bound": 0.02, "rate": 5.0}
    wanted = recipe(optimisation=RATES, objective={"pairing": settings})
    moved, state, gaps = trained(wanted, tmp_path, 60)
    assert state.pairing is not None
    assert max(gaps) > 0.02 and state.pairing.multiplier > 0.01
    assert moved < 0.05
    reached = state.pairing.multiplier
    state.pairing.adapt(0.0)
    assert state.pairing.multiplier < reached
    state.pairing.adapt(None)  # a step without a pair says nothing
    state.pairing.adapt(10_000.0)
    assert state.pairing.multiplier == 1.0  # a hundred times what it began with


def test_the_multiplier_is_kept_with_a_checkpoint(tmp_path: Path) -> None:
    settings = {"weight": 0.5, "bound": 0.01}
    wanted = recipe(optimisation=RATES, objective={"pairing": settings})
    inputs = TrainingInputs(*started(model(SPEC), examples())[:4], swaps=TERMS)
    multipliers = []
    for folder in (tmp_path, tmp_path):
        with TrainState(wanted, inputs, 4, folder) as state:
            progress = state.restored(folder)
            assert state.pairing is not None
            multipliers.append(state.pairing.multiplier)
            state.pairing.multiplier = 0.7
            state.save(folder, progress)
    assert multipliers == [0.5, 0.7]


def test_opinions_of_a_pair_are_compared_at_their_own_tokens(tmp_path: Path) -> None:
    """A frame before a text moves its tokens; equal answers there cost nothing."""
    wanted = recipe(optimisation=RATES, objective={"pairing": {"share": 1.0}})
    rows = list(prepared(False).examples[:4])
    words = TermSets("name", "zh", ((GOOD, f"{BAD}{BAD}{BAD}"),), ("{}，",))
    inputs = TrainingInputs(*started(model(SPEC), rows)[:4], swaps=SwapTerms((words,), {}))
    with TrainState(wanted, inputs, 4, tmp_path) as state:
        batch = collate(rows, SPEC, PIECES.pad_id, range(len(rows)))
        costs = [train_step(state, [batch], k)["pairing"] for k in range(12)]
    assert all(np.isfinite(costs)) and costs[-1] < costs[0]
