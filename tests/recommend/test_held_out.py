"""What is held out, and that nothing of it is looked at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.recommend.shops import shop

from guandian.errors import GuandianError
from guandian.pipelines.recommending.fit_settings import FitSettings
from guandian.pipelines.recommending.fitting import fit_sources
from guandian.pipelines.recommending.held_out import (
    HeldOut,
    check_nothing_leaks,
    choose_held_out,
    split_at_random,
    split_by_time,
)
from guandian.pipelines.recommending.offline_evaluation import (
    BLIND,
    OURS,
    SHUFFLED,
    evaluate_recommender,
)
from guandian.pipelines.recommending.shop_data import ShopData
from guandian.recommend.behaviour.actions import Behaviour
from guandian.recommend.behaviour.catalogue import Catalogue
from guandian.recommend.opinions.aspect_marks import AspectMarks

SETTINGS = FitSettings(width=8, iterations=5, trees=15, least=10, folds=2, fewest=0)


def test_time_parts_all_users_at_one_moment() -> None:
    split = split_by_time(shop(), 0.2)
    assert split.history.time.max() < split.later.time.min()
    assert abs(len(split.later) / len(shop()) - 0.2) < 0.02
    for user, wanted in zip(split.users, split.wanted, strict=True):
        seen = set(split.history.item[split.history.user == user].tolist())
        assert wanted and not wanted & seen


def test_a_pair_is_held_out_wholly_or_not_at_all() -> None:
    once = shop(timed=False)
    twice = replace(
        once,
        user=np.tile(once.user, 2),
        item=np.tile(once.item, 2),
        kind=np.tile(once.kind, 2),
        value=np.tile(once.value, 2),
        time=np.tile(once.time, 2),
    )
    (split,) = choose_held_out(twice, None, None, 0.3, 1)
    pairs = [{*zip(part.user.tolist(), part.item.tolist(), strict=True)}
             for part in (split.history, split.later)]  # fmt: skip
    assert not pairs[0] & pairs[1]
    assert split.wanted == choose_held_out(twice, None, None, 0.3, 1)[0].wanted


def test_a_test_of_its_own_may_have_new_users_and_items() -> None:
    behaviour = shop()
    later = replace(behaviour.chosen(behaviour.user == 3), users=tuple(f"n{k}" for k in range(120)))
    (split,) = choose_held_out(behaviour, later, None, None, 0)
    assert len(split.history) == len(behaviour) and len(split.users) == 1
    assert split.history.users[split.users[0]] == "n3"


def _planted(split: HeldOut, history: Behaviour) -> HeldOut:
    return HeldOut(history, split.later, split.users, split.wanted, split.by_time)


def test_planted_leaks_are_caught() -> None:
    behaviour = shop()
    by_time, random = split_by_time(behaviour), split_at_random(behaviour)
    check_nothing_leaks(by_time)
    check_nothing_leaks(random)
    late = behaviour.time >= np.quantile(behaviour.time, 0.79)
    with pytest.raises(GuandianError, match="reaches into the time"):
        check_nothing_leaks(_planted(by_time, behaviour.chosen(~late | (behaviour.user == 3))))
    with pytest.raises(GuandianError, match="pairs of user and item that are held out"):
        check_nothing_leaks(_planted(random, behaviour))
    marks = behaviour.marks  # those of all reviews, beside a part of the reviews
    with pytest.raises(GuandianError, match="reviews that are not in it"):
        check_nothing_leaks(_planted(by_time, replace(by_time.history, marks=marks)))


def test_what_a_held_out_review_says_changes_no_score() -> None:
    """The opinions of a held-out review name its item's secret: no source may know it."""
    behaviour = shop()
    split = split_by_time(behaviour)
    late = behaviour.time >= split.later.time.min()
    lies = np.where(late[behaviour.marks.action], 4, behaviour.marks.aspect).astype(np.int32)
    sign = np.where(late[behaviour.marks.action], -1, behaviour.marks.sign).astype(np.int8)
    other = replace(
        behaviour,
        marks=AspectMarks(behaviour.marks.aspects, behaviour.marks.action, lies, sign),
    )
    again = split_by_time(other)
    ours = fit_sources(split.history, SETTINGS).scores(split.users[:10])
    theirs = fit_sources(again.history, SETTINGS).scores(split.users[:10])
    for name, scores in ours.items():
        np.testing.assert_array_equal(scores, theirs[name], err_msg=name)


def test_several_splits_hold_nothing_out_twice() -> None:
    behaviour = shop()
    for by, splits in (("time", 4), ("random", 5)):
        parts = choose_held_out(behaviour, None, by, 0.2, 0, splits)
        cells = [part.later.user.astype(int) * 60 + part.later.item for part in parts]
        together = np.concatenate(cells)
        assert len(np.unique(together)) == len(together)
        for part in parts:
            check_nothing_leaks(part)
    assert len(together) == len(behaviour)  # five random fifths are all there is
    lengths = [len(part.history) for part in choose_held_out(behaviour, None, "time", 0.2, 0, 4)]
    assert lengths == sorted(set(lengths))
    with pytest.raises(GuandianError, match="more than there is"):
        choose_held_out(behaviour, None, "random", 0.3, 0, 4)


def test_too_little_time_or_news_is_told() -> None:
    behaviour = shop()
    with pytest.raises(GuandianError, match="have no time"):
        split_by_time(shop(timed=False))
    with pytest.raises(GuandianError, match="all actions have one time"):
        split_by_time(replace(behaviour, time=np.full(len(behaviour), 1.7e9)))
    sad = replace(behaviour, value=np.full(len(behaviour), 1.0, dtype=np.float32))
    with pytest.raises(GuandianError, match="nobody liked anything new"):
        split_by_time(sad)


def test_opinions_gain_where_they_tell_and_shuffled_ones_do_not() -> None:
    """In this shop many items have a single buyer, and only what is said tells their kind."""
    behaviour = shop(users=80, items=400, timed=False)
    splits = choose_held_out(behaviour, None, None, 0.25, 0, 3)
    evaluation = evaluate_recommender(
        ShopData(behaviour, Catalogue.none(), ()), splits, SETTINGS, 30
    )
    assert evaluation.splits == 3 and evaluation.users <= 80
    figures = {row.name: row for row in evaluation.systems}
    assert figures[BLIND].gain and figures[BLIND].gain.low > 0
    assert figures[SHUFFLED].gain and figures[SHUFFLED].gain.low > 0
    assert figures[OURS].ndcg.value > figures["popularity"].ndcg.value
    assert 0 < figures[OURS].coverage <= 1
