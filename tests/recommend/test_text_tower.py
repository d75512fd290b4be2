"""Vectors of item texts that behaviour teaches: near is what the same people like."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.recommend.shops import KINDS_OF_ITEMS, shop
from tests.tiny_base import write_base

from guandian.cli.tables.recommendation_tables import SYSTEM_NAMES
from guandian.errors import GuandianError
from guandian.pipelines.recommending.building import build_recommender
from guandian.pipelines.recommending.encoded_texts import directions
from guandian.pipelines.recommending.fit_settings import FitSettings
from guandian.pipelines.recommending.held_out import split_at_random
from guandian.pipelines.recommending.offline_evaluation import evaluate_recommender
from guandian.pipelines.recommending.shop_data import ShopData
from guandian.pipelines.recommending.updating import update_recommender
from guandian.recommend.behaviour.catalogue import Catalogue
from guandian.recommend.behaviour.known_history import KnownHistory
from guandian.recommend.candidates.text_tower import TextTower
from guandian.recommend.recommender import Recommender
from guandian.recommend.recommender_files import open_recommender, save_recommender
from guandian.training.contrastive.text_towers import TowerSettings, train_tower

SETTINGS = FitSettings(
    width=8, iterations=5, trees=15, least=10, folds=2, fewest=0, tower=True, ranker=False
)
WORDS = ("屏 幕", "电 池", "物 流", "价 格")  # the tiny tokenizer knows letters alone
ITEMS = [*(f"i{k}" for k in range(60)), "new"]
CATALOGUE = Catalogue({item: WORDS[k % KINDS_OF_ITEMS] for k, item in enumerate(ITEMS)}, {})


def units(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def nearness(vectors: NDArray[np.float32]) -> float:
    """How much nearer items of a kind are to each other than to others, in the mean."""
    cosines = vectors @ vectors.T
    kind = np.arange(len(vectors)) % KINDS_OF_ITEMS
    same = kind[:, None] == kind[None]
    apart = ~np.eye(len(vectors), dtype=bool)
    return float(cosines[same & apart].mean() - cosines[~same].mean())


def test_lessons_bring_what_the_same_people_like_together() -> None:
    history = KnownHistory.of(shop())
    dice = np.random.default_rng(1)
    hints = np.eye(KINDS_OF_ITEMS, 16)[np.arange(60) % KINDS_OF_ITEMS]
    vectors = units((0.6 * hints + dice.normal(0, 0.25, (60, 16))).astype(np.float32))
    settings = TowerSettings(batch=60, rounds=60, rate=8e-3)
    trained = train_tower(vectors, history.liked, history.popularity, settings)
    assert np.linalg.norm(trained, axis=1) == pytest.approx(1, abs=1e-5)
    assert nearness(trained) > nearness(vectors) + 0.1
    by_chance = history.liked[:, dice.permutation(60)]
    mixed = train_tower(vectors, by_chance, history.popularity, settings)
    assert nearness(mixed) < nearness(vectors)
    again = train_tower(vectors, history.liked, history.popularity, settings)
    np.testing.assert_array_equal(again, trained)


def test_nothing_to_learn_from_leaves_the_texts_as_they_are() -> None:
    history = KnownHistory.of(shop())
    vectors = np.eye(60, 60, dtype=np.float32)
    vectors[3] = 0
    trained = train_tower(vectors, history.liked[:1], history.popularity)
    np.testing.assert_allclose(trained, vectors, atol=1e-6)
    scores = TextTower(trained).scores(history.chosen[:5])
    assert (scores[:, 3] == 0).all() and scores.max() > 0
    assert (TextTower(trained).scores(history.chosen[:1] * 0) == 0).all()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def built(base: Path) -> Recommender:
    behaviour = replace(shop(), items=tuple(ITEMS))
    settings = replace(SETTINGS, encoder=str(base))
    return build_recommender(ShopData(behaviour, CATALOGUE, ()), settings)


def test_an_item_that_nobody_chose_is_reached_by_what_its_text_was_taught(
    built: Recommender, tmp_path: Path
) -> None:
    scores = built.sources.scores(np.arange(20))
    assert {"tower", "encoder"} <= set(scores) <= set(SYSTEM_NAMES)
    new = scores["tower"][:, -1]
    own = np.arange(20) % KINDS_OF_ITEMS == (len(ITEMS) - 1) % KINDS_OF_ITEMS
    assert new[own].mean() > new[~own].mean() + 0.3
    save_recommender(built, tmp_path / "model")
    again = open_recommender(tmp_path / "model")
    np.testing.assert_array_equal(again.sources.scores(np.arange(20))["tower"], scores["tower"])
    assert again.recommend("u1") == built.recommend("u1")


def test_an_update_reads_new_texts_by_the_same_encoder(built: Recommender) -> None:
    more = Catalogue({**CATALOGUE.texts, "newer": "电 池"}, {})
    news = ShopData(shop(users=4), more, ())
    updated, _ = update_recommender(built, news)
    tower = updated.sources.tower
    assert tower is not None and len(tower.items) == len(ITEMS) + 1
    assert tower.items[-1].any()


def test_an_evaluation_has_the_tower_and_a_build_without_it_beside(base: Path) -> None:
    given = ShopData(replace(shop(), items=tuple(ITEMS)), CATALOGUE, ())
    settings = replace(SETTINGS, encoder=str(base), opinions=False)
    evaluation = evaluate_recommender(given, [split_at_random(given.behaviour)], settings)
    rows = {row.name: row for row in evaluation.systems}
    assert {"tower", "encoder", "without tower"} <= set(rows) <= set(SYSTEM_NAMES)
    assert rows["without tower"].gain is not None
    plain = evaluate_recommender(
        given, [split_at_random(given.behaviour)], replace(settings, tower=False)
    )
    ours = next(row for row in plain.systems if row.name == "ours")
    assert rows["without tower"].ndcg == ours.ndcg


def test_directions_are_what_sets_texts_apart_and_nothing_stays_nothing() -> None:
    means = np.array([[5, 1, 0], [5, -1, 0], [0, 0, 0], [5, 0, 2]], np.float32)
    rows = directions(means)
    assert not rows[2].any()
    np.testing.assert_allclose(np.linalg.norm(rows[[0, 1, 3]], axis=1), 1, atol=1e-6)
    assert not rows[:, 0].any()  # what all texts have in common tells none of them apart
    assert rows[0] @ rows[1] < 0
    assert directions(np.zeros((2, 3), np.float32)).tolist() == [[0], [0]]


def test_an_encoder_that_is_nowhere_is_named(base: Path) -> None:
    settings = replace(SETTINGS, encoder=str(base / "other"))
    with pytest.raises(GuandianError, match="no folder or cached"):
        build_recommender(ShopData(shop(), CATALOGUE, ()), settings)
