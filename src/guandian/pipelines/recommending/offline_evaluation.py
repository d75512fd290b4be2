"""How good recommendations are on what users liked later, beside controls that know less."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from guandian.evaluation.intervals.bootstrap import Interval
from guandian.evaluation.rankings.ranked_lists import (
    ListScores,
    mean_interval,
    score_lists,
    strata,
)
from guandian.pipelines.recommending.building import build_recommender
from guandian.pipelines.recommending.fit_settings import FitSettings
from guandian.pipelines.recommending.fitting import BATCH
from guandian.pipelines.recommending.held_out import HeldOut
from guandian.pipelines.recommending.item_texts import ItemTexts
from guandian.pipelines.recommending.shop_data import ShopData
from guandian.pipelines.recommending.star_ratings import StarErrors, evaluate_stars
from guandian.recommend.behaviour.catalogue import Catalogue
from guandian.recommend.candidates.sources import Sources, best_items, candidate_pairs
from guandian.recommend.recommender import Recommender, mean_places

Lists = list[list[int]]
STRATA = ("rare", "middling", "popular")
OURS, PLAIN = "ours", "plain hybrid"
BLIND, SHUFFLED = "without opinions", "shuffled opinions"
WORDLESS, MIXED = "without texts", "shuffled texts"


@dataclass(frozen=True, slots=True)
class SystemFigures:
    """What one system reached.

    Attributes:
        name: of the system.
        ndcg, recall, reciprocal: means over users, with intervals over users.
        coverage: share of all items in some list.
        novelty: mean of -log2 of the share of users who knew a listed item.
        by_stratum: recall of held-out items, by their popularity.
        gain: ours less this one in NDCG, paired; None for ours.
    """

    name: str
    ndcg: Interval
    recall: Interval
    reciprocal: Interval
    coverage: float
    novelty: float
    by_stratum: Mapping[str, float]
    gain: Interval | None


@dataclass(frozen=True, slots=True)
class OfflineEvaluation:
    """Systems on the same users.

    Attributes:
        users: who liked something new in what is held out.
        pairs: what they liked.
        items: all items are ranked, those that a user has seen left out.
        by_time: whether time parted what is held out.
        length: of the lists.
        systems: ours first.
        features: how much each feature helped the ranker, most first.
        stars: how well held-out stars are foretold, None where there are few.
    """

    users: int
    pairs: int
    items: int
    by_time: bool
    length: int
    systems: tuple[SystemFigures, ...]
    features: tuple[tuple[str, float], ...]
    stars: StarErrors | None


def evaluate_recommender(
    shop: ShopData,
    split: HeldOut,
    settings: FitSettings,
    length: int = 10,
    progress: Callable[[str], None] | None = None,
    *,
    controls: bool = True,
) -> OfflineEvaluation:
    """Build on the history, and score lists by what users liked later.

    Beside ours stand popularity, each source alone, the plain hybrid (the mean of the places by
    popularity, neighbours and factors), and where opinions or texts are known the same ranker
    without them and with those of other items.

    Args:
        shop: for texts; behaviour comes from `split` alone.
        split: the history and what is held out.
        settings: of the fit.
        length: of lists.
        progress: called with the name of each system before it is built.
        controls: whether rankers that know less are built too.
    """
    past = replace(shop, behaviour=split.history, quotes=())
    tell = progress or str
    tell(OURS)
    texts = ItemTexts(shop.catalogue)
    recommender = build_recommender(past, settings, texts=texts)
    lists: dict[str, Lists] = {OURS: _ranked_lists(recommender, split.users, length)}
    lists |= _by_source(recommender.sources, split.users, settings, length)
    knowing_less = _controls(past, settings, recommender.sources, texts) if controls else {}
    for name, build in knowing_less.items():
        tell(name)
        lists[name] = _ranked_lists(build(), split.users, length)
    history = recommender.sources.history
    known = history.popularity.astype(np.float64)
    scored = {
        name: score_lists(rows, split.wanted, known, len(history.behaviour.users))
        for name, rows in lists.items()
    }
    figures = [
        _figures(name, scored[name], scored[OURS], _by_stratum(lists[name], split, known))
        for name in lists
    ]
    ranker = recommender.ranker
    # A review of the item tells what it says: only what the catalogue says is beyond doubt.
    words = texts.words(replace(past.behaviour, texts=None))
    return OfflineEvaluation(
        len(split.users),
        sum(map(len, split.wanted)),
        len(history.behaviour.items),
        split.by_time,
        length,
        tuple(figures),
        tuple(ranker.importance()) if ranker else (),
        evaluate_stars(split, settings, words.items if words else None),
    )


def _controls(
    past: ShopData, settings: FitSettings, ours: Sources, texts: ItemTexts
) -> dict[str, Callable[[], Recommender]]:
    """Recommenders that know less, by name: without opinions or texts, or with others' ones."""
    seed = settings.seed + 1

    def order(items: int) -> NDArray[np.int64]:
        return np.random.default_rng(seed).permutation(items)

    controls: dict[str, Callable[[], Recommender]] = {}
    if ours.profiles is not None:
        controls[BLIND] = lambda: build_recommender(
            past, replace(settings, opinions=False), texts=texts
        )
        controls[SHUFFLED] = lambda: build_recommender(
            past, settings, lambda profiles: profiles.shuffled(seed), texts
        )
    if "words" in ours.neighbours:
        bare = replace(past.behaviour, texts=None)
        controls[WORDLESS] = lambda: build_recommender(
            replace(past, behaviour=bare), settings, texts=ItemTexts(Catalogue.none())
        )
        controls[MIXED] = lambda: build_recommender(
            past, settings, texts=ItemTexts(past.catalogue, order=order)
        )
    return controls


def _ranked_lists(recommender: Recommender, users: NDArray[np.int64], length: int) -> Lists:
    lists: Lists = []
    for start in range(0, len(users), BATCH):
        for items, _ in recommender.ranked(users[start : start + BATCH]):
            lists.append([int(item) for item in items[:length]])
    return lists


def _by_source(
    sources: Sources, users: NDArray[np.int64], settings: FitSettings, length: int
) -> dict[str, Lists]:
    lists: dict[str, Lists] = {PLAIN: []}
    for start in range(0, len(users), BATCH):
        batch = users[start : start + BATCH]
        scores = sources.scores(batch)
        seen = sources.history.seen[batch]
        for name, values in scores.items():
            best = best_items(values, seen, length)
            lists.setdefault(name, []).extend([[int(item) for item in row] for row in best])
        rows, items = candidate_pairs(scores, seen, settings.candidates)
        mean = mean_places(scores, rows, items, ("popularity", "neighbours", "factors"))
        order = np.lexsort((items, -mean, rows))
        bounds = np.searchsorted(rows[order], np.arange(len(batch) + 1))
        ranked = items[order]
        lists[PLAIN] += [
            [int(item) for item in ranked[low:high][:length]] for low, high in pairwise(bounds)
        ]
    return lists


def _by_stratum(
    lists: Sequence[Sequence[int]], split: HeldOut, popularity: NDArray[np.float64]
) -> dict[str, float]:
    wanted = [(row, item) for row, items in enumerate(split.wanted) for item in sorted(items)]
    items = np.array([item for _, item in wanted], dtype=np.int64)
    hit = np.array([item in lists[row] for row, item in wanted], dtype=np.float64)
    stratum = strata(popularity, items)
    return {
        name: float(hit[stratum == k].mean()) if (stratum == k).any() else 0.0
        for k, name in enumerate(STRATA)
    }


def _figures(
    name: str, scores: ListScores, ours: ListScores, by_stratum: Mapping[str, float]
) -> SystemFigures:
    return SystemFigures(
        name,
        mean_interval(scores.ndcg),
        mean_interval(scores.recall),
        mean_interval(scores.reciprocal),
        scores.coverage,
        scores.novelty,
        by_stratum,
        None if name == OURS else mean_interval(ours.ndcg - scores.ndcg),
    )
