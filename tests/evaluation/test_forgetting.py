"""What is known at the end, and what was forgotten: by hand."""

from __future__ import annotations

import pytest
from scipy.stats import t

from guandian.evaluation.domains.forgetting import SequenceScores, over_their_seeds, seeds_interval

DOMAINS = ("a", "b", "c")
MEASURES = ("quad",) * 3


def sequence(method: str, seed: int, *rows: tuple[float, ...]) -> SequenceScores:
    return SequenceScores(method, seed, DOMAINS, dict(enumerate(rows)), MEASURES)


def test_forgetting_counts_from_the_best_and_backward_transfer_from_when_it_was_learned() -> None:
    # a: 0.8, then 0.9 (b helped), then 0.5; b: 0.6, then 0.7 (c helped).
    scores = sequence("x", 1, (0.8, 0.1, 0.0), (0.9, 0.6, 0.2), (0.5, 0.7, 0.9))
    assert scores.average == pytest.approx(0.7)
    assert scores.forgetting == pytest.approx(((0.9 - 0.5) + (0.6 - 0.7)) / 2)
    assert scores.backward == pytest.approx(((0.5 - 0.8) + (0.7 - 0.6)) / 2)


def test_all_at_once_has_an_average_and_nothing_to_forget() -> None:
    joint = SequenceScores("joint", 1, DOMAINS, {2: (0.6, 0.7, 0.8)}, MEASURES)
    assert joint.average == pytest.approx(0.7)
    assert joint.forgetting is None
    assert joint.backward is None


def test_the_interval_over_seeds_is_students() -> None:
    for values in ([0.5, 0.7], [0.5, 0.6, 0.7], [0.1, 0.5, 0.4, 0.9, 0.2, 0.6, 0.7, 0.3]):
        mean = sum(values) / len(values)
        deviation = (sum((value - mean) ** 2 for value in values) / (len(values) - 1)) ** 0.5
        reach = t.ppf(0.975, len(values) - 1) * deviation / len(values) ** 0.5
        interval = seeds_interval(values)
        assert (interval.low, interval.high) == pytest.approx(
            (mean - reach, mean + reach), abs=0.01
        )
        assert interval.level == 0.95
    single = seeds_interval([0.5])
    assert (single.low, single.high, single.level) == (0.5, 0.5, 0.0)


def test_methods_are_compared_with_the_upper_bound_seed_by_seed() -> None:
    last = {1: 0.6, 2: 0.8}
    joint = [
        SequenceScores("joint", seed, DOMAINS, {2: (value,) * 3}, MEASURES)
        for seed, value in last.items()
    ]
    plain = [
        sequence("sequential", seed, (0.1,) * 3, (0.1,) * 3, (value - 0.1,) * 3)
        for seed, value in last.items()
    ]
    bound, below = over_their_seeds({"joint": joint, "sequential": plain}, "joint")
    assert bound.behind is None
    assert bound.forgetting is None
    assert below.behind is not None
    # Both seeds are a tenth behind: the seeds differ, the gap does not.
    assert below.behind.value == pytest.approx(-0.1)
    assert below.behind.high - below.behind.low < 1e-9
    assert below.average.high - below.average.low > 0.5
    assert below.cell(2, 0) == pytest.approx(0.6)
    assert bound.cell(0, 0) is None
    (alone,) = over_their_seeds({"sequential": plain}, "joint")
    assert alone.behind is None
