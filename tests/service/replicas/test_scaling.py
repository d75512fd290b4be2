"""The number of replicas over a load that steps, by a queue worked off in simulated time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from guandian.service.replicas.scaling import MOST_PAUSE, Patience, Scaling

PACE, START_SECONDS, TICK = 1000.0, 4.0, 0.2


def run(load: list[tuple[float, float]], least: int = 1, most: int = 8) -> list[tuple[float, int]]:
    """The changes of the number that are wanted.

    Args:
        load: tokens a second from each time on; the last entry ends it.
        least: replicas.
        most: replicas.
    """
    scaling, now, queued = Scaling(least, most), 0.0, 0.0
    replicas = [-START_SECONDS] * least
    changes = [(0.0, least)]
    while now < load[-1][0]:
        arriving = [rate for since, rate in load if since <= now][-1]
        ready = sum(now - begun >= START_SECONDS for begun in replicas)
        queued = max(arriving * 0.05, queued + (arriving - PACE * ready) * TICK)
        wanted = scaling.wanted(now, queued, PACE, len(replicas))
        if wanted != len(replicas):
            changes.append((now, wanted))
            replicas = replicas[:wanted] + [now] * (wanted - len(replicas))
        now += TICK
    return changes


def reversals(changes: list[tuple[float, int]]) -> int:
    """How often growing turned into shrinking or the other way round."""
    steps = [b > a for (_, a), (_, b) in pairwise(changes)]
    return sum(a != b for a, b in pairwise(steps))


@pytest.mark.parametrize("low", [200.0, 500.0, 700.0])
def test_a_step_of_four_times_is_met_soon_and_there_is_one_way_up_and_one_down(low: float) -> None:
    changes = run([(0, low), (60, 4 * low), (180, low), (600, low)])
    before = [number for at, number in changes if at < 60]
    assert before == [1]
    grown = [(at, number) for at, number in changes if 60 <= at < 180]
    enough = next(at for at, number in grown if number * PACE > 4 * low) if 4 * low > PACE else 60
    assert enough - 60 <= 6
    assert reversals(changes) <= 1
    assert changes[-1][1] <= 2


def test_the_bounds_hold_and_nothing_moves_without_load() -> None:
    assert run([(0, 0.0), (200, 0.0)], 2, 5) == [(0.0, 2)]
    assert max(number for _, number in run([(0, 9000.0), (100, 9000.0)], 1, 3)) == 3


def test_a_short_wave_starts_nothing() -> None:
    assert run([(0, 300.0), (10, 3000.0), (10.4, 0.0), (60, 0.0)]) == [(0.0, 1)]


def test_what_died_is_replaced() -> None:
    assert Scaling(2, 4).wanted(0.0, 0.0, PACE, 1) == 2


def test_starts_that_are_refused_are_tried_ever_more_seldom() -> None:
    patience, now, starts = Patience(), 0.0, []
    while now < 600:
        if patience.over(now):
            starts.append(now)
            patience.refused(now + 0.3)
        now += TICK
    pauses = [b - a for a, b in pairwise(starts)]
    assert pauses[0] < 2 and max(pauses) <= MOST_PAUSE + 1 and len(starts) < 20
    assert pauses == sorted(pauses) or max(pauses) - pauses[-1] <= TICK + 1e-6
    patience.welcomed()
    assert patience.over(now), "what could be started again is started at once"
