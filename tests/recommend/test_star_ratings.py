"""Stars that are held out, foretold by habits and by what reviews say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.recommend.shops import shop

from guandian.pipelines.recommending.fit_settings import FitSettings
from guandian.pipelines.recommending.held_out import split_at_random
from guandian.pipelines.recommending.star_ratings import pooled_stars, rated_of, star_squares
from guandian.recommend.ranking.star_features import StarHabits, star_features


def test_habits_are_shrunk_means() -> None:
    rated = shop(users=40, items=20)
    generous = rated.user // 4 % 2 == 0  # in each kind
    rated = replace(rated, value=np.where(generous, 5.0, 3.0).astype(np.float32))
    habits = StarHabits.of(rated)
    assert habits.user[0] > 0.3 > -0.3 > habits.user[4]
    assert abs(habits.item).max() < 0.3
    foretold = habits.stars(np.array([4, 0], np.int32), np.array([3, 3], np.int32))
    assert 1 <= foretold.min() < foretold.max() <= 5
    few = replace(
        rated.chosen(np.arange(len(rated)) < 3), users=(*rated.users, "new"), items=rated.items
    )
    assert StarHabits.of(few).user[-1] == 0


@pytest.mark.slow
def test_opinions_foretell_stars_where_kinds_decide_them() -> None:
    """Five stars within the kind, two outside of it: what is said tells both kinds."""
    behaviour = shop(users=400, items=200, timed=False)
    split = split_at_random(behaviour, 0.2)
    squares = star_squares(split, FitSettings())
    assert squares is not None
    errors = pooled_stars([(rated_of(split.later).user, squares)])
    assert errors is not None
    assert errors.ours.value < min(errors.blind.value, errors.mean.value, errors.habits.value)
    assert errors.gain.low > 0


def test_a_held_out_review_changes_no_feature() -> None:
    behaviour = shop()
    split = split_at_random(behaviour, 0.2)
    history, later = split.history, split.later
    first = star_features(history, later.user, later.item, opinions=True)
    marks = behaviour.marks
    other = replace(behaviour, marks=replace(marks, sign=(-marks.sign).astype(np.int8)))
    pairs = {*zip(later.user.tolist(), later.item.tolist(), strict=True)}
    held = np.array(
        [pair in pairs for pair in zip(other.user.tolist(), other.item.tolist(), strict=True)]
    )
    mixed = replace(
        behaviour,
        marks=replace(
            marks, sign=np.where(held[marks.action], -marks.sign, marks.sign).astype(np.int8)
        ),
    )
    again = star_features(mixed.chosen(~held), later.user, later.item, opinions=True)
    np.testing.assert_array_equal(first, again)
    assert star_squares(split_at_random(shop(users=10), 0.2), FitSettings()) is None
    assert pooled_stars([]) is None
