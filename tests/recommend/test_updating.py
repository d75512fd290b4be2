"""New behaviour is taken in, and of a person who is forgotten nothing remains."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tests.recommend.shops import shop
from tests.store.mined_pairs import generated

from guandian.errors import GuandianError
from guandian.pipelines.recommending.building import build_recommender
from guandian.pipelines.recommending.fit_settings import FitSettings
from guandian.pipelines.recommending.shop_data import ShopData, read_shop
from guandian.pipelines.recommending.updating import update_recommender
from guandian.recommend.behaviour.actions import (
    KINDS,
    Behaviour,
    joined_behaviour,
    without_repeats,
)
from guandian.recommend.behaviour.catalogue import Catalogue
from guandian.recommend.opinions.aspect_marks import AspectMarks
from guandian.recommend.opinions.review_quotes import ReviewQuote
from guandian.recommend.recommender import Recommender, Wish
from guandian.recommend.recommender_files import open_recommender, save_recommender
from guandian.store.store import Store

SETTINGS = FitSettings(width=8, iterations=5, trees=15, least=10, folds=2, fewest=0)
CATALOGUE = Catalogue({f"i{k}": f"{('red', 'blue')[k % 2]} thing" for k in range(60)}, {})


def told(behaviour: Behaviour) -> Behaviour:
    """The same with a text of each review; those of u5 hold words that nobody else writes."""
    texts = np.array(
        [
            f"zyxgruen wunderbar {item}" if user == 5 else f"fine thing {item % 7}"
            for user, item in zip(behaviour.user.tolist(), behaviour.item.tolist(), strict=True)
        ],
        dtype=object,
    )
    return replace(behaviour, texts=texts)


def quote(user: str, text: str) -> ReviewQuote:
    return ReviewQuote("i1", "screen", 1, f"by {user}", user, 0, len(text), text, 0.9)


@cache
def data() -> ShopData:
    return ShopData(
        told(shop()), CATALOGUE, (quote("u5", "wunderbar 😀"), quote("u6", "quite fine"))
    )


def folder_of(recommender: Recommender, folder: Path) -> dict[str, bytes]:
    save_recommender(recommender, folder)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_who_is_forgotten_leaves_nothing(tmp_path: Path) -> None:
    """Byte by byte what a build without him gives: no vector, tree, word or quote of his stays."""
    whole = folder_of(build_recommender(data(), SETTINGS), tmp_path / "whole")
    known = open_recommender(tmp_path / "whole", texts=True)
    forgotten, taught = update_recommender(known, None, ["u5"])
    after = folder_of(forgotten, tmp_path / "after")
    never = folder_of(build_recommender(data().without_users(["u5"]), SETTINGS), tmp_path / "never")
    assert taught and after == never
    for secret in (b'"u5"', b"zyxgruen", "wunderbar 😀".encode()):
        assert any(secret in content for content in whole.values())
        assert not any(secret in content for content in after.values())
    for name in ("arrays.safetensors", "ranker.txt"):  # the control: he had left his mark there
        assert whole[name] != after[name]


def test_new_behaviour_changes_lists_without_another_ranker(tmp_path: Path) -> None:
    behaviour = shop()
    late = behaviour.time >= np.quantile(behaviour.time, 0.9)
    early = ShopData(behaviour.chosen(~late), CATALOGUE, ())
    save_recommender(build_recommender(early, SETTINGS), tmp_path / "early")
    known = open_recommender(tmp_path / "early", texts=True)
    fresh = behaviour.chosen(late)
    names = tuple(f"n{k}" if k == 3 else name for k, name in enumerate(fresh.users))
    news = ShopData(replace(fresh, users=names), Catalogue({"new": "red thing"}, {}), ())
    updated, taught = update_recommender(known, news)
    assert not taught and updated.ranker is not None and known.ranker is not None
    assert updated.ranker.text == known.ranker.text
    assert "n3" in updated.users and "n3" not in known.users
    assert "new" in [row.item for row in updated.like("i2", Wish(most=60))]
    after = updated.sources.history.behaviour
    assert len(after) == len(behaviour)
    again, _ = update_recommender(updated, news)  # the same file once more counts nothing twice
    assert len(again.sources.history.behaviour) == len(behaviour)
    for user in range(0, 120, 9):
        seen = set(after.item[after.user == user].tolist())
        listed = {updated.items[row.item] for row in updated.recommend(f"u{user}")}
        assert not seen & listed


def test_updating_comes_near_a_whole_build() -> None:
    behaviour = shop()
    late = behaviour.time >= np.quantile(behaviour.time, 0.8)
    known = build_recommender(ShopData(behaviour.chosen(~late), CATALOGUE, ()), SETTINGS)
    updated, _ = update_recommender(known, ShopData(behaviour.chosen(late), CATALOGUE, ()))
    whole = build_recommender(ShopData(behaviour, CATALOGUE, ()), SETTINGS)
    shared = []
    for user in range(0, 120, 7):
        rows = [{row.item for row in each.recommend(f"u{user}")} for each in (updated, whole)]
        shared.append(len(rows[0] & rows[1]) / 10)
    assert np.mean(shared) > 0.6


def test_texts_that_come_later_teach_the_ranker_anew() -> None:
    known = build_recommender(ShopData(shop(), Catalogue.none(), ()), SETTINGS)
    nothing = ShopData(Behaviour.none(), CATALOGUE, ())
    updated, taught = update_recommender(known, nothing)
    assert taught and "words" in updated.sources.neighbours


def test_nothing_to_do_is_told() -> None:
    known = build_recommender(data(), replace(SETTINGS, ranker=False))
    with pytest.raises(GuandianError, match="nothing new"):
        update_recommender(known, None)


def test_actions_without_a_time_are_all_kept() -> None:
    timed, untimed = shop(), shop(timed=False)
    assert len(without_repeats(joined_behaviour(timed, timed))) == len(timed)
    assert len(without_repeats(joined_behaviour(untimed, untimed))) == 2 * len(untimed)


def test_the_last_of_equal_actions_stands() -> None:
    """Corrected stars, opinions and words replace those of before."""

    def said(stars: float, sign: int, words: str) -> Behaviour:
        marks = AspectMarks(
            ("battery",), np.zeros(1, np.int64), np.zeros(1, np.int32), np.array([sign], np.int8)
        )
        review = np.array([KINDS.index("review")], np.int8)
        whole, value = np.zeros(1, np.int32), np.array([stars], np.float32)
        texts = np.array([words], dtype=object)
        return Behaviour(
            ("u1",), ("i1",), whole, whole, review, value, np.array([100.0]), marks, texts
        )

    known = joined_behaviour(said(5, 1, "good"), shop(timed=False))
    after = without_repeats(joined_behaviour(known, said(1, -1, "bad")))
    assert len(after) == len(known) and after.texts is not None
    (place,) = np.nonzero(after.time == 100.0)[0]
    assert (after.value[place], after.texts[place]) == (1.0, "bad")
    assert after.marks.sign[after.marks.action == place].tolist() == [-1]


def test_a_store_gives_actions_opinions_and_quotes(tmp_path: Path) -> None:
    pairs = list(generated(60))
    with Store.open(tmp_path / "store", write=True) as store:
        store.load(pairs)
    given = read_shop([], store=tmp_path / "store")
    products = {review.product for review, _ in pairs if review.product}
    assert set(given.behaviour.items) == products and len(given.behaviour.marks)
    raw = {review.id: review.text for review, _ in pairs}
    assert given.quotes and all(quote.stands_in(raw[quote.review]) for quote in given.quotes)
    with Store.open(tmp_path / "store", write=True) as store:
        for quote in given.quotes[:1]:
            store.delete_review(quote.review)
    left = read_shop([], store=tmp_path / "store")
    assert len(left.behaviour) < len(given.behaviour)
    assert given.quotes[0].review not in {quote.review for quote in left.quotes}
