"""The learning rates at which a model learns: the range test of Smith 2015 (arXiv:1506.01186)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf, isfinite, nan

import numpy as np
from numpy.typing import NDArray

from guandian.errors import GuandianError
from guandian.recipes.recipe import Recipe
from guandian.recipes.sections import Optimisation
from guandian.tracking.events import OnEvent, Stepped
from guandian.training.data.dataset import Prepared
from guandian.training.loop import schedule, train_steps
from guandian.training.step import TrainState

DIVERGED = 2.0
"""The loss has diverged where it is so many times its lowest."""
_HOPELESS = 4.0
_NEIGHBOURS = 40
"""The kernel that smooths is a fortieth of the steps wide (standard deviation)."""
FEWEST = 10
MOST = 10_000
"""Steps that tell anything."""


@dataclass(frozen=True, slots=True)
class RangeTest:
    """The losses of a range test by rate, and the rate that they suggest.

    Attributes:
        rates: of the encoder, one a step, rising by a constant factor.
        heads: of the heads, over `rates`.
        losses: of each step, all heads weighed as the recipe does; NaN where not every head
            had something to learn.
        smoothed: the same without the noise of single batches.
        steepest: the rate at which the loss falls most steeply; None where it never falls.
        diverged: the first rate, past the lowest loss, at which it has grown to `DIVERGED` times
            that; None where it has not.
    """

    rates: tuple[float, ...]
    heads: float
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    steepest: float | None
    diverged: float | None

    @property
    def suggested(self) -> float | None:
        """The lower of the steepest rate and a tenth of the one that diverged."""
        tenth = None if self.diverged is None else self.diverged / 10
        rates = [rate for rate in (self.steepest, tenth) if rate is not None]
        return min(rates) if rates else None

    def to_json(self) -> dict[str, object]:
        """Every figure by its name; an unknown loss is null."""
        heads = None if self.suggested is None else self.heads * self.suggested
        return {
            "learning_rate": self.suggested,
            "head_learning_rate": heads,
            "steepest": self.steepest,
            "diverged": self.diverged,
            "rates": list(self.rates),
            "losses": [value if isfinite(value) else None for value in self.losses],
            "smoothed": list(self.smoothed),
        }


@dataclass(frozen=True, slots=True)
class RateRange:
    """Between which rates of the encoder, and in how many steps.

    Raises:
        GuandianError: no such range.
    """

    lowest: float = 1e-6
    highest: float = 1.0
    steps: int = 120

    def __post_init__(self) -> None:
        rates = 0 < self.lowest < self.highest < inf
        if not rates or not FEWEST <= self.steps <= MOST:
            raise GuandianError(
                f"no range of rates: {self.lowest:g} to {self.highest:g} in {self.steps} steps",
                f"name a lower and a higher rate, and {FEWEST} to {MOST:,} steps",
            )

    def rate(self, step: int) -> float:
        """The rate of a step, from 0."""
        return float(self.lowest * (self.highest / self.lowest) ** (step / (self.steps - 1)))

    def share(self, settings: Optimisation, step: int, total: int) -> float:
        """The rate as a share of the recipe's; the heads' rate rises along."""
        return self.rate(step) / settings.learning_rate


def find_rate(state: TrainState, rate_range: RateRange, on_event: OnEvent) -> RangeTest:
    """Train with rates that rise until the loss diverges; the model is spoilt by it.

    Args:
        state: made for `rate_range.steps` steps whose rates are `rate_range.share`.
        rate_range: the rates.
        on_event: told of each step.

    Raises:
        GuandianError: the loss is no number from the beginning, or as `train_step`.
    """
    recipe = state.recipe
    step_losses: list[dict[str, float]] = []
    smoothed: NDArray[np.float64] = np.zeros(0)
    steps = _enough(recipe, state.inputs.prepared, rate_range.steps)
    began = time.monotonic()
    tokens = 0
    for parts, step_tokens in train_steps(state, steps):
        if not all(isfinite(value) for value in parts.values()):
            break
        step_losses.append(parts)
        tokens += step_tokens
        seconds = max(time.monotonic() - began, 1e-9)
        on_event(Stepped(len(step_losses), rate_range.steps, parts, tokens / seconds))
        smoothed = smooth(step_losses, recipe, rate_range.steps)
        if len(step_losses) > FEWEST and smoothed[-1] > _HOPELESS * smoothed.min():
            break
    if len(step_losses) < FEWEST:
        raise GuandianError(
            f"the loss is not a number after {len(step_losses)} steps, at a rate of "
            f"{rate_range.rate(len(step_losses)):.1e}",
            "begin lower with --lowest",
        )
    if not any(step_losses):
        raise GuandianError(
            f"no text of {recipe.name} trains any head",
            "name labelled sets, or ask for objective.language",
        )
    rates = tuple(rate_range.rate(step) for step in range(len(step_losses)))
    heads = recipe.optimisation.head_learning_rate / recipe.optimisation.learning_rate
    losses = tuple(weighed(step_losses, recipe).sum(1).tolist())
    diverged = rate_range.rate(len(step_losses)) if len(step_losses) < rate_range.steps else None
    return judge(rates, heads, losses, smoothed, diverged)


def judge(
    rates: tuple[float, ...],
    heads: float,
    losses: tuple[float, ...],
    smoothed: NDArray[np.float64],
    diverged: float | None,
) -> RangeTest:
    """Find where the loss falls most steeply, and where it diverges.

    Args:
        rates: of each step.
        heads: rate of the heads over that of the encoder.
        losses: of each step.
        smoothed: the same without noise.
        diverged: a rate at which it is known to have, at the latest.
    """
    low = int(smoothed.argmin())
    slope = np.gradient(smoothed)[: low + 1]
    falls = int(slope.argmin())
    high = np.flatnonzero(smoothed[low:] >= DIVERGED * smoothed[low])
    return RangeTest(
        rates=rates,
        heads=heads,
        losses=losses,
        smoothed=tuple(smoothed.tolist()),
        steepest=rates[falls] if slope[falls] < 0 else None,
        diverged=rates[low + int(high[0])] if len(high) else diverged,
    )


def smooth(
    step_losses: Sequence[dict[str, float]], recipe: Recipe, steps: int
) -> NDArray[np.float64]:
    """Each head's losses averaged over neighbouring steps, added: `[len(step_losses)]`.

    A batch may tell a head nothing, so that plain sums of two batches would not compare.
    """
    losses = weighed(step_losses, recipe)
    finite = np.isfinite(losses)
    positions = np.arange(len(losses))
    near = np.exp(
        -0.5 * ((positions[:, None] - positions[None]) / max(1.0, steps / _NEIGHBOURS)) ** 2
    )
    # A head that has not been told of yet counts as it will at first: near is never quite 0.
    near = np.maximum(near, 1e-300)
    total = near @ np.where(finite, losses, 0.0)
    return np.asarray((total / (near @ finite)).sum(1))


def weighed(step_losses: Sequence[dict[str, float]], recipe: Recipe) -> NDArray[np.float64]:
    """Losses `[steps, heads]` as the recipe weighs them, NaN where a head was told nothing."""
    names = list(dict.fromkeys(name for parts in step_losses for name in parts))
    counts: dict[str, float] = dict(recipe.weights) | {
        f"label.{head.name}": head.weight for head in recipe.heads
    }
    counts |= {
        name: getattr(recipe.objective, name)
        for name in ("r_drop", "contrastive", "language", "consistency")
    }
    # What a gap of probabilities is, is told and not made small.
    pairing = recipe.objective.pairing
    counts |= {"pairing": pairing.weight if pairing else 0.0, "swap_gap": 0.0}
    if recipe.distillation is not None:
        counts["imitation"] = recipe.distillation.weight
    weights = [counts.get(name, 1.0) for name in names]
    rows = [[parts.get(name, nan) for name in names] for parts in step_losses]
    return np.asarray(rows, dtype=np.float64) * weights


def _enough(recipe: Recipe, prepared: Prepared, count: int) -> list[list[list[int]]]:
    """So many steps of the recipe, its data as often again as that takes."""

    def passes(epochs: float) -> list[list[list[int]]]:
        settings = recipe.optimisation.model_copy(update={"epochs": epochs})
        return schedule(recipe.model_copy(update={"optimisation": settings}), prepared)

    return passes(float(ceil(count / len(passes(1.0)))))[:count]
