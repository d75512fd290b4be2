"""No interval is a point, neither computed nor shown, not even where all reviews agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.report.printing import printed

from guandian.domain import Mined, Review
from guandian.evaluation.intervals.clustered import IntervalEstimate, proportion
from guandian.report import Correction, aggregate, summary_fragment, summary_table
from guandian.report.mined.figures import net_points, outwards, percent_ends, point_ends
from guandian.report.mined.payload import PageOptions, payload

from .mined import FAIR, NAMES, POS, reviews


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (0.999, 1, "+99 … +100"),
        (-1, -0.9999, "−100 … −99"),
        (0.29, 0.57, "+29 … +57"),
        (-0.004, 0.004, "−1 … +1"),
        (0, 0.001, "0 … +1"),
    ],
)
def test_ends_are_rounded_outwards(low: float, high: float, shown: str) -> None:
    assert point_ends(IntervalEstimate(low, low, high)) == shown


def test_shares_too() -> None:
    share = proportion(100_000, 100_000)
    assert share and percent_ends(share) == "99 … 100" and net_points(1) == "+100"
    assert outwards(share.low, share.high, 10_000) == (9999, 10_000)


def praised(number: int) -> Iterator[tuple[Review, Mined]]:
    """Reviews each of which praises one category, with five stars, and nothing else."""
    for review, mined in reviews(number):
        opinion = replace(mined.opinions[0], category="display", polarity=POS)
        whole = replace(mined.sentiment, label=POS)
        yield replace(review, rating=5.0), replace(mined, opinions=(opinion,), sentiment=whole)


def intervals(data: Any) -> Iterator[list[float]]:
    """All `[value, low, high]` of the page's data."""
    if isinstance(data, dict):
        for value in data.values():
            yield from intervals(value)
    elif isinstance(data, list | tuple):
        three = len(data) == 3 and all(isinstance(each, float) for each in data)
        if three and data[1] <= data[0] <= data[2]:
            yield list(data)
        for value in data:
            yield from intervals(value)


@pytest.mark.parametrize("number", [1, 12, 3000])
def test_unanimous_praise_leaves_doubt_everywhere(number: int) -> None:
    total, correction = aggregate(praised(number)), Correction(FAIR)
    found = list(intervals(payload(total, NAMES, PageOptions(correction=correction))))
    assert len(found) > 20
    assert all(low < high for _, low, high in found), [one for one in found if one[1] >= one[2]]
    for net in (total.whole.tally.net(), correction.net(total.whole.tally), total.of_reviews()):
        assert net and net.value == net.high == 1 and net.low < 1
    for text in (printed(summary_table(total, NAMES)), summary_fragment(total, NAMES)):
        for ends in ("+100 … +100", "100–100", "0–0", "(0 … 0 %)"):
            assert ends not in text


def test_the_table_says_which_net_it_shows() -> None:
    total = aggregate(reviews(200))
    for correction, told in ((Correction(FAIR), True), (None, False)):
        shown = printed(summary_table(total, NAMES, correction=correction))
        assert ("校正后净情感" in shown, "corrected net" in shown) == (told, told)
