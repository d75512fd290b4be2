"""Linear classifiers of whole reviews."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from guandian.baselines import FEATURES, Features, SentimentBaseline
from guandian.domain import Polarity
from guandian.errors import GuandianError

GOOD = [
    "很好用，推荐👍",
    "非常满意，好用",
    "物流很快，好用",
    "great value, love it",
    "love this one",
]
BAD = [
    "太差了，退货",
    "很糟糕，差评",
    "用了两天就坏，差",
    "terrible, it broke",
    "broke at once, bad",
]
TEXTS = (GOOD + BAD) * 2
LABELS = ([Polarity.POSITIVE] * len(GOOD) + [Polarity.NEGATIVE] * len(BAD)) * 2


@pytest.mark.parametrize("features", FEATURES)
def test_it_learns(features: Features) -> None:
    baseline = SentimentBaseline(features).fit(TEXTS, LABELS)
    found = baseline.predict_proba(["这个好用", "太差了", "LOVE it"])
    assert found.shape == (3, 3)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    assert (found[:, 1] == 0).all()  # neutral was never shown
    assert list(found.argmax(axis=1)) == [2, 0, 2]
    answer = baseline.predict(["太差了"])[0].sentiment
    assert answer is not None and answer.label is Polarity.NEGATIVE
    assert answer.negative == found[1, 0]


def test_three_labels() -> None:
    texts = [*TEXTS, "还行吧", "一般，还行", "还行"]
    labels = [*LABELS, *[Polarity.NEUTRAL] * 3]
    baseline = SentimentBaseline().fit(texts, labels)
    assert baseline.labels == (Polarity.NEGATIVE, Polarity.NEUTRAL, Polarity.POSITIVE)
    assert baseline.predict_proba(["还行"]).argmax() == 1
    assert baseline.predict_proba([]).shape == (0, 3)


def test_what_cannot_be_learnt() -> None:
    with pytest.raises(GuandianError, match="one kind of label"):
        SentimentBaseline().fit(["a", "b"], [Polarity.POSITIVE] * 2)
    with pytest.raises(GuandianError, match=r"these 2 texts.*\n.*more reviews"):
        SentimentBaseline().fit(["a", "b"], [Polarity.POSITIVE, Polarity.NEGATIVE])
    with pytest.raises(ValueError, match="1 texts, 2 labels"):
        SentimentBaseline().fit(["a"], [Polarity.POSITIVE, Polarity.NEGATIVE])
    with pytest.raises(GuandianError, match="call fit first"):
        SentimentBaseline().predict_proba(["a"])


def test_a_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    with pytest.raises(GuandianError, match=r"pip install 'guandian\[train\]'"):
        SentimentBaseline()
