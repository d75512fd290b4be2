"""Off-policy estimates on logs whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from guandian.evaluation.rankings.off_policy import LoggedActions, estimate_policy

RATES = np.array([0.02, 0.05, 0.1, 0.3])


def log(seed: int, chances: np.ndarray, size: int = 4000) -> LoggedActions:
    """Impressions that show the best action most; the other policy shows all equally often."""
    generator = np.random.default_rng(seed)
    action = generator.choice(4, size, p=chances)
    reward = (generator.random(size) < RATES[action]).astype(np.float64)
    return LoggedActions(action, reward, chances[action], np.full(4, 0.25))


def test_the_truth_lies_in_the_intervals_and_not_in_the_logs_own() -> None:
    truth, hits = RATES.mean(), dict.fromkeys(("ips", "snips", "direct", "doubly robust"), 0)
    for seed in range(8):
        rows = {row.estimator: row.value for row in
                estimate_policy(log(seed, np.array([0.1, 0.1, 0.1, 0.7])), draws=60)}  # fmt: skip
        assert rows["as logged"].low > truth
        for name in hits:
            hits[name] += rows[name].low <= truth <= rows[name].high
    assert min(hits.values()) >= 6


def test_one_heavy_weight_does_not_decide_what_is_chosen() -> None:
    plain = log(3, np.array([0.1, 0.1, 0.1, 0.7]))
    propensity = plain.propensity.copy()
    propensity[np.argmax(plain.reward)] = 1e-6
    spoilt = LoggedActions(plain.action, plain.reward, propensity, plain.chances)
    rows = {row.estimator: row for row in estimate_policy(spoilt, draws=100)}
    assert rows["ips"].value.value > 10 and rows["ips"].sample < 5
    assert rows["chosen"].value.value == pytest.approx(RATES.mean(), abs=0.03)


def test_the_same_policy_earns_what_the_log_did() -> None:
    same = log(1, np.full(4, 0.25))
    for row in estimate_policy(same, draws=50):
        assert row.value.value == pytest.approx(same.reward.mean(), abs=0.005)
    with pytest.raises(ValueError, match="above 0"):
        estimate_policy(LoggedActions(same.action, same.reward, 0 * same.propensity, same.chances))
