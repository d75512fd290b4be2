"""A budget as people state it, shared by kinds of alerts, and carried over restarts."""

from __future__ import annotations

import json

import numpy as np
import pytest

from guandian.errors import GuandianError
from guandian.monitor.budget import PARTS, SharedBudget, StatedBudget, stated_budget
from guandian.store.records.watching import AlertKind


@pytest.mark.parametrize(
    ("words", "a_week"), [("1/week", 1.0), ("0.25", 0.25), ("1/day", 7.0), (" 2 / year", 0.03833)]
)
def test_false_alerts_are_stated_by_day_week_month_or_year(words: str, a_week: float) -> None:
    assert stated_budget(words, None).a_week == pytest.approx(a_week, rel=1e-3)


@pytest.mark.parametrize("words", ["5%", "0.05", "5 / 100"])
def test_wrong_ones_are_stated_in_a_hundred(words: str) -> None:
    assert stated_budget(None, words) == StatedBudget(share=0.05)
    assert stated_budget(None, words).words.en == "5 wrong in a hundred alerts"


@pytest.mark.parametrize(
    ("alerts", "discovery"),
    [("0", None), ("a/week", None), ("1/hour", None), (None, "0"), (None, "90%"), ("1", "5%")],
)
def test_what_cannot_be_kept_is_refused(alerts: str | None, discovery: str | None) -> None:
    with pytest.raises(GuandianError):
        stated_budget(alerts, discovery)


def test_kinds_share_a_number_of_false_alerts() -> None:
    """A year of 500 series without any change, judged daily by all kinds."""
    dice, shared, fired = np.random.default_rng(3), SharedBudget(StatedBudget(14.0)), 0
    for _ in range(365):
        for kind in AlertKind:
            fired += int(shared.fires(kind, dice.random(500), 7.0).sum())
    assert sum(PARTS.values()) == pytest.approx(1.0)
    assert fired == pytest.approx(14 * 365 / 7, abs=4 * (14 * 365 / 7) ** 0.5)
    assert shared.tests == 4 * 365 * 500


def test_of_all_kinds_together_no_more_are_wrong_than_stated() -> None:
    wrong = right = 0
    for seed in range(20):
        dice, shared = np.random.default_rng(seed), SharedBudget(StatedBudget(share=0.1))
        for _ in range(40):
            for kind in AlertKind:
                p, true = dice.random(200), dice.random(200) < 0.02
                fired = shared.fires(kind, np.where(true, p * 1e-7, p), 7.0)
                wrong, right = wrong + int((fired & ~true).sum()), right + int((fired & true).sum())
    assert right > 1000 and wrong / (wrong + right) < 0.1


def test_restarts_change_nothing() -> None:
    stated, dice = StatedBudget(share=0.05), np.random.default_rng(5)
    days = dice.random((60, 300)) ** 3
    whole, parts = SharedBudget(stated), SharedBudget(stated)
    for p in days:
        parts = SharedBudget.resumed(stated, json.loads(json.dumps(parts.state())))
        fired = whole.fires(AlertKind.SURGE, p, 7.0)
        assert (fired == parts.fires(AlertKind.SURGE, p, 7.0)).all()
    assert len(whole.streams[AlertKind.SURGE].discoveries) > 5
    assert SharedBudget.resumed(StatedBudget(share=0.1), whole.state()).tests == 0
