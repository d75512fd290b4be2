"""The one training loop: a recipe, prepared examples and a callback in, a run folder out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from torch import nn

from guandian.data.splits import sample
from guandian.errors import GuandianError
from guandian.modeling.adaptation import fold
from guandian.modeling.model import OpinionModel
from guandian.tasks.targets import Annotated
from guandian.text.pieces import Pieces
from guandian.training import checkpoint
from guandian.training.batches import Batch, collate, plan
from guandian.training.events import OnEvent, Saved, Scored, Stepped
from guandian.training.learner import Learner
from guandian.training.memory import peak_gigabytes, telling_memory
from guandian.training.preparation import Prepared
from guandian.training.recipe import Recipe
from guandian.training.scoring import dev_scores

SAVE_EVERY_SECONDS = 240.0
REPORT_EVERY_STEPS = 20
"""At most; a short epoch is told at least once."""


def train(
    recipe: Recipe,
    model: OpinionModel,
    pieces: Pieces,
    prepared: Prepared,
    folder: Path,
    on_event: OnEvent,
    teacher: nn.Module | None = None,
) -> Path:
    """Train to the end of the recipe, or go on from the checkpoint in `folder`.

    The model is changed in place and ends with the best weights seen on the dev parts (the
    last ones where there is no dev part), what a method added folded in where it can be. The same
    recipe on the same CPU threads gives the same bytes, interrupted or not. A teacher's answers
    are imitated where one is given.

    Returns:
        The file with the best weights, of what was learned alone.

    Raises:
        GuandianError: the loss is not a number (the batch is saved beside the checkpoint), no
            memory is left, or the model cannot take the recipe's method.
    """
    steps = schedule(recipe, prepared)
    total = len(steps)
    saved_at = reported_at = time.monotonic()
    told_every = min(REPORT_EVERY_STEPS, max(1, int(total / recipe.optimisation.epochs)))
    tokens, taught = 0, False
    examples = prepared.examples
    with Learner(
        recipe, model, examples, total, folder, teacher, mask_id=pieces.mask_id
    ) as learner:
        state = learner.restored(folder)
        going = learn(learner, steps, examples, pieces, state.step)
        while state.step < total and state.stale < recipe.evaluation.patience:
            batches, parts = next(going)
            if not all(np.isfinite(value) for value in parts.values()):
                path = checkpoint.save_batch(folder, [batch.ids for batch in batches], state.step)
                raise GuandianError(
                    f"the loss is not a number at step {state.step + 1}: {parts}",
                    f"the batch is in {path}; lower optimisation.learning_rate",
                )
            state.step += 1
            taught = taught or bool(parts)
            tokens += sum(int(batch.mask.sum()) for batch in batches)
            now = time.monotonic()
            if state.step % told_every == 0 or state.step == total:
                rate = tokens / max(now - reported_at, 1e-9)
                on_event(Stepped(state.step, total, parts, rate, peak_gigabytes()))
                reported_at, tokens = now, 0
            if state.step % recipe.evaluation.every == 0 or state.step == total:
                with learner.averaged():
                    _evaluate(recipe, model, pieces, prepared, folder, state, on_event)
                reported_at = time.monotonic()
            if state.step == total and not taught:
                raise GuandianError(
                    f"no text of {recipe.name} teaches any head anything",
                    "name labelled sets, or ask for objective.language",
                )
            if now - saved_at > SAVE_EVERY_SECONDS or state.step == total:
                on_event(Saved(state.step, str(learner.save(folder, state))))
                saved_at = time.monotonic()
    checkpoint.load_weights(checkpoint.best_file(folder), model)
    model.to("cpu").eval()
    fold(model)
    return checkpoint.best_file(folder)


def learn(
    learner: Learner,
    steps: Sequence[Sequence[Sequence[int]]],
    examples: Sequence[Annotated],
    pieces: Pieces,
    first: int = 0,
) -> Iterator[tuple[list[Batch], dict[str, float]]]:
    """Take one step after the other; whoever asks for the next one decides how long.

    Args:
        learner: the model on its way.
        steps: batches of each step, as `schedule` gives them.
        examples: what their indices count.
        pieces: of which the padding is.
        first: the step to begin with, from 0.

    Yields:
        The step's batches and each loss by name.

    Raises:
        GuandianError: no memory is left; the settings to change are named.
    """
    for done in range(first, len(steps)):
        lengths = [[len(examples[k].ids) for k in chosen] for chosen in steps[done]]
        with telling_memory(learner.recipe, done + 1, lengths):
            batches = [
                collate([examples[k] for k in chosen], learner.spec, pieces.pad_id, chosen)
                for chosen in steps[done]
            ]
            parts = learner.step(batches, done)
        yield batches, parts


def schedule(recipe: Recipe, prepared: Prepared) -> list[list[list[int]]]:
    """Every step of the run: its batches, each the indices of examples.

    The same for the same recipe and data.
    """
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
    together = recipe.optimisation.accumulate
    return [batches[k : k + together] for k in range(0, len(batches), together)]


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
