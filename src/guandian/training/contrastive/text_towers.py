"""Trains vectors of items' texts on what people liked: a two-tower model whose tower is one.

Covington, Adams and Sargin (2016) and Yi et al. (2019, logits less what is drawn often), with a
frozen text encoder below: a linear map with a residual network learns to put what a user liked
near the mean of what else he liked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TowerSettings:
    """How a tower is trained.

    Attributes:
        batch: users of a step, whose later items are each other's wrong answers.
        rounds: times that every user is drawn, in the mean.
        others: items that stand for a user.
        temperature: what divides cosines.
        drawn: how much of the logarithm of an item's popularity is taken from its logit.
        rate: of learning.
        seed: of order and of the net.
    """

    batch: int = 256
    rounds: int = 6
    others: int = 5
    temperature: float = 0.07
    drawn: float = 0.5
    rate: float = 5e-4
    seed: int = 0


class _Tower(nn.Module):
    """Vectors of texts into the space of liking; begins as the vectors are."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, width, bias=False)
        last = nn.Linear(2 * width, width)
        self.residual = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), last)
        nn.init.eye_(self.linear.weight)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, vectors: Tensor) -> Tensor:
        """Unit vectors, [texts, width]."""
        return functional.normalize(self.linear(vectors) + self.residual(vectors), dim=-1)


def train_tower(
    vectors: Floats, liked: Any, popularity: Floats, settings: TowerSettings | None = None
) -> Floats:
    """The trained vectors of all items, unit rows.

    Args:
        vectors: of their texts, [items, width]; a row of zeros has no text and stays so.
        liked: sparse [users, items], what users liked; users of one item say nothing.
        popularity: [items], how often each was chosen.
        settings: of the training.
    """
    settings = settings or TowerSettings()
    generator = np.random.default_rng(settings.seed)
    liked = liked.tocsr()
    known = np.linalg.norm(vectors, axis=1) > 0
    users = np.flatnonzero(np.diff(liked.indptr) >= 2)
    texts = torch.from_numpy(np.ascontiguousarray(vectors))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        tower = _Tower(vectors.shape[1])
    share = (popularity + 1) / (popularity + 1).sum()
    odds = torch.tensor(settings.drawn * np.log(share), dtype=torch.float32)
    learner = torch.optim.AdamW(tower.parameters(), lr=settings.rate, weight_decay=0.05)
    batch = min(settings.batch, len(users))
    steps = settings.rounds * (len(users) // batch + 1) if batch > 1 else 0
    for _ in range(steps):
        loss = _loss(tower, texts, liked, generator.choice(users, batch, replace=False), odds,
                     settings, generator)  # fmt: skip
        learner.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        learner.step()
    with torch.no_grad():
        trained = tower(texts).numpy()
    return np.asarray(trained * known[:, None], dtype=np.float32)


def _loss(
    tower: _Tower, texts: Tensor, liked: Any, users: NDArray[np.int64], odds: Tensor,
    settings: TowerSettings, generator: np.random.Generator,
) -> Tensor:  # fmt: skip
    """Cross-entropy of each user's item that is held out, among those of the batch."""
    later, earlier = [], []
    for user in users:
        items = generator.permutation(liked.indices[liked.indptr[user] : liked.indptr[user + 1]])
        later.append(int(items[0]))
        earlier.append(items[1 : 1 + settings.others])
    rows = torch.tensor(np.repeat(np.arange(len(users)), [len(items) for items in earlier]))
    people = torch.zeros(len(users), texts.shape[1])
    people = people.index_add(0, rows, tower(texts[np.concatenate(earlier)]))
    near = functional.normalize(people, dim=-1) @ tower(texts[later]).T / settings.temperature
    number = torch.tensor(later)
    same = (number[:, None] == number[None]).fill_diagonal_(False)  # the same item is not wrong
    near = (near - odds[later]).masked_fill(same, -1e9)
    return functional.cross_entropy(near, torch.arange(len(users)))
