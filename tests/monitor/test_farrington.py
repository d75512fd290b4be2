"""Farrington flexible equals R's `surveillance`: bench/reference/farrington.R wrote its numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from guandian.monitor.detectors import CountPanel, Farrington

CASES = json.loads((Path(__file__).parent / "farrington.json").read_text("utf-8"))
SINCE = 300


def judged(case: dict[str, Any]) -> tuple[Any, Any]:
    counts = np.array([case["counts"]], dtype=np.float64)
    detector = Farrington(periods=case["periods"], left_out=case["left_out"])
    return detector.judge(CountPanel(counts), SINCE), counts[:, SINCE:]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['name']}-{c['periods']}")
def test_equal_to_surveillance(case: dict[str, Any]) -> None:
    said, observed = judged(case)
    for ours, theirs in ((said.expected, "expected"), (said.upper, "upper"), (said.p, "p")):
        np.testing.assert_allclose(
            ours[0], np.array(case[theirs], dtype=float), rtol=1e-6, atol=1e-9
        )
    assert said.alarms(observed)[0].tolist() == [bool(alarm) for alarm in case["alarms"]]


def test_series_are_judged_alike_together_and_alone() -> None:
    cases = [case for case in CASES if case["periods"] == 10]
    together = Farrington().judge(
        CountPanel(np.array([case["counts"] for case in cases], dtype=np.float64)), SINCE
    )
    for row, case in enumerate(cases):
        np.testing.assert_allclose(together.p[row], judged(case)[0].p[0], rtol=1e-9)


def test_too_little_history_is_not_judged() -> None:
    said = Farrington().judge(CountPanel(np.ones((2, 263 + 1))), 262)
    assert np.isnan(said.p[:, 0]).all() and np.isfinite(said.p[:, 1]).all()
    assert not said.alarms(np.full((2, 2), 99.0))[:, 0].any()
