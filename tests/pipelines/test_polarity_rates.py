"""What a bundle misses of each polarity: measured, carried by its manifest, read again."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from guandian.bundle import Bundle, amend_bundle, shipped
from guandian.domain import Labelled, Polarity, Quad, Span
from guandian.errors import BundleError, GuandianError
from guandian.pipelines import (
    measured_polarity,
    open_miner,
    open_model,
    rates_of,
    read_rates,
    shipped_rates,
)

GOOD = ("屏幕很清晰", Span(0, 2), Span(2, 5), Polarity.POSITIVE)
BAD = ("电池不耐用", Span(0, 2), Span(2, 5), Polarity.NEGATIVE)
SEEN = [
    Labelled(
        f"{place}",
        f"{text}，第{place}次买。",
        "ours",
        (Quad(aspect, expression, "performance", polarity),),
        group="phone" if place % 2 else "tablet",
    )
    for place in range(24)
    for text, aspect, expression, polarity in [GOOD if place % 3 else BAD]
]


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    shutil.copytree(shipped(), tmp_path / "bundle")
    return Bundle.open(tmp_path / "bundle")


def amended(bundle: Bundle, told: object) -> Bundle:
    calibration = {k: v for k, v in bundle.manifest.calibration.items() if k != "polarity"}
    return amend_bundle(bundle, calibration={**calibration, **({"polarity": told} if told else {})})


def test_the_manifest_carries_what_was_measured(bundle: Bundle) -> None:
    miner = open_miner(bundle.path, threads=1)
    other = Labelled("x", "很好", "other", ())
    unlabelled = Labelled("y", "很好", "other", None)
    some = [*SEEN, *SEEN, other, unlabelled]
    told = measured_polarity(miner.reader, some, miner.labels.confidence, miner.labels.band)
    rates = told["polarity"]
    assert (rates["reviews"], rates["groups"]) == (2 * len(SEEN) + 1, 3)
    assert rates["negative"]["found"] + rates["negative"]["missed"] == 16
    assert "sentiment" not in rates  # no review has a label of its whole
    whole = [replace(one, sentiment=one.quads[0].polarity) for one in [*SEEN, *SEEN] if one.quads]
    answered = measured_polarity(miner.reader, whole, miner.labels.confidence, miner.labels.band)
    rows = answered["polarity"]["sentiment"]["answered"]
    assert (sum(rows["positive"]), sum(rows["neutral"]), sum(rows["negative"])) == (32, 0, 16)
    carried = amended(bundle, rates)
    found = rates_of(carried)
    assert found and found.to_json() == rates
    assert read_rates(bundle.path).to_json() == rates
    assert open_model(bundle.path).rates and open_miner(bundle.path, threads=1).rates
    assert measured_polarity(miner.reader, SEEN[:3], miner.labels.confidence, 0.65) == {}
    assert measured_polarity(miner.reader, [], miner.labels.confidence, 0.65) == {}


def test_a_bundle_without_any_says_so_and_a_broken_one_is_named(bundle: Bundle) -> None:
    bare = amended(bundle, None)
    assert rates_of(bare) is None
    with pytest.raises(GuandianError, match="does not say what it misses"):
        read_rates(bare.path)
    with pytest.raises(BundleError, match="no rates by polarity"):
        rates_of(amended(bare, {"reviews": 3}))


def test_the_shipped_rates_are_for_what_the_shipped_bundle_mined() -> None:
    mine = Bundle.open(shipped()).manifest.id
    assert shipped_rates([mine, "another@1"]) is None
    assert shipped_rates(["another@1"]) is None
    assert (shipped_rates([mine]) is None) == (rates_of(Bundle.open(shipped())) is None)
