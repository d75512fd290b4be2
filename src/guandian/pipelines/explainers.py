"""Explainers from the model that a person named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from guandian.display.names import Names
from guandian.domain import Review
from guandian.explain.explainer import PASSES, Explainer, Method
from guandian.explain.explanation import ReviewExplanation
from guandian.pipelines.miners import open_miner


def open_explainer(
    model: Path | None = None,
    custom: str | None = None,
    method: Method = "shapley",
    passes: int = PASSES,
) -> tuple[Callable[[Review], ReviewExplanation], Names]:
    """What explains one review, and the names of the model's categories.

    Args:
        model: a bundle, ensemble or run; the shipped bundle where none is named.
        custom: of annotation to answer by; None = the model's first.
        method: how effects are found.
        passes: readings of a text at most.

    Raises:
        GuandianError: as `open_miner`, and where `passes` or the method cannot be.
    """
    miner = open_miner(model, 1, custom)
    return Explainer(miner, method, passes).explain, miner.labels.names
