"""What one more source of candidates gives: alone, in a plain hybrid and within the ranker, paired.

`python bench/recommend_sources.py --data FILE --parts 0 1 [--encoder FOLDER]` holds out tenths of
the pairs of user and item, one after another; recommenders with and without the source are built
by the product's own `build_recommender`, and users are pooled over the parts.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse

from guandian.evaluation.rankings.ranked_lists import mean_interval, score_lists, strata
from guandian.pipelines.recommending import fitting
from guandian.pipelines.recommending.building import build_recommender
from guandian.pipelines.recommending.encoded_texts import directions
from guandian.pipelines.recommending.fit_settings import FitSettings
from guandian.pipelines.recommending.held_out import HeldOut, split_at_random
from guandian.pipelines.recommending.item_texts import ItemTexts
from guandian.pipelines.recommending.shop_data import ShopData, read_shop
from guandian.recommend.candidates.neighbours import Neighbours
from guandian.recommend.candidates.sources import best_items, candidate_pairs
from guandian.recommend.recommender import Recommender, mean_places
from guandian.vectors.encoder import EncoderMeans

LENGTH, BATCH = 10, 256
PLAIN = ("popularity", "neighbours", "factors")
SHOWN = ("popularity", "factors", "bpr", "words", "encoder", "tower")
PAIRS = (
    ("ranker with bpr", "ranker"), ("bpr", "factors"), ("bpr", "popularity"),
    ("hybrid with bpr", "hybrid"), ("ranker with tower", "ranker with encoder"),
    ("ranker with encoder", "ranker"), ("ranker with tower", "ranker"), ("tower", "encoder"),
    ("tower", "words"), ("tower", "popularity"),
)  # fmt: skip
"""A system, and what it is compared with."""
Figures = dict[str, NDArray[np.float64]]


def once(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same, but what was fitted on a matrix is fitted on it once, whoever asks next."""
    known: dict[tuple[bytes, bool], Any] = {}

    def remembering(matrix: Any, *rest: Any, **named: Any) -> Any:
        parts = (matrix.data, matrix.indices, matrix.indptr) if issparse(matrix) else (matrix,)
        digest = hashlib.sha256(b"".join(np.ascontiguousarray(part) for part in parts)).digest()
        key = digest, issparse(matrix)
        if key not in known:
            known[key] = function(matrix, *rest, **named)
        return known[key]

    return remembering


def lists_of(recommender: Recommender, users: NDArray[np.int64]) -> dict[str, list[list[int]]]:
    """Lists of single sources and of plain hybrids."""
    lists: dict[str, list[list[int]]] = {}
    sources, most = recommender.sources, FitSettings().candidates
    for start in range(0, len(users), BATCH):
        batch = users[start : start + BATCH]
        scores, seen = sources.scores(batch), sources.history.seen[batch]
        for name in set(SHOWN) & set(scores):
            best = best_items(scores[name], seen, LENGTH)
            lists.setdefault(name, []).extend(row.tolist() for row in best)
        rows, items = candidate_pairs(scores, seen, {name: most[name] for name in most})
        hybrids = {"hybrid": PLAIN}
        if "bpr" in scores:
            hybrids["hybrid with bpr"] = (*PLAIN, "bpr")
        for name, names in hybrids.items():
            mean = mean_places(scores, rows, items, names)
            order = np.lexsort((items, -mean, rows))
            cuts = np.searchsorted(rows[order], np.arange(1, len(batch)))
            split = np.split(items[order], cuts)
            lists.setdefault(name, []).extend(row[:LENGTH].tolist() for row in split)
    return lists


def item_texts(shop: ShopData, encoder: str, kept: Path | None) -> ItemTexts:
    """Texts with their vectors; what the encoder gave is read from a file where there is one."""
    if not encoder or kept is None:
        return ItemTexts.of(shop, FitSettings(encoder=encoder))
    if not kept.exists():
        read = [shop.catalogue.text(item)[:300] for item in shop.behaviour.items]
        np.save(kept, EncoderMeans(encoder, max_tokens=64, overlap=16).fit_transform(read))
    return ItemTexts(shop.catalogue, directions(np.load(kept)))


def judged(
    shop: ShopData, split: HeldOut, texts: ItemTexts, systems: dict[str, FitSettings]
) -> tuple[Figures, Figures, NDArray[np.int64], dict[str, float]]:
    """NDCG by user and hits by held-out item, of all systems; strata of the items; seconds."""
    past = replace(shop, behaviour=split.history, quotes=())
    lists: dict[str, list[list[int]]] = {}
    seconds: dict[str, float] = {}
    fitting.fit_factors = once(fitting.fit_factors)
    Neighbours.by_users = once(Neighbours.by_users)  # type: ignore[method-assign]
    Neighbours.by_rows = once(Neighbours.by_rows)  # type: ignore[method-assign]
    for name, settings in systems.items():
        begun = time.process_time()
        own = texts if settings.encoder else ItemTexts.of(past, settings)
        recommender = build_recommender(past, settings, texts=own)
        seconds[name] = time.process_time() - begun
        ranked: list[list[int]] = []
        for start in range(0, len(split.users), BATCH):
            for items, _ in recommender.ranked(split.users[start : start + BATCH]):
                ranked.append(items[:LENGTH].tolist())
        lists = {**lists_of(recommender, split.users), **lists, name: ranked}
    known = recommender.sources.history.popularity.astype(np.float64)
    people = len(split.history.users)
    ndcg = {
        name: score_lists(rows, split.wanted, known, people).ndcg for name, rows in lists.items()
    }
    pairs = [(row, item) for row, items in enumerate(split.wanted) for item in sorted(items)]
    hits = {
        name: np.array([item in rows[row] for row, item in pairs], dtype=np.float64)
        for name, rows in lists.items()
    }
    return ndcg, hits, strata(known, np.array([item for _, item in pairs])), seconds


def main() -> None:
    """Print figures of all systems after each part, pooled so far."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--items", type=Path)
    parser.add_argument("--parts", type=int, nargs="+", default=[0])
    parser.add_argument("--encoder", default="")
    parser.add_argument("--means", type=Path, help="what the encoder read is kept there")
    parser.add_argument("--without-bpr", action="store_true")
    parser.add_argument("--without-ranker", action="store_true", help="sources alone: quick")
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args()
    shop = read_shop([given.data], given.items)
    systems = {"ranker": FitSettings()}
    if not given.without_bpr:
        systems["ranker with bpr"] = FitSettings(bpr=True)
    if given.encoder:
        systems["ranker with encoder"] = FitSettings(encoder=given.encoder)
        systems["ranker with tower"] = FitSettings(encoder=given.encoder, tower=True)
    if given.without_ranker:
        whole = FitSettings(
            encoder=given.encoder,
            tower=bool(given.encoder),
            bpr=not given.without_bpr,
            ranker=False,
        )
        systems = {"recency and likeness": whole}
    begun = time.process_time()
    texts = item_texts(shop, given.encoder, given.means)
    print(f"texts: {time.process_time() - begun:.0f} s", flush=True)
    splits = {k: split_at_random(shop.behaviour, part=k) for k in given.parts}
    parts, users = [], []
    with ProcessPoolExecutor(given.processes, get_context("spawn")) as pool:  # torch was loaded
        tasks = {pool.submit(judged, shop, split, texts, systems): k for k, split in splits.items()}
        for task in as_completed(tasks):
            parts.append(task.result())
            users.append(splits[tasks[task]].users)
            print(f"part {tasks[task]}:", {k: round(v) for k, v in parts[-1][3].items()})
            show(parts, np.concatenate(users))


def show(
    parts: list[tuple[Figures, Figures, NDArray[np.int64], dict[str, float]]],
    users: NDArray[np.int64],
) -> None:
    """Print what is known so far."""
    ndcg = {name: np.concatenate([part[0][name] for part in parts]) for name in parts[0][0]}
    stratum = np.concatenate([part[2] for part in parts])
    for name, values in ndcg.items():
        hit = np.concatenate([part[1][name] for part in parts])
        recall = " ".join(f"{hit[stratum == k].mean():.4f}" for k in range(3))
        whole = mean_interval(values, users)
        print(f"{name:22} {whole.value:.4f} ({whole.low:.4f} to {whole.high:.4f})  recall {recall}")
    for name, other in PAIRS:
        if name in ndcg and other in ndcg:
            gain = mean_interval(ndcg[name] - ndcg[other], users)
            print(f"{name} less {other}: {gain.value:+.4f} ({gain.low:+.4f} to {gain.high:+.4f})")
    print(flush=True)


if __name__ == "__main__":
    main()
