"""Every baseline that a set can teach, and none that has seen what it is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guandian.baselines import FEATURES, fit_baselines
from guandian.domain import Labelled, Polarity, Quad, Span
from guandian.errors import GuandianError

GOOD, BAD = Polarity.POSITIVE, Polarity.NEGATIVE
QUADS = (Quad(Span(1, 3), Span(3, 6), "performance", GOOD),)
OPINIONS = [Labelled(str(n), "😀屏幕很清晰" + "！" * n, "own", QUADS) for n in range(9)]
FELT = [
    Labelled(f"f{n}", text + "！" * n, "own", sentiment=label)
    for n in range(4)
    for text, label in (("😀好用", GOOD), ("😡太差", BAD))
]


def test_a_set_teaches_what_it_annotates() -> None:
    assert [name for name, _ in fit_baselines(OPINIONS, [])] == ["lexicon"]
    assert [name for name, _ in fit_baselines(FELT, [])] == [*FEATURES]
    both = [replace(one, sentiment=two.sentiment) for one, two in zip(OPINIONS, FELT, strict=False)]
    found = dict(fit_baselines(both + FELT, []))
    assert [*found] == ["lexicon", *FEATURES]
    assert found["tfidf-characters"].predict(["太差"])[0].sentiment.label is BAD  # type: ignore[union-attr]


def test_what_is_asked_is_not_learned() -> None:
    with pytest.raises(GuandianError, match="0 reviews to learn from"):
        fit_baselines(FELT, [f"  {review.text}" for review in FELT])
    with pytest.raises(GuandianError, match="not two kinds"):
        fit_baselines(FELT[::2], [])
