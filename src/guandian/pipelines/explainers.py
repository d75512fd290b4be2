"""Explainers from the model that a person named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from guandian.bundle import Bundle, float32_weights, open_folder, shipped
from guandian.display.names import Names
from guandian.domain import Review
from guandian.errors import GuandianError
from guandian.explain.explainer import PASSES, Explainer, Method
from guandian.explain.explanation import ReviewExplanation
from guandian.io.optional_libraries import needs
from guandian.mining.miner import Miner
from guandian.pipelines.miners import open_miner
from guandian.tasks.token_effects import TokenExplainer


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
        GuandianError: as `open_miner` and `gradients_of`, and where `passes` or the method cannot
            be.
    """
    miner = open_miner(model, 1, custom)
    gradients = gradients_of(model, miner) if method == "gradients" else None
    return Explainer(miner, method, passes, gradients).explain, miner.labels.names


def gradients_of(model: Path | None, miner: Miner) -> TokenExplainer:
    """What gives gradients of a bundle's network, made of its weights in torch.

    Args:
        model: its folder; the shipped bundle where none is named.
        miner: of the same bundle.

    Raises:
        GuandianError: it is an ensemble, or torch or captum are not installed.
    """
    opened = open_folder(model or shipped())
    if not isinstance(opened, Bundle):
        raise GuandianError(
            f"{opened.path} is an ensemble, and gradients are of one network",
            "name one of its members, or choose the method shapley",
        )
    needs("torch", "train", "--method gradients")
    needs("captum.attr", "train", "--method gradients")
    from guandian.modeling.model import OpinionModel
    from guandian.modeling.text_gradients import TextGradients

    shape, spec = dict(opened.manifest.model), miner.labels.spec
    network = OpinionModel.resume(shape, float32_weights(opened), spec)
    return TextGradients(network, miner.reader.pieces.mask_id, miner.labels.confidence.quad)
