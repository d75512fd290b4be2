"""Reviews unlike those learned from: distances as shares, a file, the shipped figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from guandian.domain import Review
from guandian.errors import GuandianError
from guandian.mining.caution.familiarity import LIMIT, UNLIKE, Familiarity, Floats, unlike_told
from guandian.mining.caution.promises import Caution, cautious
from guandian.pipelines import open_miner, open_model

NEAR = [
    "屏幕很清晰，但是电池不耐用",
    "味道很好，送得也快",
    "I bought this phone for my mother. The screen is sharp, but the battery drains fast.",
]
FAR = ["How do I activate my new card?", "某某股份：控股股东拟增持2000万元"]


def test_a_likeness_is_the_share_of_familiar_ones_as_far_away(tmp_path: Path) -> None:
    """Vectors of short texts vary more: without minding that, all of them would be unlike."""
    rng = np.random.default_rng(0)
    scales = np.linspace(0.1, 5, 8)

    def drawn(number: int) -> tuple[Floats, NDArray[np.int64]]:
        tokens = rng.integers(5, 100, number)
        return rng.normal(size=(number, 8)) * scales / np.sqrt(tokens)[:, None], tokens

    familiar = Familiarity.measure("w", drawn(900)[0], *drawn(400))
    fresh, tokens = drawn(4000)
    likeness = familiar.likeness(fresh, tokens)
    assert (likeness <= 0.05).mean() == pytest.approx(0.05, abs=0.025)
    assert (likeness[tokens < 10] <= 0.05).mean() < 0.15
    far, tokens = drawn(200)
    far[:, 0] += 1
    assert np.median(familiar.likeness(far, tokens)) < 0.01
    familiar.save(tmp_path / "f.safetensors")
    again = Familiarity.load(tmp_path / "f.safetensors")
    assert again.weights == "w"
    near = fresh[:200], np.full(200, 40)
    assert again.likeness(*near) == pytest.approx(familiar.likeness(*near), abs=0.02)


def test_the_shipped_model_tells_what_is_no_review() -> None:
    model = open_model(threads=1, likeness=True)
    (plain,) = open_miner(threads=1).mine([Review("1", NEAR[0])])
    mined = model.miner.mine([Review(str(k), text) for k, text in enumerate(NEAR + FAR)])
    assert mined[0].opinions == plain.opinions and plain.likeness is None
    likeness = [answer.likeness for answer in mined]
    assert all(share is not None and share > LIMIT for share in likeness[: len(NEAR)])
    assert all(share is not None and share <= LIMIT for share in likeness[len(NEAR) :])
    warned = unlike_told(mined[-1], "warn")
    assert warned.warnings[-1] == UNLIKE and warned.opinions == mined[-1].opinions
    held = cautious(model, Caution(unlike="hold"))
    assert held.key != model.key
    (answer,) = held.miner.mine([Review("1", FAR[0])])
    assert answer.opinions == () and UNLIKE in answer.warnings
    assert unlike_told(plain, "hold") is plain


def test_too_few_reviews_and_strange_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(GuandianError, match="3 reviews learned from and 900 held out"):
        Familiarity.measure("w", np.zeros((3, 2)), np.zeros((900, 2)), np.ones(900, int))
    for content in (b"", b"\x02" + b"\0" * 7 + b"{}", b"\xff" * 40):
        (tmp_path / "f").write_bytes(content)
        with pytest.raises(GuandianError, match="does not tell what a model learned from"):
            Familiarity.load(tmp_path / "f")
