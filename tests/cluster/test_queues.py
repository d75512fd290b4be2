"""The queue simulator beside what is known in closed form, and beside the batcher's own rules."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from guandian.cluster.queues import (
    Followed,
    MeasuredPasses,
    PassTimes,
    ReplicaTimes,
    poisson_arrivals,
    simulated,
)

PASS = 0.01


def passes(ratios: NDArray[np.float64]) -> MeasuredPasses:
    """Passes of 10 to 500 tokens whose mean is `PASS`, whatever their size."""
    number = len(ratios)
    sizes = np.linspace(10, 500, number)
    return MeasuredPasses(np.ones(number), sizes, PASS * ratios / ratios.mean())


def replica(ratios: NDArray[np.float64], threads: int = 1, most: int = 10**9) -> ReplicaTimes:
    """One that reads a call at a time."""
    times = PassTimes(passes(ratios))
    return ReplicaTimes(times, 0.0, 0.0, 0.0, threads, batch_tokens=40, rows=1, most=most)


@pytest.mark.parametrize("load", [0.3, 0.7])
def test_calls_of_one_length_wait_as_in_a_queue_of_constant_service(load: float) -> None:
    arrivals = poisson_arrivals(load / PASS, 200, seed=3)
    run = simulated(arrivals, np.full(len(arrivals), 40), replica(np.ones(50)))
    expected = PASS * (1 + load / (2 * (1 - load)))  # Pollaczek and Khinchine, M/D/1
    assert run.latencies.mean() == pytest.approx(expected, rel=0.06)
    assert run.busy == pytest.approx(load, rel=0.03)
    assert run.rows == 1 and run.refused == 0


def test_service_drawn_from_an_exponential_table_waits_as_in_m_m_1() -> None:
    ratios = np.random.default_rng(1).permutation(-np.log(1 - (np.arange(400) + 0.5) / 400))
    arrivals = poisson_arrivals(0.6 / PASS, 200, seed=4)
    run = simulated(arrivals, np.full(len(arrivals), 40), replica(ratios))
    near = ratios[np.argsort(np.abs(np.linspace(10, 500, 400) - 40))[:100]]
    mean = PASS * near.mean() / ratios.mean()
    second = (PASS / ratios.mean()) ** 2 * (near**2).mean()
    expected = mean + 60 * second / (2 * (1 - 60 * mean))  # M/G/1 with those moments
    assert run.latencies.mean() == pytest.approx(expected, rel=0.12)


def test_calls_of_one_length_share_a_pass_and_others_do_not() -> None:
    times = ReplicaTimes(PassTimes(passes(np.ones(50))), 0.0, 0.0, 0.0, rows=8)
    together = simulated(np.zeros(9), np.full(9, 30), times)
    assert together.rows == 9
    apart = simulated(np.zeros(9), np.arange(20, 29), times)
    assert apart.rows == 9 / 2  # eight of whatever length fill a pass
    full = simulated(np.zeros(5), np.full(5, 2000), times)
    assert full.rows == 1


def test_a_call_goes_to_the_replica_with_the_fewest_tokens() -> None:
    arrivals = poisson_arrivals(1.4 / PASS, 30, seed=5)
    tokens = np.full(len(arrivals), 40)
    lone = simulated(arrivals, tokens, replica(np.ones(50)))
    pair = simulated(arrivals, tokens, replica(np.ones(50)), replicas=2)
    assert pair.busy == pytest.approx(0.7, rel=0.05)
    assert np.median(pair.latencies) < 0.03 < 1 < np.median(lone.latencies)


def test_who_finds_no_room_is_refused_and_counted() -> None:
    arrivals = poisson_arrivals(2 / PASS, 20, seed=6)
    run = simulated(arrivals, np.full(len(arrivals), 40), replica(np.ones(50), most=10))
    assert run.refused == np.isnan(run.latencies).sum()
    assert 0.4 < run.refused / len(arrivals) < 0.6
    assert run.most <= 10 and np.nanmax(run.latencies) < 11 * PASS


def test_times_are_followed_and_draws_repeat() -> None:
    slow = Followed(np.arange(100.0), np.where(np.arange(100) < 50, 1.0, 3.0), near=4)
    assert slow.draw(10.0) == 1.0 and slow.draw(90.0) == 3.0
    arrivals = poisson_arrivals(50, 5, seed=7)
    tokens = np.full(len(arrivals), 40)
    first, second = (simulated(arrivals, tokens, replica(np.ones(50))) for _ in range(2))
    assert np.array_equal(first.latencies, second.latencies)


def test_a_line_through_passes_of_many_sizes() -> None:
    rows, tokens = (axis.ravel() for axis in np.meshgrid(np.arange(1.0, 9), np.arange(10.0, 90, 8)))
    seconds = 0.002 + 0.0005 * rows + 0.0001 * tokens
    times = PassTimes(MeasuredPasses(rows, tokens, seconds), scale=0.5)
    assert times.mean(4, 50) == pytest.approx(0.5 * (0.002 + 0.002 + 0.005), rel=1e-6)
    assert times.draw(4, 50, 0.0) == pytest.approx(times.mean(4, 50), rel=1e-6)
