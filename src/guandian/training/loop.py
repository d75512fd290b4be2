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
from guandian.tracking.events import Few, OnEvent, Resumed, Saved, Scored, Stepped, Stopping
from guandian.tracking.run_folder import broken_batch
from guandian.training import checkpoint
from guandian.training.data.batches import Batch, collate, plan
from guandian.training.data.dataset import Prepared
from guandian.training.interrupts import Interrupt, held
from guandian.training.out_of_memory import peak_gigabytes, telling_memory
from guandian.training.parallel.process_group import ALONE, Group
from guandian.training.step import Learner, Started
from guandian.training.validation import dev_scores

SAVE_EVERY_SECONDS = 240.0
_SMALL_BATCH = 8
"""Texts of a batch that a few dozen texts leave enough of."""
REPORT_EVERY_STEPS = 20
"""At most; a short epoch is told at least once."""


class Taken(NamedTuple):
    """One step that was taken.

    Attributes:
        losses: by name, of all batches; none where they tell no head anything.
        tokens: of all batches, without padding.
    """

    losses: dict[str, float]
    tokens: int


def train(
    recipe: Recipe, started: Started, folder: Path, on_event: OnEvent, group: Group = ALONE
) -> Path:
    """Train to the end of the recipe, or go on from the checkpoint in `folder`.

    The model is changed in place and ends with the best weights seen on the dev parts (the
    last ones where there is no dev part), what a method added folded in where it can be. The same
    recipe on the same CPU threads gives the same bytes, interrupted or not. A teacher's answers
    are imitated where one is given.

    Args:
        recipe: how.
        started: what it begins with.
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
    steps = schedule(recipe, started.prepared)
    total = len(steps)
    saved_at = reported_at = time.monotonic()
    told_every = int(min(REPORT_EVERY_STEPS, max(1, total / recipe.optimisation.epochs)))
    tokens, taught = 0, False
    with ExitStack() as during:
        learner = during.enter_context(Learner(recipe, started, total, folder, group))
        during.enter_context(group.together())
        state, interrupt = learner.restored(folder), Interrupt()
        if group.size == 1:  # of several processes none must save without the others
            interrupt = during.enter_context(held(lambda: on_event(Stopping(state.step))))
        if state.step == 0 and (warning := few(recipe, started.prepared, steps)) is not None:
            on_event(warning)
        if 0 < state.step < total and state.stale < recipe.evaluation.patience:
            on_event(Resumed(state.step, total, state.best if state.best >= 0 else None))
        going = learn(learner, steps, state.step)
        while state.step < total and state.stale < recipe.evaluation.patience:
            taken = next(going)
            if not all(np.isfinite(value) for value in taken.losses.values()):
                _give_up(learner, steps[state.step], folder, state.step, taken.losses)
            state.step += 1
            taught = taught or bool(taken.losses)
            tokens += taken.tokens
            now = time.monotonic()
            if state.step % told_every == 0 or state.step == total:
                rate = tokens / max(now - reported_at, 1e-9)
                on_event(Stepped(state.step, total, taken.losses, rate, peak_gigabytes()))
                reported_at, tokens = now, 0
            if state.step % recipe.evaluation.every == 0 or state.step == total:
                with learner.averaged():
                    _evaluate(learner, folder, state, on_event)
                reported_at = time.monotonic()
            if state.step == total and not taught:
                raise GuandianError(
                    f"no text of {recipe.name} teaches any head anything",
                    "name labelled sets, or ask for objective.language",
                )
            due = now - saved_at > SAVE_EVERY_SECONDS or state.step == total or interrupt.pressed
            if group.agree(due) if group.sharded else due:
                on_event(Saved(state.step, str(learner.save(folder, state))))
                saved_at = time.monotonic()
            if interrupt.pressed:
                raise KeyboardInterrupt
        group.agree(None)  # the main one has written
    model = started.model
    checkpoint.load_weights(checkpoint.best_file(folder), model)
    model.to("cpu").eval()
    fold(model)
    return checkpoint.best_file(folder)


def learn(
    learner: Learner, steps: Sequence[Sequence[Sequence[int]]], first: int = 0
) -> Iterator[Taken]:
    """Take one step after the other; whoever asks for the next one decides how long.

    Args:
        learner: the model on its way.
        steps: batches of each step, as `schedule` gives them.
        first: the step to begin with, from 0.

    Raises:
        GuandianError: no memory is left; the settings to change are named.
    """
    examples = learner.started.prepared.examples
    for done in range(first, len(steps)):
        whole = steps[done]
        mine = [whole[place] for place, _ in learner.group.portion(len(whole))]
        lengths = [[len(examples[k].ids) for k in chosen] for chosen in mine]
        with telling_memory(learner.recipe, done + 1, lengths):
            losses = learner.step(batches_of(learner.started, mine), done, len(whole))
        yield Taken(losses, sum(len(examples[k].ids) for chosen in whole for k in chosen))


def batches_of(started: Started, chosen: Sequence[Sequence[int]]) -> list[Batch]:
    """Batches of examples, given by their indices."""
    examples, spec, pad_id = started.prepared.examples, started.model.spec, started.pieces.pad_id
    return [collate([examples[k] for k in one], spec, pad_id, one) for one in chosen]


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
        local = plan(
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
    asked, seen = recipe.optimisation, int(prepared.times.sum())
    batches = [len(batch) for step in steps for batch in step]
    remedy, an_epoch = [], max(1.0, len(batches) / asked.epochs)
    if max(batches, default=0) > _SMALL_BATCH:
        remedy.append(f"optimisation.batch_texts = {_SMALL_BATCH}")
        an_epoch = np.ceil(seen / _SMALL_BATCH)
    if asked.accumulate > 1:
        remedy.append("optimisation.accumulate = 1")
    epochs = min(MOST_EPOCHS, int(np.ceil(FEW_STEPS / an_epoch)))
    if epochs > asked.epochs:
        remedy.append(f"optimisation.epochs = {epochs}")
    return Few(len(steps), seen, asked.epochs, ", ".join(remedy))


def fingerprint(recipe: Recipe, started: Started) -> str:
    """Equal where two processes will take the same steps from the same start."""
    digest = hashlib.sha256(repr(schedule(recipe, started.prepared)).encode())
    for one in started.prepared.examples:
        digest.update(one.ids.tobytes())
        digest.update(repr((one.spans, one.readings, one.sentiment, one.labels)).encode())
    for parameter in started.model.parameters():
        digest.update(parameter.detach().flatten()[:64].numpy().tobytes())
    return digest.hexdigest()


def _evaluate(learner: Learner, folder: Path, state: checkpoint.State, on_event: OnEvent) -> None:
    group, best_file = learner.group, checkpoint.best_file(folder)
    if not learner.started.prepared.dev:
        checkpoint.save_weights(best_file, learner.model, main=group.main)
        return
    # Divided parameters compute together; else the others wait for the main one.
    found = _dev_scores(learner) if group.main or group.sharded else ({}, 0.0)
    scores, mean = group.agree(found)
    best = mean > state.best
    if best:
        state.best, state.stale = mean, 0
        checkpoint.save_weights(best_file, learner.model, main=group.main)
    else:
        state.stale += 1
    on_event(Scored(state.step, scores, mean, best))


def _dev_scores(learner: Learner) -> tuple[dict[str, float], float]:
    """Scores by `set/measure`, and the mean of the sets' main ones."""
    recipe, model = learner.recipe, learner.model
    model.eval()
    scores: dict[str, float] = {}
    mains = []
    for name, examples in learner.started.prepared.dev.items():
        # A file may be in the order of its groups, so the first texts would not do.
        some = sample(examples, recipe.evaluation.most, seed=recipe.seed)
        measured = dev_scores(model, learner.started.pieces, some)
        scores |= {f"{name}/{measure}": value for measure, value in measured.items()}
        mains.append(next(iter(measured.values())))
    model.train()
    return scores, float(np.mean(mains))


def _give_up(
    learner: Learner,
    step: Sequence[Sequence[int]],
    folder: Path,
    done: int,
    losses: dict[str, float],
) -> NoReturn:
    """Save the batches that broke the training."""
    kept = f"{broken_batch(folder, done).name} in {folder}"
    if learner.group.main:
        ids = [batch.ids for batch in batches_of(learner.started, step)]
        kept = str(checkpoint.save_batch(folder, ids, done))
    raise GuandianError(
        f"the loss is not a number at step {done + 1}: {losses}",
        f"the batch is in {kept}; lower optimisation.learning_rate",
    )
