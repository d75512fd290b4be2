"""The loop by which a language model learns examples: checkpoints, scores, the best kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from guandian.errors import GuandianError
from guandian.modeling.decoders.decoder import Decoder
from guandian.recipes.decoder_recipe import DecoderRecipe
from guandian.recipes.sections import MOST_SEEN, MOST_STEPS
from guandian.tracking.events import Ended, OnEvent, Resumed, Saved, Scored, Stepped, Stopping
from guandian.training import checkpoint
from guandian.training.decoding.packed_rows import PackedRow, plan_rows
from guandian.training.decoding.prompt_examples import PromptExample
from guandian.training.interrupts import Interrupt, held
from guandian.training.loop import REPORT_EVERY_STEPS, SAVE_EVERY_SECONDS
from guandian.training.optimisers import rate_share
from guandian.training.out_of_memory import peak_gigabytes
from guandian.training.step import half_type

Score = Callable[[], tuple[dict[str, float], float]]
"""Scores by `set/measure`, and the mean of the sets' main ones."""


@dataclass
class DecoderTraining:
    """A language model, what it learns from, and how it is scored.

    Attributes:
        recipe: of the training.
        decoder: adapted; changed here.
        examples: what to learn from.
        score: of the model as it is; None where nothing is held out.
        before: for `replies`: the natural logarithm of how likely each example's two answers were
            before anything was learned [examples, 2].
    """

    recipe: DecoderRecipe
    decoder: Decoder
    examples: Sequence[PromptExample]
    score: Score | None = None
    before: Tensor | None = None
    optimiser: torch.optim.Optimizer = field(init=False)

    def __post_init__(self) -> None:
        settings = self.recipe.optimisation
        learning = [p for p in self.decoder.parameters() if p.requires_grad]
        matrices = [p for p in learning if p.dim() > 1]
        rest = [p for p in learning if p.dim() <= 1]
        groups = [{"params": matrices, "weight_decay": settings.weight_decay}]
        groups += [{"params": rest, "weight_decay": 0.0}] if rest else []
        self.optimiser = torch.optim.AdamW(groups, lr=settings.learning_rate)
        if settings.gradient_checkpointing:
            network: nn.Module = self.decoder.network
            network.gradient_checkpointing_enable({"use_reentrant": False})  # type: ignore[operator]

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self.decoder.parameters()).device


def fine_tune(training: DecoderTraining, folder: Path, on_event: OnEvent) -> None:
    """Fine-tune to the end of the recipe, or go on from the checkpoint in `folder`.

    The model ends with the weights of the best score, the last ones where there is none.

    Args:
        training: what to learn; its model is changed.
        folder: of the run.
        on_event: told of steps, scores and checkpoints.

    Raises:
        GuandianError: the loss is not a number, or more steps than are allowed.
        KeyboardInterrupt: on Ctrl-C, after the step and a checkpoint; at once on the second one.
    """
    recipe, decoder = training.recipe, training.decoder
    steps, patience = training_steps(recipe, training.examples), recipe.evaluation.patience
    restored = checkpoint.load_checkpoint(folder, decoder, training.optimiser)
    progress = checkpoint.State() if restored is None else restored[0]
    saved_at = reported_at = time.monotonic()
    tokens = 0
    with ExitStack() as during:
        interrupt: Interrupt = during.enter_context(held(lambda: on_event(Stopping(progress.step))))
        if progress.step:
            on_event(Resumed(progress.step, len(steps), max(progress.best, 0.0)))
        elif training.score is not None:
            _evaluate(training, folder, progress, on_event)
        while not progress.is_over(len(steps), patience):
            rows = steps[progress.step]
            losses, seen = take_step(training, rows, rate_share(
                recipe.optimisation, progress.step, len(steps)))  # fmt: skip
            progress.step += 1
            tokens += seen
            clock = time.monotonic()
            last = progress.step == len(steps)
            if progress.step % REPORT_EVERY_STEPS == 0 or last:
                rate = tokens / max(clock - reported_at, 1e-9)
                on_event(Stepped(progress.step, len(steps), losses, rate, peak_gigabytes()))
                reported_at, tokens = clock, 0
            if (progress.step % recipe.evaluation.every == 0 or last) and not interrupt.pressed:
                _evaluate(training, folder, progress, on_event)
                reported_at = time.monotonic()
            over = progress.is_over(len(steps), patience)
            if clock - saved_at > SAVE_EVERY_SECONDS or over or interrupt.pressed:
                shot = checkpoint.snapshot(decoder, training.optimiser, progress, {})
                on_event(Saved(progress.step, str(checkpoint.save_checkpoint(folder, shot))))
                saved_at = time.monotonic()
            if interrupt.pressed:
                raise KeyboardInterrupt
    if progress.step < len(steps):
        on_event(Ended(progress.step, len(steps), progress.stale))
    checkpoint.load_weights(checkpoint.best_file(folder), decoder)
    decoder.eval()


def training_steps(
    recipe: DecoderRecipe, examples: Sequence[PromptExample]
) -> list[list[list[int]]]:
    """Every step of a training: its rows, each the indexes of examples; alike for the same data.

    Raises:
        GuandianError: more examples or steps than `MOST_SEEN` or `MOST_STEPS`.
    """
    settings = recipe.optimisation
    seen = len(examples) * settings.epochs
    rows: list[list[int]] = []
    for epoch in range(int(np.ceil(settings.epochs)) if seen <= MOST_SEEN else 0):
        share = min(1.0, settings.epochs - epoch)
        order = np.random.default_rng((recipe.seed, epoch)).permutation(len(examples))
        order = order[: max(1, round(share * len(examples)))]
        local = plan_rows(examples, map(int, order), settings.batch_tokens)
        shuffled = np.random.default_rng((recipe.seed, epoch, 1)).permutation(len(local))
        rows += [local[k] for k in shuffled]
    size = settings.accumulate
    steps = [rows[start : start + size] for start in range(0, len(rows), size)]
    if seen > MOST_SEEN or len(steps) > MOST_STEPS:
        raise GuandianError(
            f"{recipe.name} would see {seen:,.0f} answers in {settings.epochs:g} epochs",
            "lower optimisation.epochs",
        )
    return steps


def take_step(
    training: DecoderTraining, rows: Sequence[Sequence[int]], share: float
) -> tuple[dict[str, float], int]:
    """Take one optimiser step on some rows.

    Args:
        training: changed by it.
        rows: indexes of the examples of each.
        share: of the highest learning rate.

    Returns:
        The loss by name, and how many tokens were read.

    Raises:
        GuandianError: the loss is not a number.
    """
    settings = training.recipe.optimisation
    for group in training.optimiser.param_groups:
        group["lr"] = settings.learning_rate * share
    training.optimiser.zero_grad(set_to_none=True)
    training.decoder.train()
    answers = [len(a) for row in rows for k in row for a in training.examples[k].answers]
    total, tokens = 0.0, 0
    for indexes in rows:
        row = PackedRow.of([training.examples[k] for k in indexes])
        if training.before is None:  # each token of an answer counts alike, in whatever row
            loss = -answer_logs(training, row)[1].sum() / sum(answers)
        else:
            loss = preference_loss(training, row, indexes) / sum(map(len, rows))
        loss.backward()  # type: ignore[no-untyped-call]
        total += float(loss.detach())
        tokens += len(row.ids)
    if not np.isfinite(total):
        raise GuandianError(
            "the loss is not a number any more", "lower optimisation.learning_rate and begin anew"
        )
    learning = [p for p in training.decoder.parameters() if p.requires_grad]
    nn.utils.clip_grad_norm_(learning, settings.clip)
    training.optimiser.step()
    return {"answers" if training.before is None else "preference": total}, tokens


def answer_logs(training: DecoderTraining, row: PackedRow) -> tuple[Tensor, Tensor]:
    """Natural logarithms of how likely the answers of a row are: each one's sum [A], and all."""
    device = training.device
    at, by = (torch.tensor(indexes, device=device) for indexes in row.foretold())
    half = half_type(training.recipe.optimisation.precision, device)
    with torch.autocast(device.type, half or torch.bfloat16, enabled=half is not None):
        logs: Tensor = training.decoder(row.tensors(device), at, by)
    parts = torch.split(logs, [len(answer) for answer in row.answers])
    return torch.stack([part.sum() for part in parts]), logs


def preference_loss(training: DecoderTraining, row: PackedRow, indexes: Sequence[int]) -> Tensor:
    """The sum over a row's pairs of what preferring the wrong answer costs.

    Direct preference optimisation (Rafailov et al. 2023, arXiv:2305.18290): the logistic loss of
    the margin, by which the preferred answer became likelier than the other, both against what
    they were before, times beta.
    """
    return -nn.functional.logsigmoid(margins(training, row, indexes)).sum()


def margins(training: DecoderTraining, row: PackedRow, indexes: Sequence[int]) -> Tensor:
    """Of each pair of a row: beta times how much likelier the preferred answer became [pairs]."""
    assert training.before is not None
    gained = answer_logs(training, row)[0].view(-1, 2) - training.before[list(indexes)].to(
        training.device
    )
    return training.recipe.beta * (gained[:, 0] - gained[:, 1])


@torch.inference_mode()
def answers_before(training: DecoderTraining) -> Tensor:
    """How likely each example's answers are to the network without what it learns [examples, 2]."""
    training.decoder.eval()
    with training.decoder.before_learning():
        logs = [answer_logs(training, PackedRow.of([example]))[0] for example in training.examples]
    return torch.stack(logs).cpu()


def preference_scores(training: DecoderTraining) -> dict[str, float]:
    """The share of pairs whose preferred answer gained more, and the mean margin.

    Args:
        training: its examples are those held out, `before` theirs.
    """
    training.decoder.eval()
    with torch.inference_mode():
        gained = [
            float(margins(training, PackedRow.of([example]), [index])[0])
            for index, example in enumerate(training.examples)
        ]
    preferred = float(np.mean([margin > 0 for margin in gained]))
    return {"preferred": preferred, "margin": float(np.mean(gained))}


def _evaluate(
    training: DecoderTraining, folder: Path, progress: checkpoint.State, on_event: OnEvent
) -> None:
    """Score the model, and keep its weights where they are the best so far."""
    best_file = checkpoint.best_file(folder)
    if training.score is None:
        checkpoint.save_weights(best_file, training.decoder)
        return
    training.decoder.eval()
    scores, mean = training.score()
    best = mean > progress.best
    if best:
        progress.best = mean
        progress.stale = 0
        checkpoint.save_weights(best_file, training.decoder)
    else:
        progress.stale += 1
    on_event(Scored(progress.step, scores, mean, best))
