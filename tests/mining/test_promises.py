"""Precision that was asked for: thresholds by language, refusals, files."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import guandian
from guandian.bundle import Bundle
from guandian.bundle import shipped as shipped_folder
from guandian.bundle.bundle import MANIFEST
from guandian.domain import Language, Opinion, Polarity, Quad, Review, Span
from guandian.errors import GuandianError
from guandian.mining.caution.promises import (
    HELD_BACK,
    NO_PROMISE,
    Caution,
    Promises,
    cautious,
    read_promises,
)
from guandian.pipelines import open_model
from guandian.pipelines.promising import confidence_digest, measure_promises, promises_of
from guandian.training.promise_measuring import (
    AnsweredReview,
    JudgedOpinions,
    like_these,
    over_kinds,
    promised_rows,
)

TEXT = "屏幕很清晰，但是电池不耐用"
WEAK = "还行吧，味道一般，分量有点少，送得也慢"


@pytest.fixture(scope="module")
def shipped() -> Promises:
    return promises_of(None)


def test_what_is_kept_is_sure_enough_and_the_rest_is_told(shipped: Promises) -> None:
    model = open_model(threads=1)
    (plain,) = model.miner.mine([Review("1", TEXT)])
    promise = shipped.promise(0.9)
    (kept,) = cautious(model, Caution(promise)).miner.mine([Review("1", TEXT)])
    least = promise.threshold(Language.CHINESE)
    assert least is not None and kept == promise.keep(plain)
    weak = replace(plain, opinions=(replace(plain.opinions[0], confidence=least - 0.01),))
    assert promise.keep(weak).opinions == () and promise.keep(weak).warnings[-1] == HELD_BACK
    held = cautious(model, Caution(promise))
    assert held.key != model.key and held.rates is None
    assert cautious(model, Caution()) is model


def test_a_language_without_a_threshold_keeps_nothing(shipped: Promises) -> None:
    promise = shipped.promise(0.9)
    assert promise.threshold(Language.ENGLISH) is None
    (mined,) = open_model(threads=1).miner.mine([Review("1", "The screen is sharp.")])
    kept = promise.keep(mined)
    assert mined.opinions and kept.opinions == () and kept.warnings[-1] == NO_PROMISE
    assert promise.threshold(Language.MIXED) == promise.thresholds["all"]


def test_what_cannot_be_promised_is_refused_with_what_can(shipped: Promises) -> None:
    with pytest.raises(GuandianError, match=r"0\.92 was the most, with at least 84% held back"):
        shipped.promise(0.95)
    with pytest.raises(GuandianError, match="--precision-of polarity"):
        shipped.promise(0.95)
    assert shipped.promise(0.95, "polarity").share < shipped.promise(0.9, "polarity").share
    for wrong in (0, 1, -1, float("nan")):
        with pytest.raises(GuandianError, match="share between 0 and 1"):
            shipped.promise(wrong)


def test_files_come_back_and_strangers_are_told(shipped: Promises, tmp_path: Path) -> None:
    file = tmp_path / "promises.json"
    file.write_text(shipped.to_json(), "utf-8")
    assert read_promises(file) == shipped
    other = json.loads(shipped.to_json()) | {"weights": ["0"]}
    file.write_text(json.dumps(other), "utf-8")
    with pytest.raises(GuandianError, match="was measured on"):
        promises_of(None, file)
    file.write_text(replace(shipped, calibration="0").to_json(), "utf-8")
    with pytest.raises(GuandianError, match="another calibration"):
        promises_of(None, file)
    ours = tmp_path / "ours.json"
    ours.write_text(shipped.to_json(), "utf-8")
    assert promises_of(None, file, ours) == shipped
    for wrong in ("{}", "[", '{"format": "guandian.promises/1"}'):
        file.write_text(wrong, "utf-8")
        with pytest.raises(GuandianError, match="holds no promises"):
            read_promises(file)


def test_the_same_weights_with_another_calibration_are_another_model(
    shipped: Promises, tmp_path: Path
) -> None:
    ours = Bundle.open(shipped_folder())
    folder = tmp_path / "other"
    folder.mkdir()
    for name in ours.manifest.files:
        os.link(ours.path / name, folder / name)
    fitted = dict(ours.manifest.calibration)
    fitted["opinions"] = {**fitted["opinions"], "threshold": 0.31}
    other = replace(ours.manifest, calibration=fitted)
    (folder / MANIFEST).write_text(other.to_json(), "utf-8")
    assert not shipped.measured_on(shipped.weights, confidence_digest(Bundle.open(folder)))
    with pytest.raises(GuandianError, match="nobody measured"):
        promises_of(folder)


def test_python_keeps_what_is_promised(shipped: Promises) -> None:
    model = guandian.open(threads=1, precision=0.9)
    least = shipped.promise(0.9).thresholds["zh"]
    assert least is not None
    every, kept = guandian.open(threads=1).mine([TEXT, WEAK]), model.mine([TEXT, WEAK])
    assert [review.opinions for review in kept] == [
        tuple(o for o in review.opinions if o.confidence >= least) for review in every
    ]
    assert kept[1].mined.warnings[-1] == HELD_BACK
    assert every.summary().correction and kept.summary().correction is None
    with pytest.raises(GuandianError, match="leave out custom=, or precision="):
        guandian.open(precision=0.9, custom="zhijiang")
    with pytest.raises(GuandianError, match='precision_of="polarity"'):
        guandian.open(precision=0.95)


def answered(rng: np.random.Generator, reviews: int, worse: float = 0.0) -> list[AnsweredReview]:
    """Reviews of five kinds whose opinions are right as often as their confidence says."""
    rows = []
    for k in range(reviews):
        opinions, gold = [], []
        for at in range(3):
            sure = float(rng.uniform(0.3, 1))
            span = Span(at * 2, at * 2 + 1)
            opinions.append(Opinion(None, span, span, "x", Polarity.POSITIVE, sure, ""))
            right = rng.random() < sure - worse * (k % 5 == 0)
            gold.append(Quad(None, span, "x" if right else "y", Polarity.POSITIVE))
        rows.append(AnsweredReview("zh", str(k % 5), tuple(opinions), tuple(gold)))
    return rows


def test_promises_hold_on_fresh_reviews_and_mind_the_worst_kinds() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(10):
        judged = JudgedOpinions.of(answered(rng, 200), "whole")
        least = like_these(judged, 0.85)
        assert least is not None and 0.6 < least < 1
        fresh = JudgedOpinions.of(answered(rng, 2000), "whole")
        held += fresh.right[fresh.confidence >= least].mean() >= 0.85
    assert held >= 8
    kinds = [str(k) for k in range(5)]
    alike = over_kinds(JudgedOpinions.of(answered(rng, 500), "whole"), kinds, 0.8)
    apart = over_kinds(JudgedOpinions.of(answered(rng, 500, worse=0.3), "whole"), kinds, 0.8)
    assert apart > alike > 0
    rows, counts = promised_rows(answered(rng, 300), [0.5, 0.8, 0.999])
    assert counts == {"all": 900, "zh": 900} and {row[0] for row in rows["whole"]["all"]} <= {
        0.5,
        0.8,
    }
    assert rows["triplet"]["all"][0][2] == 1


def test_too_few_labels_promise_nothing() -> None:
    with pytest.raises(GuandianError, match="in 0 reviews"):
        measure_promises(None, [], "nothing", 1)
