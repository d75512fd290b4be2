from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guandian.bundle.four_bits import BLOCK, HIGHEST, fits, four_bits, packed, unpacked
from guandian.bundle.weights import MATRIX_LIMIT, TABLE_LIMIT


@given(st.lists(st.integers(-HIGHEST, HIGHEST), min_size=1, max_size=9))
def test_what_is_packed_comes_back(values: list[int]) -> None:
    codes = np.array(values, np.int8)
    content = packed(codes)
    assert len(content) == -(-len(values) // 2)
    assert unpacked(content, codes.shape, signed=True).tolist() == values
    steps = np.abs(codes).astype(np.uint8) + 8
    assert unpacked(packed(steps), steps.shape, signed=False).tolist() == steps.tolist()


@pytest.mark.parametrize("limit", [MATRIX_LIMIT, TABLE_LIMIT])
def test_numbers_are_near_and_blocks_have_steps_of_their_own(limit: int) -> None:
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((20, 4 * BLOCK)).astype(np.float32)
    rows[:, :BLOCK] *= 5  # one loud block must not make the others coarse
    rows[3] = 0
    bits = four_bits(rows, limit)
    whole = bits.whole()
    assert np.abs(whole.astype(int)).max() <= limit
    assert np.abs(bits.codes).max() == HIGHEST
    assert bits.steps[:, 0].mean() > 2 * bits.steps[:, 1:].mean()
    error = np.abs(whole * bits.scale - rows)
    half = 0.5 * np.repeat(bits.steps, BLOCK, axis=1) * bits.scale
    # Now and then a number is clipped, where finer steps for the others are worth it.
    assert (error <= half * 1.001).mean() > 0.95
    coarse = np.abs(rows).max(1, keepdims=True) / HIGHEST
    plain = np.rint(rows / np.maximum(coarse, 1e-9)) * coarse
    assert np.square(error).sum() < 0.6 * np.square(plain - rows).sum()
    assert not whole[3].any()


def test_what_four_bits_hold_stays_as_it_is() -> None:
    rows = np.random.default_rng(2).standard_normal((9, 2 * BLOCK)).astype(np.float32)
    once = four_bits(rows, MATRIX_LIMIT)
    again = four_bits((once.whole() * once.scale).astype(np.float32), MATRIX_LIMIT)
    assert np.array_equal(again.whole(), once.whole())
    np.testing.assert_allclose(again.scale, once.scale, rtol=1e-6)


def test_rows_that_do_not_divide_into_blocks_do_not_fit() -> None:
    assert [width for width in (0, 31, 32, 48, 64) if fits(width)] == [32, 64]
