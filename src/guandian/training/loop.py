"""The one training loop: a recipe, prepared examples and a callback in, a run folder out."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np

from guandian.data.splits import sample
from guandian.errors import GuandianError
from guandian.modeling.fine_tuning import fold
from guandian.recipes.recipe import Recipe
from guandian.recipes.sections import FEW_STEPS, MOST_EPOCHS, MOST_SEEN, MOST_STEPS
from guandian.tracking.events import Ended, Few, OnEvent, Resumed, Saved, Scored, Stepped, Stopping
from guandian.tracking.run_folder import broken_batch
from guandian.training import checkpoint
from guandian.training.data.batches import Batch, collate, plan_batches
from guandian.training.data.dataset import Prepared
from guandian.training.interrupts import Interrupt, held
from guandian.training.out_of_memory import peak_gigabytes
from guandian.training.parallel.process_group import ALONE, Group
from guandian.training.step import TrainingInputs, TrainState, train_step
from guandian.training.validation import dev_scores

SAVE_EVERY_SECONDS = 240.0
_SMALL_BATCH = 8
"""Texts of a batch that a few dozen texts leave enough of."""
REPORT_EVERY_STEPS = 20
"""At most; a short epoch is told at least once."""


class StepBatches(NamedTuple):
    """The batches of one step.

    Attributes:
        batches: of this process.
        of_all: how many they are of all processes.
        tokens: of the batches of all processes, without padding.
    """

    batches: list[Batch]
    of_all: int
    tokens: int


def train(
    recipe: Recipe, inputs: TrainingInputs, folder: Path, on_event: OnEvent, group: Group = ALONE
) -> Path:
    """Train to the end of the recipe, or go on from the checkpoint in `folder`.

    The model is changed in place and ends with the best weights seen on the dev parts (the
    last ones where there is no dev part), what a method added folded in where it can be. The same
    recipe on the same CPU threads gives the same bytes, interrupted or not. A teacher is distilled
    from where one is given.

    Args:
        recipe: of this training.
        inputs: what it begins with.
        folder: of the run.
        on_event: told of steps, scores and checkpoints.
        group: the processes that train together; all see the folder.

    Returns:
        The file with the best weights, of what was learned alone.

    Raises:
        GuandianError: the loss is not a number (the batch is saved beside the checkpoint), no
            memory is left, another process is gone, or the model cannot take the recipe's method.
        KeyboardInterrupt: on Ctrl-C, after the step and a checkpoint; at once on the second one.
    """
    steps = schedule(recipe, inputs.prepared)
    total, patience = len(steps), recipe.evaluation.patience
    saved_at = reported_at = time.monotonic()
    report_every = int(min(REPORT_EVERY_STEPS, max(1, total / recipe.optimisation.epochs)))
    tokens, any_loss = 0, False
    with ExitStack() as during:
        state = during.enter_context(TrainState(recipe, inputs, total, folder, group))
        during.enter_context(group.together())
        progress, interrupt = state.restored(folder), Interrupt()
        if group.size == 1:  # of several processes none must save without the others
            interrupt = during.enter_context(held(lambda: on_event(Stopping(progress.step))))
        if progress.step == 0 and (warning := few(recipe, inputs.prepared, steps)) is not None:
            on_event(warning)
        if progress.step > 0:
            on_event(Resumed(progress.step, total, progress.best if progress.best >= 0 else None))
        batches = batches_by_step(state, steps, progress.step)
        while not progress.is_over(total, patience):
            step = next(batches)
            losses = train_step(state, step.batches, progress.step, step.of_all)
            if not all(np.isfinite(value) for value in losses.values()):
                _refuse_infinite(state, steps[progress.step], folder, progress.step, losses)
            progress.step += 1
            any_loss = any_loss or bool(losses)
            tokens += step.tokens
            clock = time.monotonic()
            if progress.step % report_every == 0 or progress.step == total:
                rate = tokens / max(clock - reported_at, 1e-9)
                on_event(Stepped(progress.step, total, losses, rate, peak_gigabytes()))
                reported_at, tokens = clock, 0
            if progress.step % recipe.evaluation.every == 0 or progress.step == total:
                with state.averaged():
                    _evaluate(state, folder, progress, on_event)
                reported_at = time.monotonic()
            over = progress.is_over(total, patience)
            if over and not any_loss:
                raise GuandianError(
                    f"no text of {recipe.name} trains any head",
                    "name labelled sets, or ask for objective.language",
                )
            due = clock - saved_at > SAVE_EVERY_SECONDS or over or interrupt.pressed
            if group.agree(due) if group.sharded else due:
                on_event(Saved(progress.step, str(state.save(folder, progress))))
                saved_at = time.monotonic()
            if interrupt.pressed:
                raise KeyboardInterrupt
        group.agree(None)  # the main one has written
    if progress.step < total:
        on_event(Ended(progress.step, total, progress.stale))
    model = inputs.model
    checkpoint.load_weights(checkpoint.best_file(folder), model)
    model.to("cpu").eval()
    fold(model)
    return checkpoint.best_file(folder)


def batches_by_step(
    state: TrainState, steps: Sequence[Sequence[Sequence[int]]], first: int = 0
) -> Iterator[StepBatches]:
    """Make the batches of one step after the other.

    Args:
        state: of the training.
        steps: the examples' indices of each batch of each step, as `schedule` gives them.
        first: the step to begin with, from 0.
    """
    examples = state.inputs.prepared.examples
    for batches in steps[first:]:
        own = [batches[position] for position, _ in state.group.portion(len(batches))]
        tokens = sum(len(examples[k].ids) for indices in batches for k in indices)
        yield StepBatches(batches_of(state.inputs, own), len(batches), tokens)


def train_steps(
    state: TrainState, steps: Sequence[Sequence[Sequence[int]]], first: int = 0
) -> Iterator[tuple[dict[str, float], int]]:
    """Take one step after the other, each when it is asked for: losses by name, and tokens.

    Arguments and errors as `batches_by_step` and `train_step`; nothing is scored or written.
    """
    for step, (batches, of_all, tokens) in enumerate(batches_by_step(state, steps, first), first):
        yield train_step(state, batches, step, of_all), tokens


def batches_of(inputs: TrainingInputs, batches: Sequence[Sequence[int]]) -> list[Batch]:
    """Batches of examples, given by their indices."""
    examples, spec, pad_id = inputs.prepared.examples, inputs.model.spec, inputs.pieces.pad_id
    return [collate([examples[k] for k in indices], spec, pad_id, indices) for indices in batches]


def schedule(recipe: Recipe, prepared: Prepared) -> list[list[list[int]]]:
    """Every step of the run: its batches, each the indices of examples.

    The same for the same recipe and data.

    Raises:
        GuandianError: more texts or steps than `MOST_SEEN` or `MOST_STEPS`.
    """
    lengths = [len(example.ids) for example in prepared.examples]
    seen = int(prepared.times.sum()) * recipe.optimisation.epochs
    if seen > MOST_SEEN:
        raise GuandianError(
            f"{recipe.name} would see {seen:,.0f} texts in {recipe.optimisation.epochs:g} epochs, "
            f"and {MOST_SEEN:,} are the most",
            "lower optimisation.epochs or data.times",
        )
    repeated = np.repeat(np.arange(len(lengths)), prepared.times)
    batches: list[list[int]] = []
    whole = int(np.ceil(recipe.optimisation.epochs))
    for epoch in range(whole):
        rng = np.random.default_rng((recipe.seed, epoch))
        share = min(1.0, recipe.optimisation.epochs - epoch)
        chosen = rng.permutation(repeated)[: max(1, round(share * len(repeated)))]
        local = plan_batches(
            [lengths[k] for k in chosen],
            recipe.optimisation.batch_tokens,
            rng,
            recipe.optimisation.batch_texts,
        )
        batches += [[int(chosen[k]) for k in batch] for batch in local]
        steps = len(batches) / recipe.optimisation.accumulate
        if steps * recipe.optimisation.epochs / (epoch + 1) > MOST_STEPS:
            raise GuandianError(
                f"{recipe.name} asks for about {steps * recipe.optimisation.epochs:,.0f} steps, "
                f"and {MOST_STEPS:,} are the most",
                "lower optimisation.epochs, or make batches larger (optimisation.batch_tokens)",
            )
    together = recipe.optimisation.accumulate
    return [batches[k : k + together] for k in range(0, len(batches), together)]


def few(recipe: Recipe, prepared: Prepared, steps: Sequence[Sequence[Sequence[int]]]) -> Few | None:
    """A warning where a training has fewer steps than `FEW_STEPS`, with what would give it more.

    Args:
        recipe: how it trains.
        prepared: what on.
        steps: as `schedule` gives them.
    """
    if len(steps) >= FEW_STEPS:
        return None
    settings, seen = recipe.optimisation, int(prepared.times.sum())
    batches = [len(batch) for step in steps for batch in step]
    remedy, an_epoch = [], max(1.0, len(batches) / settings.epochs)
    if max(batches, default=0) > _SMALL_BATCH:
        remedy.append(f"optimisation.batch_texts = {_SMALL_BATCH}")
        an_epoch = np.ceil(seen / _SMALL_BATCH)
    if settings.accumulate > 1:
        remedy.append("optimisation.accumulate = 1")
    epochs = min(MOST_EPOCHS, int(np.ceil(FEW_STEPS / an_epoch)))
    if epochs > settings.epochs:
        remedy.append(f"optimisation.epochs = {epochs}")
    return Few(len(steps), seen, settings.epochs, ", ".join(remedy))


def fingerprint(recipe: Recipe, inputs: TrainingInputs) -> str:
    """Equal where two processes will take the same steps from the same start."""
    digest = hashlib.sha256(repr(schedule(recipe, inputs.prepared)).encode())
    for example in inputs.prepared.examples:
        digest.update(example.ids.tobytes())
        labels = (example.spans, example.readings, example.sentiment, example.labels)
        digest.update(repr(labels).encode())
    for parameter in inputs.model.parameters():
        digest.update(parameter.detach().flatten()[:64].numpy().tobytes())
    return digest.hexdigest()


def _evaluate(
    state: TrainState, folder: Path, progress: checkpoint.State, on_event: OnEvent
) -> None:
    """Score the model, and keep its weights where they are the best so far."""
    group, best_file = state.group, checkpoint.best_file(folder)
    if not state.inputs.prepared.dev:
        checkpoint.save_weights(best_file, state.model, main=group.main)
        return
    # Divided parameters compute together; else the others wait for the main one.
    measured = _dev_scores(state) if group.main or group.sharded else ({}, 0.0)
    scores, mean = group.agree(measured)
    best = mean > progress.best
    if best:
        progress.best, progress.stale = mean, 0
        checkpoint.save_weights(best_file, state.model, main=group.main)
    else:
        progress.stale += 1
    on_event(Scored(progress.step, scores, mean, best))


def _dev_scores(state: TrainState) -> tuple[dict[str, float], float]:
    """Scores by `set/measure`, and the mean of the sets' main ones."""
    recipe, model = state.recipe, state.model
    model.eval()
    scores: dict[str, float] = {}
    mains = []
    for name, examples in state.inputs.prepared.dev.items():
        # A file may be in the order of its groups, so the first texts would not do.
        drawn = sample(examples, recipe.evaluation.most, seed=recipe.seed)
        measured = dev_scores(model, state.inputs.pieces, drawn)
        scores |= {f"{name}/{measure}": value for measure, value in measured.items()}
        mains.append(next(iter(measured.values())))
    model.train()
    return scores, float(np.mean(mains))


def _refuse_infinite(
    state: TrainState,
    step: Sequence[Sequence[int]],
    folder: Path,
    step_number: int,
    losses: dict[str, float],
) -> NoReturn:
    """Save the batches whose loss is not a number, and say where."""
    path = str(broken_batch(folder, step_number))
    if state.group.main:
        ids = [batch.ids for batch in batches_of(state.inputs, step)]
        path = str(checkpoint.save_batch(folder, ids, step_number))
    raise GuandianError(
        f"the loss is not a number at step {step_number + 1}: {losses}",
        f"the batch is in {path}; lower optimisation.learning_rate",
    )
