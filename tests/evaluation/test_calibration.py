import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from guandian.evaluation.calibration import (
    calibrate_report,
    calibration_error,
    coverage_at,
    reliability,
    risk_coverage,
    sampling_floor,
)


def answers(size: int, seed: int, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    said = rng.beta(4, 2, size)
    return said, rng.random(size) < np.clip(said - shift, 0, 1)


def test_the_error_by_hand() -> None:
    said = np.array([0.2, 0.2, 0.9, 0.9])
    right = np.array([False, False, True, False])
    table = reliability(said, right, bins=2)
    assert [(row.confidence, row.right, row.count) for row in table] == [
        (0.2, 0.0, 2),
        (0.9, 0.5, 2),
    ]
    assert calibration_error(said, right, bins=2) == pytest.approx(0.5 * 0.2 + 0.5 * 0.4)


def test_equal_confidences_share_a_bin() -> None:
    said = np.array([0.5] * 9 + [0.6])
    right = np.array([True] * 5 + [False] * 5)
    assert [row.count for row in reliability(said, right, bins=5)] == [9, 1]
    shuffled = np.random.default_rng(1).permutation(10)
    assert reliability(said[shuffled], right[shuffled], bins=5) == reliability(said, right, bins=5)


def test_bins_agree_with_scikit_learn_where_nothing_ties() -> None:
    said, right = answers(1000, seed=3)
    true, mean = calibration_curve(right, said, n_bins=10, strategy="quantile")
    table = reliability(said, right, bins=10)
    assert [row.right for row in table] == pytest.approx(true, abs=0.01)
    assert [row.confidence for row in table] == pytest.approx(mean, abs=0.01)


def test_a_perfect_model_shows_the_floor_and_a_bold_one_more() -> None:
    errors = []
    for seed in range(60):
        said, right = answers(400, seed)
        errors.append(calibration_error(said, right))
    floor, high = sampling_floor(answers(400, 0)[0])
    assert np.mean(errors) == pytest.approx(floor, rel=0.12)
    assert np.mean(np.array(errors) > high) <= 0.15
    said, right = answers(400, 1, shift=0.2)
    assert calibration_error(said, right) > 2 * high
    assert sampling_floor(answers(6400, 0)[0])[0] < floor / 3  # shrinks with the root of n


def test_what_is_kept_at_a_precision() -> None:
    said = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    right = np.array([True, True, False, True, False])
    kept = coverage_at(said, right, 0.75)
    assert (kept.threshold, kept.share, kept.reached) == (0.6, 0.8, 0.75)
    assert coverage_at(said, right, 1.0).share == 0.4
    assert coverage_at(said, ~right, 0.95).threshold is None
    tied = coverage_at(np.array([0.9, 0.9, 0.9]), np.array([True, True, False]), 0.9)
    assert tied.share == 0.0  # one threshold cannot keep two of three equals


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.7, 1.0]), st.booleans()), min_size=1))
def test_every_coverage_is_a_real_threshold(pairs: list[tuple[float, bool]]) -> None:
    said, right = (np.array(column) for column in zip(*pairs, strict=True))
    for share, risk in zip(*risk_coverage(said, right), strict=True):
        threshold = np.sort(said)[::-1][round(share * len(said)) - 1]
        kept = said >= threshold
        assert share == pytest.approx(kept.mean())
        assert risk == pytest.approx(1 - right[kept].mean())


def test_the_report_is_json_and_bad_input_is_refused() -> None:
    said, right = answers(200, 1)
    report = calibrate_report(said, right)
    assert json.loads(json.dumps(report.to_json()))["count"] == 200
    assert report.at_precision[-1].precision == 0.95
    assert report == calibrate_report(said, right)
    with pytest.raises(ValueError, match="n > 0"):
        calibrate_report(np.array([]), np.array([], dtype=bool))
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        calibrate_report(np.array([1.5]), np.array([True]))


def test_few_answers_say_nothing_of_thresholds() -> None:
    few = np.linspace(0.5, 0.99, 40), np.arange(40) >= 21  # nineteen are right, and the surest
    assert coverage_at(*few, 0.9).count == 21
    assert [each.precision for each in calibrate_report(*few).at_precision] == [0.8, 0.9, 0.95]
    fewer = few[0], np.arange(40) >= 22
    found = calibrate_report(*fewer).at_precision
    assert [(each.precision, each.count) for each in found] == [(0.8, 22), (0.9, 20)]
    assert calibrate_report(few[0][:19], np.zeros(19, bool)).at_precision == ()
    never = calibrate_report(few[0][:20], np.zeros(20, bool)).at_precision
    assert [each.threshold for each in never] == [None] * 3
