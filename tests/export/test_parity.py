from __future__ import annotations

import pytest

from guandian.domain import Polarity, Quad, Span
from guandian.errors import GuandianError
from guandian.export import parity

GOLD = [[Quad(Span(k, k + 1), Span(k + 2, k + 4), "price", Polarity.POSITIVE)] for k in range(200)]
NOTHING: list[Quad] = []


def test_equal_answers_pass() -> None:
    table = parity({"mobile": GOLD}, {"mobile": GOLD}, {"mobile": GOLD})
    table.check()
    assert [row.name for row in table.rows] == ["mobile", "pooled"]
    assert table.to_json()["pooled"]["change"]["value"] == 0  # type: ignore[index]


def test_a_set_that_fell_is_named_with_the_table() -> None:
    worse = [NOTHING, *GOLD[1:100], *[NOTHING] * 4, *GOLD[104:]]
    reference, gold = {"food": GOLD, "mobile": GOLD}, {"food": GOLD, "mobile": GOLD}
    table = parity(reference, {"food": GOLD, "mobile": worse}, gold)
    with pytest.raises(GuandianError, match=r"in one set \(mobile\)"):
        table.check(pooled=0.02, worst=0.005)
    table.check(pooled=0.02, worst=0.02)
    row = table.rows[1]
    assert row.change.low < row.change.value < row.change.high
    assert "mobile" in str(table) and "-1.27" in str(table)


def test_two_forms_must_have_seen_the_same_sets() -> None:
    with pytest.raises(ValueError, match="sets differ"):
        parity({"a": GOLD}, {"b": GOLD}, {"a": GOLD})
