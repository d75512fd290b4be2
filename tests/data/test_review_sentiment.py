from __future__ import annotations

import pytest

from guandian.data.review_sentiment import balance, sentiment_of
from guandian.domain import Polarity, Quad

SIGNS = {"+": Polarity.POSITIVE, "-": Polarity.NEGATIVE, "0": Polarity.NEUTRAL}


@pytest.mark.parametrize(
    ("opinions", "share", "sentiment"),
    [
        ("+", 1.0, "positive"),
        ("---", -1.0, "negative"),
        ("0", 0.0, "neutral"),
        ("+-", 0.0, "neutral"),
        ("++-", 1 / 3, "neutral"),
        ("+++-", 0.5, "positive"),
        ("+0", 0.5, "positive"),
        ("+00", 1 / 3, "neutral"),
        ("---+", -0.5, "negative"),
        ("--+0", -0.25, "neutral"),
    ],
)
def test_one_sided_reviews_take_a_side(opinions: str, share: float, sentiment: str) -> None:
    quads = [Quad(None, None, None, SIGNS[sign]) for sign in opinions]
    assert balance(quads) == pytest.approx(share)
    assert sentiment_of(quads) == sentiment


def test_no_opinion_says_nothing() -> None:
    assert balance([]) is None
    assert sentiment_of([]) is None
