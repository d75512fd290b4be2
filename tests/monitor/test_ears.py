"""EARS equals R's `surveillance` where that is as published: bench/reference/ears.R."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from guandian.monitor.detectors import CountPanel, Ears

CASES = json.loads((Path(__file__).parent / "ears.json").read_text("utf-8"))
SINCE = 14


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["method"])
def test_equal_to_surveillance(case: dict[str, Any]) -> None:
    counts = np.array([case["counts"]], dtype=np.float64)
    said = Ears(case["method"], level=0.001).judge(CountPanel(counts), SINCE)
    np.testing.assert_allclose(said.upper[0], case["upper"], rtol=1e-9)
    assert said.alarms(counts[:, SINCE:])[0].tolist() == [bool(a) for a in case["alarms"]]
    assert sum(case["alarms"]) > 0


def test_c3_adds_what_the_two_buckets_before_exceeded() -> None:
    """By hand: mean 10, deviation 1 in all windows; the buckets before lie 2.5 and 2 above it."""
    base = np.array([9, 11, 10, 9, 11, 10, 10], dtype=np.float64)
    deviation = base.std(ddof=1)
    tail = [10.0, 10.0, 10 + 2.5 * deviation, 10 + 2 * deviation, 12.0]
    counts = np.concatenate([np.tile(base, 3), tail])[None]
    said = Ears("C3", level=0.001).judge(CountPanel(counts), counts.shape[1] - 1)
    means, deviations, heights = [], [], []
    for back in (0, 1, 2):
        end = counts.shape[1] - 1 - back
        window = counts[0, end - 9 : end - 2]
        means.append(window.mean())
        deviations.append(window.std(ddof=1))
        heights.append((counts[0, end] - means[-1]) / deviations[-1])
    carried = sum(max(0, height - 1) for height in heights[1:])
    assert carried > 2
    assert said.upper[0, 0] == pytest.approx(means[0] + deviations[0] * (3.090232 - carried))


def test_equal_counts_are_unusual_only_above() -> None:
    counts = np.full((1, 20), 4.0)
    counts[0, 15] = 5
    said = Ears().judge(CountPanel(counts), 10)
    assert said.alarms(counts[:, 10:])[0].tolist() == [False] * 5 + [True] + [False] * 4
