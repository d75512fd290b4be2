"""Online false discovery decides as online-fdr does, and remembers less."""

from __future__ import annotations

import json

import numpy as np
import pytest

from guandian.monitor.budget import OnlineDiscovery


def p_values(number: int, seed: int) -> np.ndarray:
    dice = np.random.default_rng(seed)
    p = dice.random(number)
    return np.where(dice.random(number) < 0.03, p**12, p)


@pytest.mark.parametrize("method", ["lord", "saffron", "addis"])
@pytest.mark.parametrize("seed", [1, 2])
def test_decides_as_online_fdr(method: str, seed: int) -> None:
    from online_fdr.p_values.investing.addis.addis import Addis
    from online_fdr.p_values.investing.lord.plus_plus import LordPlusPlus
    from online_fdr.p_values.investing.saffron.saffron import Saffron

    theirs = {
        "lord": lambda: LordPlusPlus(0.05, 0.025),
        "saffron": lambda: Saffron(0.05, 0.025, 0.5),
        "addis": lambda: Addis(0.05, 0.025, 0.25, 0.5),
    }[method]()
    p = p_values(3000, seed)
    expected = [theirs.test_one(float(each)) for each in p]
    assert sum(expected) > 20
    ours = OnlineDiscovery(0.05, method)  # type: ignore[arg-type]
    decisions = np.concatenate([ours.test(part) for part in np.array_split(p, 17)])
    assert decisions.tolist() == expected


def test_a_restart_forgets_nothing() -> None:
    p = p_values(4000, 3)
    whole = OnlineDiscovery(0.05)
    expected = whole.test(p)
    first = OnlineDiscovery(0.05)
    head = first.test(p[:2000])
    second = OnlineDiscovery.restored(json.loads(json.dumps(first.state())))
    assert np.concatenate([head, second.test(p[2000:])]).tolist() == expected.tolist()
    assert len(json.dumps(whole.state())) < 100 + 8 * len(whole.discoveries)


def test_what_is_unknown_is_no_test() -> None:
    judge = OnlineDiscovery(0.05, "saffron")
    assert not judge.test(np.full(5, np.nan)).any()
    assert judge.passed == 0
