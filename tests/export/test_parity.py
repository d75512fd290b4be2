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


def test_one_opinion_of_a_small_set_refuses_nothing_and_is_in_doubt() -> None:
    few, worse = GOLD[:31], [NOTHING, *GOLD[1:31]]
    table = parity({"own": few}, {"own": worse}, {"own": few})
    table.check()
    assert [row.name for row in table.lost()] == ["own", "pooled"]
    row = table.rows[0]
    assert (row.worse, row.better, row.surely_worse) == (1, 0, False)
    assert row.change.value == pytest.approx(-1 / 61)


@pytest.mark.parametrize("reviews", [1, 3])
def test_a_handful_of_reviews_proves_nothing(reviews: int) -> None:
    few = GOLD[:reviews]
    parity({"own": few}, {"own": [NOTHING] * reviews}, {"own": few}).check()


@pytest.mark.parametrize(("reviews", "broken"), [(6, 6), (31, 6), (400, 20)])
def test_what_is_surely_lost_is_refused_with_its_remedy(reviews: int, broken: int) -> None:
    gold = [*GOLD, *GOLD][:reviews]
    worse = [*[NOTHING] * broken, *gold[broken:]]
    with pytest.raises(GuandianError, match=r"(?s)\(own, pooled\).*--resume --precision float32"):
        parity({"own": gold}, {"own": worse}, {"own": gold}).check()


def test_what_falls_and_rises_alike_is_no_loss() -> None:
    before = [*GOLD[:10], *[NOTHING] * 9, *GOLD[19:40]]
    after = [*[NOTHING] * 10, *GOLD[10:40]]
    table = parity({"own": before}, {"own": after}, {"own": GOLD[:40]})
    assert (table.rows[0].worse, table.rows[0].better) == (10, 9)
    table.check()


def test_finding_nothing_is_no_gain_where_most_of_what_was_found_was_wrong() -> None:
    wrong = [Quad(Span(50, 51), Span(52 + k, 54 + k), "price", Polarity.NEGATIVE) for k in range(2)]
    before = [[*row, *wrong] for row in GOLD]
    table = parity({"own": before}, {"own": [NOTHING] * len(GOLD)}, {"own": GOLD})
    assert (table.rows[0].worse, table.rows[0].better) == (len(GOLD), 0)
    with pytest.raises(GuandianError, match=r"\(own, pooled\)"):
        table.check()
    relieved = parity({"own": before}, {"own": GOLD}, {"own": GOLD})
    assert (relieved.rows[0].worse, relieved.rows[0].better) == (0, len(GOLD))


def test_two_forms_must_have_seen_the_same_sets() -> None:
    with pytest.raises(ValueError, match="sets differ"):
        parity({"a": GOLD}, {"b": GOLD}, {"a": GOLD})
