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
from guandian.pipelines.recommending.star_ratings import (
    StarErrors,
    pooled_stars,
    rated_of,
    star_squares,
)
from guandian.recommend.behaviour.catalogue import Catalogue
from guandian.recommend.candidates.sources import Sources, best_items, candidate_pairs
from guandian.recommend.recommender import Recommender, mean_places

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Lists = list[list[int]]
STRATA = ("rare", "middling", "popular")
OURS, PLAIN = "ours", "plain hybrid"
BLIND, SHUFFLED = "without opinions", "shuffled opinions"
WORDLESS, MIXED = "without texts", "shuffled texts"
PAIRLESS, TOWERLESS = "without BPR", "without tower"


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
        splits: of which all is pooled.
    """

    users: int
    pairs: int
    items: int
    by_time: bool
    length: int
    systems: tuple[SystemFigures, ...]
    features: tuple[tuple[str, float], ...]
    stars: StarErrors | None
    splits: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class _SplitLists:
    """What one system gave the users of one split.

    Attributes:
        scores: of its lists.
        hit: [held-out items], whether each stood in its user's list.
        stratum: [held-out items], of its popularity.
    """

    scores: ListScores
    hit: Floats
    stratum: Ints


def evaluate_recommender(
    shop: ShopData,
    splits: Sequence[HeldOut],
    settings: FitSettings,
    length: int = 10,
    progress: Callable[[str], None] | None = None,
    *,
    controls: bool = True,
) -> OfflineEvaluation:
    """Build on each history, score lists by what users liked later, and pool the splits.

    Beside ours stand popularity, each source alone, the plain hybrid (the mean of the places by
    popularity, neighbours and factors), and where opinions or texts are known the same ranker
    without them and with those of other items. Intervals draw users again, each with all that he
    has in any split.

    Args:
        shop: for texts; behaviour comes from the splits alone.
        splits: histories and what is held out of them, which lies in one split at most.
        settings: of the fit.
        length: of lists.
        progress: called with the name of each system before it is built.
        controls: whether rankers that know less are built too.
    """
    parts: list[dict[str, _SplitLists]] = []
    texts: ItemTexts | None = None
    importance: dict[str, float] = {}
    stars: list[tuple[NDArray[np.integer], Mapping[str, Floats]]] = []
    for split in splits:
        past = replace(shop, behaviour=split.history, quotes=())
        texts = texts or ItemTexts.of(past, settings)
        demand = length, progress or _silent, controls
        recommender, lists = _all_lists(past, split, settings, texts, demand)
        parts.append({name: _scored(rows, split, recommender) for name, rows in lists.items()})
        for name, share in recommender.ranker.importance() if recommender.ranker else ():
            importance[name] = importance.get(name, 0.0) + share / len(splits)
        # A review of the item tells what it says: only what the catalogue says is beyond doubt.
        words = texts.words(replace(past.behaviour, texts=None))
        squares = star_squares(split, settings, words.items if words else None)
        if squares is not None:
            stars.append((rated_of(split.later).user, squares))
    users = np.concatenate([split.users for split in splits])
    figures = [_figures(name, parts, users) for name in parts[0]]
    return OfflineEvaluation(
        len(np.unique(users)),
        sum(len(items) for split in splits for items in split.wanted),
        len(splits[0].history.items),
        splits[0].by_time,
        length,
        tuple(figures),
        tuple(sorted(importance.items(), key=lambda pair: -pair[1])),
        pooled_stars(stars),
        len(splits),
    )


def _all_lists(
    past: ShopData,
    split: HeldOut,
    settings: FitSettings,
    texts: ItemTexts,
    demand: tuple[int, Callable[[str], None], bool],
) -> tuple[Recommender, dict[str, Lists]]:
    """Ours, and the lists of all systems by name."""
    length, tell, controls = demand
    tell(OURS)
    recommender = build_recommender(past, settings, texts=texts)
    lists: dict[str, Lists] = {OURS: _ranked_lists(recommender, split.users, length)}
    lists |= _by_source(recommender.sources, split.users, settings, length)
    knowing_less = _controls(past, settings, recommender.sources, texts) if controls else {}
    for name, build in knowing_less.items():
        tell(name)
        lists[name] = _ranked_lists(build(), split.users, length)
    return recommender, lists


def _silent(_: str) -> None:
    """Tell nobody."""


def _scored(lists: Lists, split: HeldOut, recommender: Recommender) -> _SplitLists:
    history = recommender.sources.history
    known = history.popularity.astype(np.float64)
    wanted = [(row, item) for row, items in enumerate(split.wanted) for item in sorted(items)]
    return _SplitLists(
        score_lists(lists, split.wanted, known, len(history.behaviour.users)),
        np.array([item in lists[row] for row, item in wanted], dtype=np.float64),
        strata(known, np.array([item for _, item in wanted], dtype=np.int64)),
    )


def _controls(
    past: ShopData, settings: FitSettings, ours: Sources, texts: ItemTexts
) -> dict[str, Callable[[], Recommender]]:
    """Recommenders that know less, by name: without a part of ours, or with others' words."""
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
    if settings.bpr:
        controls[PAIRLESS] = lambda: build_recommender(
            past, replace(settings, bpr=False), texts=texts
        )
    if ours.tower is not None:
        controls[TOWERLESS] = lambda: build_recommender(
            past, replace(settings, tower=False), texts=texts
        )
    if "words" in ours.neighbours:
        bare = replace(past.behaviour, texts=None)
        controls[WORDLESS] = lambda: build_recommender(
            replace(past, behaviour=bare), settings, texts=ItemTexts(Catalogue.none())
        )
        controls[MIXED] = lambda: build_recommender(
            past, settings, texts=replace(texts, order=order, _fixed=None, _near={})
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


def _figures(name: str, parts: Sequence[Mapping[str, _SplitLists]], users: Ints) -> SystemFigures:
    """The figures of a system over all splits; `users` are those of all scores, in order."""
    own = [part[name] for part in parts]
    hit = np.concatenate([part.hit for part in own])
    stratum = np.concatenate([part.stratum for part in own])

    def pooled(which: str, system: str = name) -> Floats:
        return np.concatenate([getattr(part[system].scores, which) for part in parts])

    ndcg = pooled("ndcg")
    return SystemFigures(
        name,
        mean_interval(ndcg, users),
        mean_interval(pooled("recall"), users),
        mean_interval(pooled("reciprocal"), users),
        float(np.mean([part.scores.coverage for part in own])),
        float(np.mean([part.scores.novelty for part in own])),
        {
            which: float(hit[stratum == k].mean()) if (stratum == k).any() else 0.0
            for k, which in enumerate(STRATA)
        },
        None if name == OURS else mean_interval(pooled("ndcg", OURS) - ndcg, users),
    )
