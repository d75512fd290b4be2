"""Fit what scores items for users: likeness, factors, profiles of opinions and the ranker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from guandian.io.optional_libraries import needs
from guandian.pipelines.recommending.fit_settings import FitSettings
from guandian.pipelines.recommending.item_texts import ItemTexts
from guandian.pipelines.recommending.pairwise_factors import fit_pairwise_factors
from guandian.recommend.behaviour.actions import Behaviour
from guandian.recommend.behaviour.known_history import KnownHistory
from guandian.recommend.candidates.factors import Factors
from guandian.recommend.candidates.like_minded import LikeMinded
from guandian.recommend.candidates.neighbours import Neighbours
from guandian.recommend.candidates.sources import Sources, candidate_pairs
from guandian.recommend.candidates.text_tower import TextTower
from guandian.recommend.opinions.aspect_profiles import AspectProfiles
from guandian.recommend.ranking.pair_features import feature_names, features
from guandian.recommend.ranking.ranker import Ranker

BATCH = 256
"""Users that are scored at once."""
_ROUNDS = 4
"""Of alternating least squares where vectors of before are at hand."""
_MOST_GROUPS = 4000
"""Users of a part that the ranker learns from, at most."""

Altered = Callable[[AspectProfiles], AspectProfiles]


def fit_sources(
    behaviour: Behaviour,
    settings: FitSettings,
    texts: ItemTexts | None = None,
    altered: Altered | None = None,
    before: Mapping[str, Factors] | None = None,
) -> Sources:
    """Fit all sources on a history.

    Args:
        behaviour: what is known; nothing else is looked at.
        settings: of the fit.
        texts: of the items, as vectors.
        altered: changes what reviews say before it is used, for controls.
        before: vectors of items to begin with, of an earlier fit whose items these begin with.

    Raises:
        GuandianError: a library is missing.
    """
    before = before or {}
    history = KnownHistory.of(behaviour)
    neighbours = {"neighbours": Neighbours.by_users(history.chosen)}
    neighbours |= texts.neighbours(behaviour) if texts else {}
    factors = {"factors": fit_factors(history.chosen, settings, before.get("factors"))}
    if settings.bpr:
        factors["bpr"] = fit_pairwise_factors(history.chosen, settings, before.get("bpr"))
    profiles = None
    if settings.opinions and len(behaviour.marks):
        profiles = AspectProfiles.of(behaviour)
        profiles = altered(profiles) if altered else profiles
        neighbours["topics"] = Neighbours.by_rows(profiles.topic, least=0.2)
        rows = sparse.csr_matrix(profiles.topic.T * settings.aspect_rows, dtype=np.float32)
        stacked = sparse.vstack([history.chosen, rows]).tocsr()
        earlier = before.get("opinion factors")
        factors["opinion factors"] = fit_factors(stacked, settings, earlier)
    tower = _tower(history, texts, settings)
    return Sources(history, neighbours, factors, LikeMinded.of(history.chosen), profiles, tower)


def _tower(
    history: KnownHistory, texts: ItemTexts | None, settings: FitSettings
) -> TextTower | None:
    vectors = texts.vectors if texts and settings.tower else None
    if vectors is None:
        return None
    needs("torch", "train", "a text tower")
    from guandian.training.contrastive.text_towers import TowerSettings, train_tower

    tower = TowerSettings(seed=settings.seed)
    return TextTower(train_tower(vectors, history.liked, history.popularity, tower))


def fit_factors(chosen: Any, settings: FitSettings, before: Factors | None = None) -> Factors:
    """Vectors of items by alternating least squares.

    Args:
        chosen: sparse [rows, items]; rows are users, and what else tells items apart.
        settings: of the fit.
        before: of an earlier fit, whose items these begin with: a few rounds are enough then.

    Raises:
        GuandianError: implicit is missing.
    """
    implicit = needs("implicit.cpu.als", "recommend", "building a recommender")
    threads = needs("threadpoolctl", "recommend", "building a recommender")
    width = min(settings.width, *chosen.shape)
    # Threads of its own beside those of BLAS starve each other.
    with threads.threadpool_limits(1, "blas"):
        model = implicit.AlternatingLeastSquares(
            factors=width,
            regularization=settings.regularisation,
            alpha=settings.alpha,
            iterations=settings.iterations if before is None else _ROUNDS,
            random_state=settings.seed,
            num_threads=1,
        )
        if before is not None and before.items.shape[1] == width:
            fresh = np.zeros((chosen.shape[1], width), dtype=np.float32)
            fresh[: len(before.items)] = before.items
            model.item_factors = fresh
        model.fit(sparse.csr_matrix(chosen, dtype=np.float32), show_progress=False)
    items = np.asarray(model.item_factors, dtype=np.float32)
    return Factors(items, settings.alpha, settings.regularisation)


def fit_ranker(
    behaviour: Behaviour,
    settings: FitSettings,
    texts: ItemTexts | None = None,
    altered: Altered | None = None,
) -> Ranker | None:
    """Train the ranker to put what a user liked later before the other candidates.

    The history is cut into parts; each is held out once, and the sources are fitted on the others,
    so that no action and no review is looked at when it is foretold. With times the last part of
    the history is held out alone. With fewer users to learn from than `settings.fewest` there is
    no ranker: trees then learn chance, and lose to what is popular.

    Raises:
        GuandianError: a library is missing.
    """
    lightgbm = needs("lightgbm", "recommend", "building a recommender")
    rows: list[NDArray[np.float32]] = []
    labels: list[NDArray[np.int8]] = []
    groups: list[int] = []
    sources: Sources | None = None
    for held in held_out_parts(behaviour, settings):
        sources = fit_sources(behaviour.chosen(~held), settings, texts, altered)
        for part, label, sizes in _ranking_parts(behaviour, held, sources, settings):
            rows.append(part)
            labels.append(label)
            groups += sizes
    if sources is None or len(groups) < max(settings.fewest, 1):
        return None
    names = feature_names([*sources.scores(np.zeros(1, np.int64))], opinions=settings.opinions)
    data = lightgbm.Dataset(
        np.concatenate(rows), np.concatenate(labels), group=groups, feature_name=_plain(names)
    )
    booster = lightgbm.train(
        {
            "objective": "lambdarank", "num_leaves": settings.leaves, "verbosity": -1,
            "learning_rate": settings.rate, "min_data_in_leaf": settings.least, "num_threads": 1,
            "lambdarank_truncation_level": 20, "seed": settings.seed, "deterministic": True,
            "force_row_wise": True, "bagging_fraction": 0.8, "bagging_freq": 1,
            "feature_fraction": 0.8, "max_bin": 127,
        },
        data,
        num_boost_round=settings.trees,
    )  # fmt: skip
    return Ranker(booster.model_to_string(), names, opinions=settings.opinions)


def held_out_parts(behaviour: Behaviour, settings: FitSettings) -> Iterator[NDArray[np.bool_]]:
    """Which actions are held out, part by part."""
    if not np.isnan(behaviour.time).any() and len(behaviour):
        yield behaviour.time >= np.quantile(behaviour.time, 0.85)
        return
    generator = np.random.default_rng(settings.seed + 101)
    part = generator.integers(0, 10, len(behaviour))
    for k in range(settings.folds):
        yield part == k


def _ranking_parts(
    behaviour: Behaviour,
    held: NDArray[np.bool_],
    sources: Sources,
    settings: FitSettings,
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int8], list[int]]]:
    """Features and labels of candidates of users who liked something that is held out."""
    likes = held & behaviour.liked
    items = len(behaviour.items)
    wanted = np.unique(behaviour.user[likes].astype(np.int64) * items + behaviour.item[likes])
    users = np.unique(wanted // items)
    if len(users) > _MOST_GROUPS:
        generator = np.random.default_rng(settings.seed)
        users = np.sort(generator.choice(users, _MOST_GROUPS, replace=False))
    for start in range(0, len(users), BATCH):
        batch = users[start : start + BATCH]
        scores = sources.scores(batch)
        seen = sources.history.seen[batch]
        rows, columns = candidate_pairs(scores, seen, settings.candidates)
        label = np.isin(batch[rows] * items + columns, wanted)
        # A user of whom no candidate is right has no pair to rank.
        ranked = np.bincount(rows, label, len(batch))[rows] > 0
        rows, columns, label = rows[ranked], columns[ranked], label[ranked]
        if not len(rows):
            continue
        shown = features(sources, scores, batch, (rows, columns), opinions=settings.opinions)
        sizes = np.bincount(rows, minlength=len(batch))
        yield shown, label.astype(np.int8), [int(size) for size in sizes if size]


def _plain(names: list[str]) -> list[str]:
    return [name.replace(" ", "_") for name in names]
