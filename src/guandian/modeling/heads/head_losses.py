"""The losses of the heads, each averaged over what its review was annotated for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

# Low enough to vanish in a softmax, and still a number in fp16, where -1e9 would be -inf and NaN.
BLOCKED = -1e4


@dataclass(frozen=True, slots=True)
class Targets:
    """The targets of a padded batch of B texts, N tokens.

    Attributes:
        spans: bool [B, T, N, N], gold spans (first token, last token).
        span_known: bool [B, T], whether the text was annotated for the type.
        pairs: bool [B, 2, N, N], gold links; row 0 and column 0 stand for absent parts.
        pair_known: bool [B].
        readings: int64 [R, 5], one a gold pair: text, aspect first, aspect last, expression
            first, expression last (0, 0 where absent; the whole text where both are).
        category: float [R, C], distribution over categories; zeros where unknown.
        polarity: int64 [R].
        implicit: float [B], 1 where something is judged with neither part said; NaN = unknown.
        sentiment: int64 [B], -1 = unknown.
        labels: float [B, K], the arrays of the declared labels side by side; NaN = unknown.
        tags: bool [B, N, L], the tags that annotations leave open; none anywhere = unknown.
    """

    spans: Tensor
    span_known: Tensor
    pairs: Tensor
    pair_known: Tensor
    readings: Tensor
    category: Tensor
    polarity: Tensor
    implicit: Tensor
    sentiment: Tensor
    labels: Tensor = field(default_factory=lambda: torch.zeros(0, 0))
    tags: Tensor = field(default_factory=lambda: torch.zeros(0, 0, 0, dtype=torch.bool))

    def labelled(self) -> Tensor:
        """Bool [B], whether the text was annotated for anything."""
        known = self.span_known.any(1) | self.pair_known | (self.sentiment >= 0)
        if self.labels.numel():
            known = known | ~self.labels.isnan().all(1)
        return known | self.tags.flatten(1).any(1) if self.tags.numel() else known


@dataclass(frozen=True, slots=True)
class Shape:
    """The ways in which losses of classes differ from plain cross entropy.

    Attributes:
        label_smoothing: share of the truth that is spread over all classes.
        focal: power of what is left to be sure of, by which an answer counts.
        weights: by head, float [K]; what each class counts for.
    """

    label_smoothing: float = 0.0
    focal: float = 0.0
    weights: Mapping[str, Tensor] = field(default_factory=dict)


PLAIN = Shape()


def classes(logits: Tensor, gold: Tensor, shape: Shape = PLAIN, head: str = "") -> Tensor:
    """Cross entropy of single-label classes, shaped.

    Args:
        logits: [R, K].
        gold: float [R, K], a distribution over the classes of each row.
        shape: smoothing, focus (Lin et al. 2017, arXiv:1708.02002) and class weights.
        head: whose weights count.

    Returns:
        A scalar, the mean over rows, by the rows' weights where classes have any.
    """
    heavy = shape.weights.get(head)
    weight = gold if heavy is None else gold * heavy.to(gold.device)
    total = weight.sum()
    smooth = shape.label_smoothing
    # Smoothing takes from the true class and spreads it, weighted as the row is.
    weight = weight * (1 - smooth) + weight.sum(-1, keepdim=True) * smooth / logits.shape[-1]
    sure = logits.log_softmax(-1)
    if shape.focal:
        weight = weight * (1 - sure.exp()).pow(shape.focal)
    return -(weight * sure).sum() / total


def class_divergence(logits: Tensor, teacher_logits: Tensor) -> Tensor:
    """The divergence of distributions [B, K] from a teacher's, a mean over texts."""
    return functional.kl_div(
        logits.log_softmax(-1),
        teacher_logits.log_softmax(-1),
        reduction="batchmean",
        log_target=True,
    )


def binary_divergence(logits: Tensor, teacher_logits: Tensor) -> Tensor:
    """The divergence of each yes or no from a teacher's, same shape."""
    target = teacher_logits.sigmoid()
    crossed = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    entropy = functional.binary_cross_entropy_with_logits(teacher_logits, target, reduction="none")
    # The entropy has no gradient; less it, the loss is 0 where both agree.
    return crossed - entropy


def contrast(states: Tensor, classes_of: Tensor, temperature: float) -> Tensor | None:
    """Supervised contrastive loss (Khosla et al. 2020, arXiv:2004.11362).

    Args:
        states: [R, H].
        classes_of: int64 [R].
        temperature: of the similarities.

    Returns:
        A scalar; None where no two rows are of one class.
    """
    alike = (classes_of[:, None] == classes_of[None]).fill_diagonal_(False)
    several = alike.any(1)
    if not several.any():
        return None
    unit = functional.normalize(states, dim=-1)
    near = unit @ unit.T / temperature
    near = near.masked_fill(torch.eye(len(near), dtype=torch.bool, device=near.device), BLOCKED)
    sure = near.log_softmax(-1)
    mean = (sure * alike).sum(1)[several] / alike.sum(1)[several]
    return -mean.mean()


def multilabel(logits: Tensor, gold: Tensor, allowed: Tensor) -> Tensor:
    """Zero-threshold multi-label cross entropy (Su et al. 2022, arXiv:2208.02955).

    Args:
        logits: [..., K].
        gold: bool [..., K].
        allowed: bool [..., K]; the rest is ignored.

    Returns:
        [...], for each row log(1 + sum of exp(negatives)) + log(1 + sum of exp(-positives)).
    """
    # The logit 0 is the threshold: positives learn to be above it, negatives below, in one sum.
    zero = torch.zeros_like(logits[..., :1])
    low = torch.where(allowed & ~gold, logits, BLOCKED)
    high = torch.where(allowed & gold, -logits, BLOCKED)
    return torch.logsumexp(torch.cat((low, zero), -1), -1) + torch.logsumexp(
        torch.cat((high, zero), -1), -1
    )


def read_pairs(logits: Tensor, readings: Tensor) -> Tensor:
    """Logits [B, N, 2, K] at R pairs: means over the aspect's and the expression's tokens, added.

    Returns:
        [R, K].
    """
    # Running sums: the mean over any range is two look-ups, for all pairs at once.
    total = torch.cat((torch.zeros_like(logits[:, :1]), logits.cumsum(1)), 1)
    text = readings[:, 0]
    parts = []
    for role in (0, 1):
        first, last = readings[:, 1 + 2 * role], readings[:, 2 + 2 * role]
        summed = total[text, last + 1, role] - total[text, first, role]
        parts.append(summed / (last + 1 - first).unsqueeze(-1))
    return parts[0] + parts[1]


def losses(
    outputs: dict[str, Tensor], targets: Targets, mask: Tensor, shape: Shape = PLAIN
) -> dict[str, Tensor]:
    """Each head's loss (a scalar), for the heads that this batch has annotations for.

    Args:
        outputs: as `HeadSpec` says.
        targets: of the same batch.
        mask: int64 [B, N], 1 = token, [CLS] and [SEP] included.
        shape: of the losses of category, polarity and sentiment.
    """
    by_head: dict[str, Tensor] = {}
    inner = inner_tokens(mask)
    if targets.span_known.any():
        upper = torch.ones_like(targets.spans[0, 0]).triu()
        allowed = inner[:, None, :, None] & inner[:, None, None, :] & upper
        by_grid = multilabel(
            outputs["spans"].flatten(2), targets.spans.flatten(2), allowed.flatten(2)
        )
        by_head["spans"] = by_grid[targets.span_known].sum() / targets.span_known.any(1).sum()
    if targets.pair_known.any():
        annotated = targets.pair_known
        ends = inner.clone()
        # [CLS] stands for a part that is absent, so links to it are learned too.
        ends[:, 0] = True
        allowed = (ends[:, None, :, None] & ends[:, None, None, :]).flatten(2)[annotated]
        logits, gold = outputs["pairs"].flatten(2)[annotated], targets.pairs.flatten(2)[annotated]
        by_head["pairs"] = multilabel(logits, gold, allowed).sum(1).mean()
    if len(targets.readings):
        logits = read_pairs(outputs["polarity"], targets.readings)
        by_head["polarity"] = classes(logits, one_hot(targets.polarity, logits), shape, "polarity")
        labelled = targets.category.sum(1) > 0
        if labelled.any():
            logits = read_pairs(outputs["category"], targets.readings)
            by_head["category"] = classes(
                logits[labelled], targets.category[labelled], shape, "category"
            )
    annotated = ~targets.implicit.isnan()
    if annotated.any():
        weight = inner[annotated].to(outputs["implicit"].dtype)
        clause = (outputs["implicit"][annotated] * weight).sum(1) / weight.sum(1)
        by_head["implicit"] = functional.binary_cross_entropy_with_logits(
            clause, targets.implicit[annotated]
        )
    annotated = targets.sentiment >= 0
    if annotated.any():
        logits = outputs["sentiment"][annotated]
        gold = one_hot(targets.sentiment[annotated], logits)
        by_head["sentiment"] = classes(logits, gold, shape, "sentiment")
    return by_head


def one_hot(indices: Tensor, logits: Tensor) -> Tensor:
    """Class indices [R] as distributions of the shape and kind of logits [R, K]."""
    return functional.one_hot(indices, logits.shape[-1]).to(logits.dtype)


def inner_tokens(mask: Tensor) -> Tensor:
    """The mask [B, N] as bool, True only at tokens between [CLS] and [SEP]."""
    inner = mask.bool().clone()
    inner[:, 0] = False
    # Padding stands behind a text, so its length tells where [SEP] is.
    last = mask.sum(1) - 1
    inner[torch.arange(len(mask)), last] = False
    return inner
