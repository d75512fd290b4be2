"""What changed, and why: planted causes stand first, noise is none, and parts add up."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guandian.evaluation.changes import OpinionCell, WindowCounts, block_numbers, explain_change
from guandian.evaluation.changes.effects import MIX, RATE, BlockSums, Scores, effects_of
from guandian.evaluation.changes.groups import LEAST_BLOCKS, groups_of

CELLS = [
    OpinionCell("quality", aspect, product, "shop")
    for aspect in ("屏幕", "电池")
    for product in "XY"
]
BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.fixture(scope="module")
def simulator() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCH)
        return importlib.import_module("planted_changes")


def window(*counts: tuple[int, int, int]) -> WindowCounts:
    """Reviews with one opinion each: positive, neutral, negative in each of `CELLS`."""
    rows = [
        (0, cell, *(int(place == polarity) for place in range(3)))
        for cell, numbers in enumerate(counts)
        for polarity, number in enumerate(numbers)
        for _ in range(number)
    ]
    return WindowCounts.of([(place, *row[1:]) for place, row in enumerate(rows)], len(rows))


def block_sums(signed: np.ndarray, opinions: np.ndarray, earlier: int) -> BlockSums:
    """Sums of groups that are products."""
    whole = opinions.sum(1)
    usual = whole[:, None] * opinions.sum(0) / opinions.sum()
    products = np.zeros(opinions.shape[1], dtype=bool)
    return BlockSums(signed, opinions, signed.sum(1), whole, usual, signed, products, earlier)


def adds_up(before: WindowCounts, after: WindowCounts) -> None:
    result = explain_change(CELLS, before, after)
    assert result.change is not None
    assert result.before is not None and result.after is not None
    parts = sum(cause.effect.value for cause in result.causes) + result.remainder
    assert abs(parts - result.change) < 1e-9
    assert abs(result.after - result.before - result.change) < 1e-12


def test_a_fall_of_one_cell_is_told_of_that_cell() -> None:
    steady = [(40, 2, 8)] * 4
    fallen = [(40, 2, 8), (40, 2, 8), (40, 2, 8), (10, 2, 38)]
    result = explain_change(CELLS, window(*steady), window(*fallen))
    assert result.change == pytest.approx(-60 / 200)
    (cause,) = result.causes
    assert (cause.kind, cause.aspect, cause.product) == ("rate", "电池", "Y")
    assert cause.source is None, "there is one shop: it says nothing"
    assert cause.effect.value == pytest.approx(-0.3)
    assert cause.effect.high < 0
    assert cause.chance == pytest.approx(1 / 500)
    assert cause.before.net == pytest.approx(32 / 50) and cause.after.net == pytest.approx(-28 / 50)
    assert result.remainder == pytest.approx(0)
    adds_up(window(*steady), window(*fallen))


def test_a_surge_of_a_disliked_product_is_a_mix() -> None:
    before = window((45, 2, 3), (5, 2, 23), (45, 2, 3), (5, 2, 23))
    after = window((45, 2, 3), (20, 8, 92), (45, 2, 3), (20, 8, 92))
    (cause,) = explain_change(CELLS, before, after).causes
    assert (cause.kind, cause.aspect, cause.product) == ("mix", None, "Y")
    assert cause.effect.value < 0
    assert cause.before.share == pytest.approx(60 / 160)
    adds_up(before, after)


def test_a_fall_of_everything_is_told_of_everything() -> None:
    before, after = window(*[(80, 5, 15)] * 4), window(*[(50, 5, 45)] * 4)
    (cause,) = explain_change(CELLS, before, after).causes
    assert (cause.kind, cause.category, cause.product, cause.source) == ("rate", None, None, None)
    assert cause.effect.value == pytest.approx(-0.6)


def test_no_cause_is_told_at_a_level_where_it_is_not_sure() -> None:
    cells = [
        OpinionCell("performance", aspect, product, source)
        for product in "XY" for source in ("app", "web") for aspect in ("screen", "battery")
    ]  # fmt: skip

    def drawn(random: np.random.Generator, liked: list[float]) -> WindowCounts:
        cell = random.integers(len(cells), size=300)
        good = random.random(300) < np.asarray(liked)[cell]
        rows = [(k, int(at), int(is_good), 0, int(not is_good))
                for k, (at, is_good) in enumerate(zip(cell, good, strict=True))]  # fmt: skip
        return WindowCounts.of(rows, blocks=300)

    told = 0
    for seed in (8, 17, 20, 21, 24, 31):  # a group around the one that fell was told, unsure itself
        random = np.random.default_rng(seed)
        before, after = drawn(random, [0.6] * 8), drawn(random, [0.38] * 2 + [0.6] * 6)
        for cause in explain_change(cells, before, after).causes:
            assert cause.chance <= 0.03 and not cause.effect.low <= 0 <= cause.effect.high, seed
            told += 1
    assert told >= 6


def test_two_causes_do_not_count_an_opinion_twice() -> None:
    before = window(*[(80, 5, 15)] * 4)
    after = window((80, 5, 15), (80, 5, 15), (10, 5, 85), (97, 0, 3))
    result = explain_change(CELLS, before, after)
    places = {(cause.aspect, cause.product): cause.effect.value for cause in result.causes}
    assert places == {
        ("电池", "X"): pytest.approx(-1.4 / 4),
        ("电池", "Y"): pytest.approx(0.29 / 4),
    }
    adds_up(before, after)


def test_correction_weighs_every_opinion() -> None:
    before, after = window(*[(40, 2, 8)] * 4), window(*[(40, 2, 8)] * 3, (10, 2, 38))
    factors = np.array([0.9, 1.2, 1.4])
    result = explain_change(CELLS, before.weighted(factors), after.weighted(factors))
    counts = factors * [130, 8, 62]
    assert result.after == pytest.approx((counts[0] - counts[2]) / counts.sum())
    by_cell = np.tile(factors, (len(CELLS), 1))
    same = explain_change(CELLS, before.weighted(by_cell), after.weighted(by_cell))
    assert same == result


def test_a_window_without_opinions_has_no_change() -> None:
    empty = WindowCounts.of([], 0)
    for pair in ((empty, window((5, 0, 5))), (window((5, 0, 5)), empty), (empty, empty)):
        result = explain_change(CELLS, *pair)
        assert (result.change, result.causes, result.remainder) == (None, (), 0.0)


def test_a_new_product_is_a_mix_and_never_a_rate() -> None:
    before = window((60, 5, 15), (0, 0, 0), (60, 5, 15), (0, 0, 0))
    after = window((60, 5, 15), (5, 5, 60), (60, 5, 15), (5, 5, 60))
    (cause,) = explain_change(CELLS, before, after).causes
    assert (cause.kind, cause.product) == ("mix", "Y")
    assert cause.before.opinions == 0
    adds_up(before, after)


@settings(max_examples=60, deadline=None)
@given(
    *[
        st.lists(
            st.tuples(
                st.integers(0, 30), st.integers(0, 3), st.integers(0, 6), st.integers(0, 6),
                st.integers(0, 6),
            ),
            max_size=60,
        )
        for _ in range(2)
    ]
)  # fmt: skip
def test_parts_and_remainder_add_up_whatever_is_read(
    earlier: list[tuple[int, int, int, int, int]], later: list[tuple[int, int, int, int, int]]
) -> None:
    before, after = WindowCounts.of(earlier, 31), WindowCounts.of(later, 31)
    result = explain_change(CELLS, before, after, draws=39)
    if result.change is None:
        assert result.remainder == 0 and not result.causes
    else:
        parts = sum(cause.effect.value for cause in result.causes) + result.remainder
        assert abs(parts - result.change) < 1e-9
        assert len(result.causes) <= 5
        assert all(cause.effect.low <= cause.effect.value <= cause.effect.high
                   for cause in result.causes)  # fmt: skip


def test_mix_and_rate_and_the_rest_are_the_whole_change() -> None:
    """The remainder is what the parts that are not told would be, not merely what is lacking."""
    dice = np.random.default_rng(5)
    opinions = dice.poisson(3.0, (40, 6)).astype(float)
    signed = opinions - 2 * dice.binomial(opinions.astype(int), 0.3)
    for group in range(6):
        sums = block_sums(signed, opinions, 18)
        effects = effects_of(sums)
        rest = [
            (signed[part].sum() - signed[part, group].sum())
            / (opinions[part].sum() - opinions[part, group].sum())
            for part in (slice(None, 18), slice(18, None))
        ]
        nets = [signed[p].sum() / opinions[p].sum() for p in (slice(None, 18), slice(18, None))]
        by_itself = (1 - effects.shares[:, group].mean()) * (rest[1] - rest[0])
        whole = effects.values[:, group].sum() + by_itself
        assert whole == pytest.approx(nets[1] - nets[0], abs=1e-12)


def test_intervals_are_as_wide_as_drawing_blocks_again_has_it() -> None:
    """An effect over its score is its standard error, as long as the effect is not huge."""
    dice = np.random.default_rng(3)
    opinions = dice.poisson(3.0, (400, 3)).astype(float)
    opinions[200:, 0] += dice.poisson(0.5, 200)
    praise = np.where(np.arange(400)[:, None] < 200, [0.8, 0.5, 0.4], [0.8, 0.5, 0.5])
    signed = 2 * dice.binomial(opinions.astype(int), praise) - opinions
    draws = []
    for _ in range(800):
        rows = np.concatenate([dice.integers(0, 200, 200), dice.integers(200, 400, 200)])
        draws.append(effects_of(block_sums(signed[rows], opinions[rows], 200)).values)
    spread = np.std(draws, axis=0)
    sums = block_sums(signed, opinions, 200)
    errors = np.abs(effects_of(sums).values / Scores.of(sums).values)
    assert errors[MIX, 0] == pytest.approx(spread[MIX, 0], rel=0.15)
    assert errors[RATE] == pytest.approx(spread[RATE], rel=0.15)


def test_scores_are_about_standard_normal_where_nothing_changed() -> None:
    dice = np.random.default_rng(4)
    values = []
    for _ in range(300):
        opinions = dice.poisson(2.0, (120, 4)).astype(float)
        signed = opinions - 2 * dice.binomial(opinions.astype(int), 0.3)
        sums = block_sums(signed, opinions, 40)
        values.append(Scores.of(sums).values[1])
    assert np.std(values) == pytest.approx(1, abs=0.06)
    assert abs(np.mean(values)) < 0.08


def test_groups_with_the_same_cells_stand_once_and_few_reviews_are_no_group() -> None:
    cells = [OpinionCell("c", "a", "only", "shop"), OpinionCell("c", "b", "only", "shop")]
    block = np.arange(LEAST_BLOCKS + 3)
    cell = np.array([0] * LEAST_BLOCKS + [1] * 3)
    groups = groups_of(cells, block, cell)
    assert groups.names == ((None, None, None, None), ("c", "a", None, None))
    assert groups.holds(1).tolist() == [True, False]


def test_blocks_hold_equally_many_reviews() -> None:
    assert block_numbers(200, 300) == (200, 300)
    assert block_numbers(0, 5) == (0, 5)
    earlier, later = block_numbers(30_000, 90_000)
    assert (earlier, later) == (128, 384)
    assert block_numbers(1, 10**7) == (1, 511)


def test_rows_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="rows of blocks"):
        WindowCounts.of([(3, 0, 1, 0, 0)], 3)
    with pytest.raises(ValueError, match="rows of blocks"):
        WindowCounts.of([(0, 0, -1, 0, 0)], 3)
    with pytest.raises(ValueError, match="draws"):
        explain_change(CELLS, window((5, 0, 5)), window((5, 0, 5)), draws=10)


@pytest.mark.parametrize(
    ("level", "kind"),
    [("product", "rate"), ("aspect-product", "rate"), ("source", "rate"), ("product", "mix"),
     ("aspect", "mix")],
)  # fmt: skip
def test_what_is_planted_stands_first(simulator: ModuleType, level: str, kind: str) -> None:
    case = simulator.simulated(11, 2500, level, kind, 2.0, size=0.05)
    causes = explain_change(case.cells, case.before, case.after).causes
    first = causes[0]
    name = (first.category, first.aspect, first.product, first.source)
    assert (first.kind, name) == (kind, case.plant.name)
    assert np.sign(first.effect.value) == np.sign(case.effect)


@pytest.mark.slow
def test_nineteen_in_twenty_pairs_without_a_change_show_none(simulator: ModuleType) -> None:
    silent = 0
    for seed in range(100):
        case = simulator.simulated(seed + 40_000, 500, season=(1.0, 3.0)[seed % 2])
        silent += not explain_change(case.cells, case.before, case.after).causes
    assert silent >= 90
