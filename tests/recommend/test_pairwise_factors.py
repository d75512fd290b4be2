"""BPR beside alternating least squares: one more source of candidates, for who asks for it."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse
from tests.recommend.shops import KINDS_OF_ITEMS, shop

from guandian.cli.tables.recommendation_tables import SYSTEM_NAMES
from guandian.pipelines.recommending.building import build_recommender
from guandian.pipelines.recommending.fit_settings import FitSettings
from guandian.pipelines.recommending.pairwise_factors import fit_pairwise_factors
from guandian.pipelines.recommending.shop_data import ShopData
from guandian.pipelines.recommending.updating import update_recommender
from guandian.recommend.behaviour.actions import Behaviour
from guandian.recommend.behaviour.catalogue import Catalogue
from guandian.recommend.behaviour.known_history import KnownHistory
from guandian.recommend.candidates.sources import best_items
from guandian.recommend.recommender import Recommender, Wish
from guandian.recommend.recommender_files import open_recommender, save_recommender

SETTINGS = FitSettings(width=8, iterations=5, trees=15, least=10, folds=2, fewest=0, bpr=True)


def built(behaviour: Behaviour, settings: FitSettings = SETTINGS) -> Recommender:
    return build_recommender(ShopData(behaviour, Catalogue.none(), ()), settings)


def own_kind(lists: list[NDArray[np.int64]]) -> float:
    """How much of the lists of users is of their kind, from 0 to 1; by chance a quarter."""
    kinds = [row % KINDS_OF_ITEMS == user % KINDS_OF_ITEMS for user, row in enumerate(lists)]
    return float(np.mean(np.concatenate(kinds)))


def test_pairs_bring_users_to_items_of_their_kind() -> None:
    history = KnownHistory.of(shop())
    table = fit_pairwise_factors(history.chosen, SETTINGS)
    best = best_items(table.scores(history.chosen), history.seen, 5)
    assert own_kind(best) > 0.8
    mixed = history.chosen[np.random.default_rng(1).permutation(120)]  # others' items: by chance
    chance = best_items(fit_pairwise_factors(mixed, SETTINGS).scores(mixed), mixed, 5)
    assert own_kind(chance) < 0.4


def test_a_seed_gives_the_same_vectors() -> None:
    chosen = KnownHistory.of(shop()).chosen
    first, again = (fit_pairwise_factors(chosen, SETTINGS).items for _ in range(2))
    np.testing.assert_array_equal(first, again)
    other = fit_pairwise_factors(chosen, replace(SETTINGS, seed=1)).items
    assert not np.allclose(first, other)


@pytest.mark.parametrize(
    "chosen", [sparse.csr_matrix((3, 4)), sparse.csr_matrix(([1.0], ([0], [2])), shape=(3, 4))]
)
def test_of_what_nobody_did_nothing_is_said(chosen: sparse.csr_matrix) -> None:
    scores = fit_pairwise_factors(chosen, SETTINGS).scores(chosen)
    assert scores.shape == (3, 4) and not scores[1:].any() and not scores[:, [0, 1, 3]].any()


def test_who_has_nearly_all_gets_the_rest_alone() -> None:
    behaviour = shop()
    behaviour = replace(behaviour, user=np.where(behaviour.user < 110, 0, behaviour.user))
    recommender = built(behaviour, replace(SETTINGS, ranker=False))
    seen = {f"i{item}" for item in behaviour.item[behaviour.user == 0]}
    rows = [row.item for row in recommender.recommend("u0", Wish(most=60))]
    assert len(rows) == len({*rows}) <= 60 - len(seen) and not seen & {*rows}


def test_it_is_a_source_for_who_asks_and_stays_in_the_folder(tmp_path: Path) -> None:
    recommender = built(shop())
    users = np.arange(20)
    scores = recommender.sources.scores(users)
    assert "bpr" in scores and set(scores) <= set(SYSTEM_NAMES)
    assert recommender.ranker is not None
    assert {"bpr", "rank by bpr"} <= set(recommender.ranker.names)
    save_recommender(recommender, tmp_path / "model")
    again = open_recommender(tmp_path / "model")
    np.testing.assert_array_equal(again.sources.scores(users)["bpr"], scores["bpr"])
    assert again.recommend("u1") == recommender.recommend("u1")
    assert "bpr" not in built(shop(), FitSettings(ranker=False)).sources.factors


def test_an_update_goes_on_from_the_vectors_of_before() -> None:
    behaviour = shop()
    late = behaviour.time >= np.quantile(behaviour.time, 0.9)
    known = built(behaviour.chosen(~late))
    fresh = behaviour.chosen(late)
    users = tuple("somebody" if k == 3 else name for k, name in enumerate(fresh.users))
    news = replace(fresh, users=users, items=(*fresh.items, "new"))
    updated, taught = update_recommender(known, ShopData(news, Catalogue.none(), ()))
    before, after = (each.sources.factors["bpr"].items for each in (known, updated))
    whole = built(updated.sources.history.behaviour).sources.factors["bpr"].items
    assert not taught and len(after) == len(before) + 1 and not after[-1].any()

    def likeness(vectors: NDArray[np.float32]) -> float:
        lengths = np.linalg.norm(vectors[:60], axis=1) * np.linalg.norm(before, axis=1)
        return float(np.mean((vectors[:60] * before).sum(1) / np.maximum(lengths, 1e-9)))

    assert likeness(after) > 0.9 > likeness(whole)
    assert updated.recommend("somebody")


def test_who_is_forgotten_leaves_no_vector(tmp_path: Path) -> None:
    known = built(shop())
    forgotten, _ = update_recommender(known, None, ["u5"])
    never = built(shop().without_users(["u5"]))
    for name, recommender in (("forgotten", forgotten), ("never", never)):
        save_recommender(recommender, tmp_path / name)
    parts = [sorted((tmp_path / name).iterdir()) for name in ("forgotten", "never")]
    assert [path.read_bytes() for path in parts[0]] == [path.read_bytes() for path in parts[1]]
    vectors = [each.sources.factors["bpr"].items for each in (known, never)]
    assert not np.array_equal(*vectors)


def test_a_folder_from_before_is_updated_as_it_was_built() -> None:
    known = built(shop(), replace(SETTINGS, bpr=False))
    known.fit = {name: value for name, value in asdict(SETTINGS).items() if name != "bpr"}
    updated, taught = update_recommender(known, ShopData(shop(users=4), Catalogue.none(), ()))
    assert not taught and set(updated.sources.factors) == set(known.sources.factors)
