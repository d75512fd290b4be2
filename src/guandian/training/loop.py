"""The one training loop: a recipe, prepared examples and a callback in, a run folder out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from guandian.data.splits import sample
from guandian.domain import Labelled
from guandian.errors import GuandianError
from guandian.evaluation.tuples import score_quads
from guandian.modeling.distillation import imitation
from guandian.modeling.losses import losses
from guandian.modeling.model import OpinionModel
from guandian.tasks.confidence import UNFITTED
from guandian.tasks.decode import Arrays
from guandian.tasks.heads import POLARITIES
from guandian.tasks.inference import Findings, Forward, Reader, infer, quads
from guandian.text.pieces import Pieces
from guandian.training import checkpoint
from guandian.training.batches import Batch, collate, plan
from guandian.training.events import OnEvent, Saved, Scored, Stepped
from guandian.training.preparation import Prepared
from guandian.training.recipe import Recipe

SAVE_EVERY_SECONDS = 240.0
REPORT_EVERY_STEPS = 20


def train(
    recipe: Recipe,
    model: OpinionModel,
    pieces: Pieces,
    prepared: Prepared,
    folder: Path,
    on_event: OnEvent,
    teacher: OpinionModel | None = None,
) -> Path:
    """Train to the end of the recipe, or go on from the checkpoint in `folder`.

    The model is changed in place and ends with the best weights seen on the dev parts (the
    last ones where there is no dev part). The same recipe on the same CPU threads gives the
    same bytes, interrupted or not. A teacher's answers are imitated where one is given.

    Returns:
        The file with the best weights.

    Raises:
        GuandianError: when the loss is not a number; the batch is saved beside the checkpoint.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device)
    if teacher is not None:
        teacher.to(device).eval()
    batches = schedule(recipe, prepared)
    optimiser = _optimiser(model, recipe)
    total = len(batches)
    state = checkpoint.load(folder, model, optimiser) or checkpoint.State()
    saved_at = reported_at = time.monotonic()
    tokens = 0
    model.train()
    while state.step < total and state.stale < recipe.evaluation.patience:
        items = [prepared.examples[k] for k in batches[state.step]]
        batch = collate(items, model.spec, pieces.pad_id)
        torch.manual_seed(recipe.seed * 1_000_003 + state.step)
        _set_rate(optimiser, recipe, state.step, total)
        parts = _step(model, optimiser, batch, recipe, teacher)
        if not all(np.isfinite(value) for value in parts.values()):
            path = checkpoint.save_batch(folder, batch.ids, state.step)
            raise GuandianError(
                f"the loss is not a number at step {state.step + 1}: {parts}",
                f"the batch is in {path}; lower optimisation.learning_rate",
            )
        state.step += 1
        tokens += int(batch.mask.sum())
        now = time.monotonic()
        if state.step % REPORT_EVERY_STEPS == 0 or state.step == total:
            on_event(Stepped(state.step, total, parts, tokens / max(now - reported_at, 1e-9)))
            reported_at, tokens = now, 0
        if state.step % recipe.evaluation.every == 0 or state.step == total:
            _evaluate(recipe, model, pieces, prepared, folder, state, on_event)
            reported_at = time.monotonic()
        if now - saved_at > SAVE_EVERY_SECONDS or state.step == total:
            on_event(Saved(state.step, str(checkpoint.save(folder, model, optimiser, state))))
            saved_at = time.monotonic()
    checkpoint.load_weights(checkpoint.best_file(folder), model)
    model.to("cpu").eval()
    return checkpoint.best_file(folder)


def schedule(recipe: Recipe, prepared: Prepared) -> list[list[int]]:
    """Every batch of the run as indices of examples; the same for the same recipe and data."""
    lengths = [len(example.ids) for example in prepared.examples]
    repeated = np.repeat(np.arange(len(lengths)), prepared.times)
    batches: list[list[int]] = []
    whole = int(np.ceil(recipe.optimisation.epochs))
    for epoch in range(whole):
        rng = np.random.default_rng((recipe.seed, epoch))
        share = min(1.0, recipe.optimisation.epochs - epoch)
        chosen = rng.permutation(repeated)[: max(1, round(share * len(repeated)))]
        local = plan(
            [lengths[k] for k in chosen],
            recipe.optimisation.batch_tokens,
            rng,
            recipe.optimisation.batch_texts,
        )
        batches += [[int(chosen[k]) for k in batch] for batch in local]
    return batches


def forward_of(model: OpinionModel) -> Forward:
    """The model as the numpy function that `tasks.inference` asks for, without gradients."""

    def forward(ids: NDArray[np.int64]) -> Arrays:
        device = next(model.parameters()).device
        with torch.inference_mode():
            outputs = model(torch.from_numpy(ids).to(device))
        return {name: value.float().cpu().numpy() for name, value in outputs.items()}

    return forward


def _step(
    model: OpinionModel,
    optimiser: torch.optim.Optimizer,
    batch: Batch,
    recipe: Recipe,
    teacher: OpinionModel | None,
) -> dict[str, float]:
    device = next(model.parameters()).device
    targets = type(batch.targets)(
        **{name: getattr(batch.targets, name).to(device) for name in batch.targets.__slots__}
    )
    mask = batch.mask.to(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=_half(recipe, device)):
        padded = None if bool(batch.mask.all()) else mask
        outputs = _floats(model(batch.ids.to(device), padded))
        with torch.no_grad():
            taught = None if teacher is None else _floats(teacher(batch.ids.to(device), padded))
    parts = losses(outputs, targets, mask)
    total = sum((getattr(recipe.weights, k) * v for k, v in parts.items()), torch.zeros(()))
    if taught is not None and recipe.distillation is not None:
        parts["imitation"] = imitation(outputs, taught, mask)
        total = total + recipe.distillation.weight * parts["imitation"]
    if not parts:  # windows behind a first one may tell no head anything
        return {}
    optimiser.zero_grad(set_to_none=True)
    total.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.optimisation.clip)
    optimiser.step()
    return {name: float(value.detach()) for name, value in parts.items()}


def _floats(outputs: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.float() for name, value in outputs.items()}


def _half(recipe: Recipe, device: torch.device) -> bool:
    """Whether to compute in bf16; a processor without its instructions is far slower in it."""
    if recipe.optimisation.precision == "auto":
        return device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()
    return recipe.optimisation.precision == "bf16"


def _optimiser(model: OpinionModel, recipe: Recipe) -> torch.optim.AdamW:
    settings = recipe.optimisation
    groups = []
    for head in (False, True):
        rate = settings.head_learning_rate if head else settings.learning_rate
        for decays in (True, False):
            chosen = [
                parameter
                for name, parameter in model.named_parameters()
                if name.startswith("heads.") == head and (parameter.dim() > 1) == decays
            ]
            decay = settings.weight_decay if decays else 0.0
            groups.append({"params": chosen, "lr": rate, "weight_decay": decay, "rate": rate})
    return torch.optim.AdamW(groups, fused=True)


def _set_rate(optimiser: torch.optim.Optimizer, recipe: Recipe, step: int, total: int) -> None:
    warm = max(1, round(recipe.optimisation.warmup * total))
    factor = min((step + 1) / warm, max(0.0, (total - step) / max(1, total - warm)))
    for group in optimiser.param_groups:
        group["lr"] = group["rate"] * factor


def _evaluate(
    recipe: Recipe,
    model: OpinionModel,
    pieces: Pieces,
    prepared: Prepared,
    folder: Path,
    state: checkpoint.State,
    on_event: OnEvent,
) -> None:
    if not prepared.dev:
        checkpoint.save_weights(checkpoint.best_file(folder), model)
        return
    model.eval()
    scores: dict[str, float] = {}
    mains = []
    for name, examples in prepared.dev.items():
        # A file may be in the order of its groups, so the first texts would not do.
        some = sample(examples, recipe.evaluation.most, seed=recipe.seed)
        measured = dev_scores(model, pieces, some)
        scores |= {f"{name}/{measure}": value for measure, value in measured.items()}
        mains.append(next(iter(measured.values())))
    model.train()
    mean = float(np.mean(mains))
    best = mean > state.best
    if best:
        state.best, state.stale = mean, 0
        checkpoint.save_weights(checkpoint.best_file(folder), model)
    else:
        state.stale += 1
    on_event(Scored(state.step, scores, mean, best))


def dev_scores(
    model: OpinionModel, pieces: Pieces, examples: Sequence[Labelled]
) -> dict[str, float]:
    """Scores of what the examples are annotated for, the main one first."""
    reader = Reader(forward_of(model), pieces, model.spec)
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
        right = [
            (f.sentiment[2] > f.sentiment[0]) == (POLARITIES[2] == e.sentiment)
            for e, f in typed
            if e.sentiment != POLARITIES[1]
        ]
        measured["sentiment"] = float(np.mean(right)) if right else 0.0
    named = [(e, f) for e, f in zip(examples, found, strict=True) if e.entities is not None]
    if named:
        measured["entities"] = _entity_f1(named)
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
