"""A whole recommender on a small shop whose truth is known."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tests.recommend.shops import KINDS_OF_ITEMS, shop

from guandian.domain import Language, Mined, Opinion, Polarity, Review, Sentiment, Span
from guandian.errors import GuandianError
from guandian.pipelines.recommending.building import build_recommender
from guandian.pipelines.recommending.fit_settings import FitSettings
from guandian.pipelines.recommending.shop_data import ShopData, read_shop
from guandian.recommend.behaviour.catalogue import Catalogue
from guandian.recommend.behaviour.mined_reviews import behaviour_of_reviews
from guandian.recommend.candidates.sources import best_items
from guandian.recommend.opinions.review_quotes import quotes_of
from guandian.recommend.recommender import Recommender, Wish
from guandian.recommend.recommender_files import open_recommender, save_recommender

SETTINGS = FitSettings(width=8, iterations=5, trees=15, least=10, folds=2, fewest=0)
CATALOGUE = Catalogue(
    {f"i{k}": f"{['red', 'blue', 'sweet', '手机'][k % 4]} thing number {k}" for k in range(60)},
    {f"i{k}": {"brand": "Acme" if k % 8 < 4 else "Other"} for k in range(60)},
)


@cache
def built() -> Recommender:
    return build_recommender(ShopData(shop(), CATALOGUE, ()), SETTINGS)


def kinds(rows: list[str]) -> list[int]:
    return [int(item[1:]) % KINDS_OF_ITEMS for item in rows]


def test_people_get_what_their_kind_likes_and_nothing_twice() -> None:
    recommender = built()
    behaviour = recommender.sources.history.behaviour
    right = []
    for user in range(20):
        rows = recommender.recommend(f"u{user}", Wish(most=5))
        assert len(rows) == 5
        seen = {behaviour.items[k] for k in behaviour.item[behaviour.user == user]}
        assert not seen & {row.item for row in rows}
        right += [kind == user % KINDS_OF_ITEMS for kind in kinds([row.item for row in rows])]
    assert np.mean(right) > 0.8


def test_every_item_has_a_reason() -> None:
    for row in built().recommend("u3", Wish(most=5)):
        reason = row.reason
        assert reason.praised or reason.because
        for aspect in reason.praised:
            assert aspect.praise >= 1


def test_a_stranger_gets_what_is_popular_or_what_the_words_say() -> None:
    recommender = built()
    first = recommender.recommend("nobody", Wish(most=3))
    assert len(first) == 3
    about = recommender.recommend("nobody", Wish(most=5, about="SWEET"))
    assert set(kinds([row.item for row in about])) == {2}


def test_wishes_are_heard() -> None:
    recommender = built()
    plain = [row.item for row in recommender.recommend("u1")]
    only = recommender.recommend("u1", Wish(only={"brand": ["Other"]}))
    assert only and all(CATALOGUE.columns[row.item]["brand"] == "Other" for row in only)
    assert plain[0] not in [
        row.item for row in recommender.recommend("u1", Wish(without=plain[:1]))
    ]
    less = [row.item for row in recommender.recommend("u1", Wish(less_of=plain[:1]))]
    assert plain[0] not in less[:3]
    aspect = recommender.recommend("u1", Wish(less_of=["battery"]))
    assert kinds([row.item for row in aspect]).count(1) < kinds(plain).count(1)
    with pytest.raises(GuandianError, match="no item and no aspect 'nothing'"):
        recommender.recommend("u1", Wish(less_of=["nothing"]))


def test_diversity_brings_other_kinds() -> None:
    recommender = built()
    plain = kinds([row.item for row in recommender.recommend("u2")])
    spread = kinds([row.item for row in recommender.recommend("u2", Wish(diversity=0.9))])
    assert len(set(spread)) > len(set(plain))


def test_items_like_one_are_of_its_kind() -> None:
    rows = built().like("i4", Wish(most=5))
    assert "i4" not in [row.item for row in rows]
    assert kinds([row.item for row in rows]).count(0) >= 4
    with pytest.raises(GuandianError, match="there is no item 'i400'"):
        built().like("i400")


def test_a_folder_gives_the_same_lists(tmp_path: Path) -> None:
    recommender = built()
    folder = tmp_path / "model"
    save_recommender(recommender, folder)
    again = open_recommender(folder)
    for user in ("u1", "u7", "nobody"):
        assert again.recommend(user) == recommender.recommend(user)
    assert again.like("i4") == recommender.like("i4")
    with pytest.raises(GuandianError, match="already exists"):
        save_recommender(recommender, folder)
    trees = folder / "ranker.txt"
    trees.write_text(trees.read_text("utf-8").replace("tree", "free"), "utf-8")
    with pytest.raises(GuandianError, match="was altered"):
        open_recommender(folder)
    with pytest.raises(GuandianError, match="holds something else: it stays"):
        save_recommender(recommender, tmp_path, overwrite=True)


def test_who_has_nearly_all_gets_the_rest_and_no_padding() -> None:
    """implicit would give known items and item 0 again; our lists end where the items end."""
    behaviour = shop()
    rest = replace(behaviour, user=np.where(behaviour.user < 110, 0, behaviour.user))
    recommender = build_recommender(ShopData(rest, CATALOGUE, ()), replace(SETTINGS, ranker=False))
    seen = set(rest.item[rest.user == 0].tolist())
    rows = recommender.recommend("u0", Wish(most=60))
    assert len(rows) == len({row.item for row in rows}) <= 60 - len(seen)


def test_nothing_seen_stands_among_the_best_items() -> None:
    sources = built().sources
    users = np.arange(10)
    for scores in sources.scores(users).values():
        best = best_items(scores, sources.history.seen[users], 20)
        for user, items in zip(users, best, strict=True):
            assert not set(sources.history.seen[[user]].indices) & set(items.tolist())


def test_an_item_that_nobody_touched_is_reached_by_its_text() -> None:
    behaviour = shop()
    items = (*behaviour.items, "new")
    catalogue = Catalogue({**CATALOGUE.texts, "new": "sweet thing"}, {})
    whole = replace(behaviour, items=items)
    recommender = build_recommender(ShopData(whole, catalogue, ()), SETTINGS)
    assert "new" in [row.item for row in recommender.like("i2", Wish(most=60))]


def test_a_deleted_user_is_in_no_part_of_the_next_build(tmp_path: Path) -> None:
    behaviour, review = shop(), _review("r1", "u5", "i1", "屏幕很清晰😀，不错", 0, 5)
    data = ShopData(behaviour, CATALOGUE, tuple(quotes_of([review], {})))
    assert data.quotes
    folder = tmp_path / "model"
    rest = data.without_users(["u5"])
    save_recommender(build_recommender(rest, SETTINGS), folder)
    content = b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
    assert b'"u5"' not in content and "很清晰".encode() not in content
    never = behaviour.chosen(behaviour.user != 5)
    expected = never.without_users(["u5"])
    for name in ("user", "item", "value"):
        np.testing.assert_array_equal(getattr(rest.behaviour, name), getattr(expected, name))


def _review(
    id_: str, user: str, product: str, text: str, start: int, end: int
) -> tuple[Review, Mined]:
    opinion = Opinion(Span(0, 2), Span(2, 5), Span(start, end), "performance", Polarity.POSITIVE,
                      0.9, "屏幕清晰")  # fmt: skip
    sentiment = Sentiment(Polarity.POSITIVE, 0.1, 0.1, 0.8)
    review = Review(id_, text, product=product, user=user, rating=9.0, scale=10.0)
    return review, Mined(id_, Language.CHINESE, sentiment, (opinion,), (), (), "m@1", {})


def test_quotes_are_words_of_their_reviews() -> None:
    pairs = [
        _review("r1", "u1", "p", "屏幕很清晰😀，不错", 0, 6),
        _review("r2", "", "p", "屏幕很清晰", 0, 99),
    ]
    (quote,) = quotes_of(pairs, {})
    raw = {review.id: review.text for review, _ in pairs}
    assert quote.text == "屏幕很清晰😀" and quote.stands_in(raw[quote.review])
    assert not replace(quote, start=1).stands_in(raw[quote.review])
    behaviour = behaviour_of_reviews(pairs, {})
    assert behaviour.users == ("u1", "review:r2") and behaviour.value.tolist() == [4.5, 4.5]
    assert behaviour.marks.aspects == ("屏幕",)


def test_reasons_quote_reviews_of_their_item(tmp_path: Path) -> None:
    reviews = [
        _review(f"r{k}", f"u{k}", f"i{k % 6}", f"屏幕很清晰，编号{k}", 0, 5) for k in range(40)
    ]
    mined = tmp_path / "mined.jsonl"
    lines = [json.dumps(_wire(review, answer), ensure_ascii=False) for review, answer in reviews]
    mined.write_text("\n".join(lines) + "\n", "utf-8")
    data = read_shop([], None, [mined])
    recommender = build_recommender(data, replace(SETTINGS, ranker=False))
    texts = {review.id: review for review, _ in reviews}
    quotes = 0
    for row in recommender.recommend("u0", Wish(most=5)):
        for aspect in (*row.reason.praised, *row.reason.blamed):
            for quote in aspect.quotes:
                quotes += 1
                review = texts[quote.review]
                assert quote.stands_in(review.text) and review.product == row.item
        json.dumps(asdict(row))
    assert quotes


def _wire(review: Review, mined: Mined) -> dict[str, object]:
    from guandian.files import to_wire

    return dict(to_wire(review, mined))
