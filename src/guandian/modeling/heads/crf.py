"""A linear-chain conditional random field over BIO tags (Lafferty et al. 2001)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from guandian.modeling.heads.head_losses import inner_tokens
from guandian.tasks.tags import BARRED, legal


class TagField(nn.Module):
    """Scores of tags and of moves between them, as `tasks.tags` reads them.

    Args:
        width: H of the hidden states.
        types: T entity types, so that there are L = 2 T + 1 tags.
    """

    def __init__(self, width: int, types: int) -> None:
        super().__init__()
        size = 2 * types + 1
        self.emissions = nn.Linear(width, size)
        self.moves = nn.Parameter(torch.zeros(size + 2, size))

    def forward(self, hidden: Tensor) -> dict[str, Tensor]:
        """Hidden states [B, N, H] to `tags` [B, N, L] and `moves` [B, L + 2, L], all alike."""
        return {
            "tags": self.emissions(hidden),
            "moves": self.moves.repeat(hidden.shape[0], 1, 1),
        }


def tag_loss(emissions: Tensor, moves: Tensor, allowed: Tensor, mask: Tensor) -> Tensor | None:
    """The negative log likelihood of what the annotations allow, a mean over annotated texts.

    The likelihood is the sum over all paths that the annotations leave open, as in a CRF that
    learns from incomplete annotations (Tsuboi et al. 2008): where a text is annotated for some
    types only, the tags of the others are neither asked for nor spoken against outside of its
    entities. With every type annotated one path is left, and it is the plain likelihood.

    Args:
        emissions: [B, N, L].
        moves: [B, L + 2, L].
        allowed: bool [B, N, L], as `tasks.tags.allowed_tags`; nothing anywhere = not annotated.
        mask: int64 [B, N], 1 = token, [CLS] and [SEP] included.

    Returns:
        A scalar; None where no text is annotated.
    """
    annotated = allowed.flatten(1).any(1)
    if not annotated.any():
        return None
    # [CLS] and [SEP] have no tag.
    inner = inner_tokens(mask)[annotated][:, 1:]
    scores, allowed = emissions[annotated][:, 1:].float(), allowed[annotated][:, 1:]
    barred = ~torch.from_numpy(legal((scores.shape[2] - 1) // 2)).to(scores.device)
    ruled = moves[annotated].float().masked_fill(barred, BARRED)
    open_to = scores.masked_fill(~allowed, BARRED)
    totals = log_total(torch.cat((scores, open_to)), ruled.repeat(2, 1, 1), inner.repeat(2, 1))
    whole, part = totals.chunk(2)
    return (whole - part).mean()


def log_total(emissions: Tensor, moves: Tensor, inner: Tensor) -> Tensor:
    """The logarithm of the sum of all paths' exponentials (the forward algorithm), [B].

    Args:
        emissions: [B, N, L].
        moves: [B, L + 2, L].
        inner: bool [B, N]; tokens that count come first. A text without any gives 0.
    """
    size = emissions.shape[2]
    score = emissions[:, 0] + moves[:, size]
    for token in range(1, emissions.shape[1]):
        ahead = torch.logsumexp(score.unsqueeze(2) + moves[:, :size], 1) + emissions[:, token]
        score = torch.where(inner[:, token, None], ahead, score)
    total = torch.logsumexp(score + moves[:, size + 1], 1)
    return torch.where(inner[:, 0], total, torch.zeros_like(total))
