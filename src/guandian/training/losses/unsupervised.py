"""Losses of texts without labels: masked pieces, and outputs that do not change with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor
from torch.nn import functional

from guandian.modeling.encoders.pretrained import pretrained
from guandian.modeling.heads.head_losses import inner_tokens
from guandian.modeling.heads.mlm_head import embeddings, masked
from guandian.modeling.model import OpinionModel
from guandian.recipes.sections import Objective
from guandian.tasks.targets import Annotated
from guandian.training.data.batches import Batch
from guandian.training.losses.adversarial import differentiate

Outputs = Callable[[Batch], dict[str, Tensor]]
Autocast = Callable[[], AbstractContextManager[None]]


class Unlabelled:
    """The losses that need no labels.

    Args:
        settings: what counts for how much.
        model: in training.
        outputs: of the model for a batch.
        autocast: the precision to compute in.
        examples: all that the run trains on.
        mask_id: the piece that masks others.
    """

    def __init__(
        self,
        settings: Objective,
        model: OpinionModel,
        outputs: Outputs,
        autocast: Autocast,
        examples: Sequence[Annotated],
        mask_id: int,
    ) -> None:
        self._settings, self._model, self._outputs = settings, model, outputs
        self._autocast, self._mask_id = autocast, mask_id
        # Heads without labels output noise, which need not stay as it is.
        self._sentiment = any(example.sentiment >= 0 for example in examples)
        self._opinions = any(example.readings is not None for example in examples)

    def accumulate_gradients(
        self, batch: Batch, share: float, scale: Callable[[Tensor], Tensor]
    ) -> dict[str, float]:
        """Add a batch's gradients to the parameters'.

        Args:
            batch: on the model's device.
            share: what its loss is multiplied by.
            scale: what the loss is turned into before it is differentiated, for fp16.

        Returns:
            Each loss by name; empty where the recipe asks for none.
        """
        settings = self._settings
        losses: dict[str, float] = {}
        for name, weight, loss in (
            ("language", settings.language, self._language),
            ("consistency", settings.consistency, self._consistency),
        ):
            if weight and (cost := loss(batch)) is not None:
                differentiate(scale(weight * share * cost))
                losses[name] = float(cost.detach())
        return losses

    def _language(self, batch: Batch) -> Tensor | None:
        """Cross entropy of masked pieces (Devlin et al. 2018, arXiv:1810.04805)."""
        hidden = self._drawn(batch.ids, batch.mask)
        if not hidden.any():
            return None
        vocabulary = len(embeddings(pretrained(self._model.encoder)))
        ids = masked(batch.ids, hidden, self._mask_id, vocabulary)
        padded = None if bool(batch.mask.all()) else batch.mask
        with self._autocast():
            logits = self._model.pieces_at(ids, padded, hidden)
        return functional.cross_entropy(logits.float(), batch.ids[hidden])

    def _consistency(self, batch: Batch) -> Tensor | None:
        """The loss of sure outputs for unlabelled texts when some pieces are masked.

        FixMatch (Sohn et al. 2020, arXiv:2001.07685) with masking as the strong change: of the
        whole text by its sentiment, and of each cell of the grids of spans and pairs as a yes or
        no. The mean over the unlabelled texts.
        """
        rows = ~batch.targets.labelled()
        if not rows.any():
            return None
        ids, mask, surer = batch.ids[rows], batch.mask[rows], self._settings.surer
        with torch.no_grad():
            # The targets are of other rows and are not read: `Batch` only wants some.
            clean = self._outputs(Batch(ids, mask, batch.targets))
        hidden = torch.where(self._drawn(ids, mask), self._mask_id, ids)
        changed = self._outputs(Batch(hidden, mask, batch.targets))
        total = torch.zeros((), device=ids.device)
        if self._sentiment:
            sure, label = clean["sentiment"].softmax(-1).max(-1)
            loss = functional.cross_entropy(changed["sentiment"], label, reduction="none")
            total = total + (loss * (sure >= surer)).mean()
        if self._opinions:
            for name in ("spans", "pairs"):
                total = total + _cells(changed[name], clean[name], mask, surer)
        return total

    def _drawn(self, ids: Tensor, mask: Tensor) -> Tensor:
        """The pieces that chance masks, bool [B, N]."""
        dice = torch.rand(ids.shape, device=ids.device)
        return inner_tokens(mask) & (dice < self._settings.masked)


def _cells(changed: Tensor, clean: Tensor, mask: Tensor, surer: float) -> Tensor:
    """The loss of grids [B, T, N, N], sure cells alone, summed over a text's other tokens."""
    probability = clean.sigmoid()
    tokens = mask.bool()
    counts = (tokens[:, :, None] & tokens[:, None, :]).unsqueeze(1)
    # A sure no teaches as much as a sure yes; what lies between is left out.
    counts = counts & ((probability >= surer) | (probability <= 1 - surer))
    loss = functional.binary_cross_entropy_with_logits(
        changed, (probability > 0.5).to(changed.dtype), reduction="none"
    )
    return (loss * counts).sum() / tokens.sum()
