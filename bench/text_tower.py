"""A text tower for items: the base's vectors of titles, and a head taught by what people liked.

`python bench/text_tower.py --base FOLDER --data sigir2_train.entry` holds out one pair in ten,
encodes all titles with the frozen encoder, and teaches a head (linear with a residual network) to
put a later liked title near the mean of a user's others: cross-entropy over the other titles of a
batch, less half the log of how often they are drawn. Lists by the head alone stand beside lists by
the frozen vectors, by words and by popularity.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from guandian.evaluation.rankings.ranked_lists import mean_interval, score_lists
from guandian.pipelines.recommending.held_out import HeldOut, split_at_random
from guandian.pipelines.recommending.shop_data import read_shop
from guandian.recommend.behaviour.known_history import KnownHistory
from guandian.recommend.candidates.neighbours import Neighbours
from guandian.recommend.candidates.sources import best_items
from guandian.recommend.candidates.word_vectors import WordVectors

Floats = NDArray[np.float32]
BATCH, ROUNDS, OTHERS, HEAT, DRAWN = 256, 6, 5, 0.07, 0.5


class Head(nn.Module):
    """Vectors of titles into the space of liking; begins as it is without lessons."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, width, bias=False)
        last = nn.Linear(2 * width, width)
        self.residual = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), last)
        nn.init.eye_(self.linear.weight)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, vectors: Tensor) -> Tensor:
        """Unit vectors, [titles, width]."""
        return functional.normalize(self.linear(vectors) + self.residual(vectors), dim=-1)


def encoded(texts: list[str], base: str) -> Floats:
    """Mean hidden states of titles, centred, unit length; a title of no words is zeros."""
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base)
    encoder = AutoModel.from_pretrained(base, dtype=torch.float32, add_pooling_layer=False).eval()
    shown = [k for k, text in enumerate(texts) if text]
    vectors = np.zeros((len(texts), encoder.config.hidden_size), dtype=np.float32)
    shown.sort(key=lambda k: len(texts[k]))
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(shown), 64):
            part = shown[start : start + 64]
            words = [f"query: {texts[k]}" for k in part]
            given = tokenizer(
                words, truncation=True, max_length=40, padding=True, return_tensors="pt"
            )
            states = encoder(**given).last_hidden_state.float()
            mask = given["attention_mask"][..., None].float()
            vectors[part] = ((states * mask).sum(1) / mask.sum(1)).numpy()
    vectors[shown] -= vectors[shown].mean(0)
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return np.asarray(vectors / lengths, dtype=np.float32)


def taught(vectors: Floats, history: KnownHistory, seed: int) -> Floats:
    """The head's vectors of all items after its lessons."""
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    liked = history.liked.tocsr()
    users = np.nonzero(np.diff(liked.indptr) >= 2)[0]
    titles, head = torch.tensor(vectors), Head(vectors.shape[1])
    drawn = np.log((history.popularity + 1) / (history.popularity + 1).sum())
    odds = torch.tensor(DRAWN * drawn, dtype=torch.float32)
    learner = torch.optim.AdamW(head.parameters(), lr=5e-4, weight_decay=0.05)
    for _ in range(ROUNDS * (len(users) // BATCH + 1)):
        later, earlier = [], []
        for user in generator.choice(users, BATCH, replace=False):
            items = liked.indices[liked.indptr[user] : liked.indptr[user + 1]]
            order = generator.permutation(items)
            later.append(int(order[0]))
            earlier.append(order[1 : 1 + OTHERS])
        rows = torch.tensor(np.repeat(np.arange(BATCH), [len(items) for items in earlier]))
        sums = torch.zeros(BATCH, vectors.shape[1])
        sums = sums.index_add(0, rows, head(titles[np.concatenate(earlier)]))
        near = functional.normalize(sums, dim=-1) @ head(titles[later]).T / HEAT - odds[later]
        number = torch.tensor(later)
        same = number[:, None] == number[None]
        near = near.masked_fill(same.fill_diagonal_(False), -1e9)
        loss = functional.cross_entropy(near, torch.arange(BATCH))
        learner.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        learner.step()
    with torch.no_grad():
        learnt = head(titles).numpy()
    return np.asarray(learnt * (np.linalg.norm(vectors, axis=1) > 0)[:, None])


def by_mean(vectors: Floats, history: Any) -> Floats:
    """How near all items lie to the mean of what users like, above nought, [users, items]."""
    people = history @ vectors
    people /= np.maximum(np.linalg.norm(people, axis=1, keepdims=True), 1e-9)
    return np.asarray(people @ vectors.T + 1.001, dtype=np.float32)


def figures(split: HeldOut, history: KnownHistory, scores: Floats) -> NDArray[np.float64]:
    """NDCG@10 of each user's list by some scores."""
    lists = best_items(scores, history.seen[split.users], 10)
    rows = [[int(item) for item in items] for items in lists]
    popularity = history.popularity.astype(np.float64)
    return score_lists(rows, split.wanted, popularity, len(history.behaviour.users)).ndcg


def main() -> None:
    """Print NDCG@10 of the head, and what it gains over each control."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", required=True)
    parser.add_argument("--vectors", type=Path, help="Kept there, and read from there.")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    torch.set_num_threads(1)
    shop = read_shop([given.data])
    split = split_at_random(shop.behaviour)
    history = KnownHistory.of(split.history)
    texts = [shop.catalogue.text(item) for item in shop.behaviour.items]
    if given.vectors and given.vectors.exists():
        vectors = np.load(given.vectors)
    else:
        vectors = encoded(texts, given.base)
        if given.vectors:
            np.save(given.vectors, vectors)
    started = time.process_time()
    head = taught(vectors, history, given.seed)
    print(f"{len(texts):,} titles; the head learned in {time.process_time() - started:.0f} s")
    liked = history.liked[split.users]
    words = WordVectors.of([[text] if text else [] for text in texts])
    popular = np.broadcast_to(history.popularity, (len(split.users), len(texts)))
    ours = figures(split, history, by_mean(head, liked))
    print(f"tower: {mean_interval(ours)}")
    for name, scores in (
        ("frozen encoder", by_mean(vectors, liked)),
        ("words", Neighbours.by_rows(words.items).scores(liked)),
        ("popularity", popular),
    ):
        other = figures(split, history, scores)
        print(f"{name}: {mean_interval(other)}; tower less this {mean_interval(ours - other)}")


if __name__ == "__main__":
    main()
