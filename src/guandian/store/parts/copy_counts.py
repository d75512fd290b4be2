"""Copies counted anew over a whole store: one by one only those texts that may come again."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import numpy as np

from guandian.io.optional_libraries import needs
from guandian.store.parts.store_rows import (
    OUT,
    PARTLY,
    WHOLE,
    Counting,
    Pasted,
    state_of,
    wording_of,
)

CopiedColumns = dict[int, tuple[Pasted, Pasted]]
_DIGEST = slice(2, 18)
"""Where the digest of the whole text stands in what `wording_text` writes."""
_ONE_COLUMN = "[]]"
"""How it ends where no column has a digest of its own."""


def count_anew(
    wordings: Any, gone: Collection[int], *, remember: bool
) -> tuple[Counting, CopiedColumns]:
    """Which reviews are copies, by all before them.

    A text that stands in the store once is no copy, and of those before a review only their number
    counts; most are such.

    Args:
        wordings: Arrow table of `queries/wordings.sql`, in the order of loading.
        gone: rows that do not count.
        remember: whether other reviews are to be counted after them.

    Returns:
        The counts after all, and the copied columns of the rows that count in another way than it
        stands there, and of those that count in part.
    """
    compute = needs("pyarrow.compute", "serve", "a store")
    rows = wordings["row"].to_numpy()
    if gone:
        counted = ~np.isin(rows, np.fromiter(gone, np.int64, len(gone)))
        wordings, rows = wordings.filter(counted), rows[counted]
    texts, products = wordings["wording"], wordings["product"]
    several = ~np.asarray(compute.ends_with(texts, _ONE_COLUMN))
    has_product = np.asarray(compute.not_equal(compute.fill_null(products, ""), ""))
    wholes = _numbers(compute.utf8_slice_codeunits(texts, _DIGEST.start, _DIGEST.stop))
    single = ~(several | _come_again(wholes, texts.filter(several)))
    counting, copied = Counting(), CopiedColumns()
    states = wordings["first"].to_numpy(), wordings["again"].to_numpy()
    usual = (states[0] == WHOLE) & (states[1] == np.where(has_product, WHOLE, OUT))
    for index in np.flatnonzero(single & ~usual).tolist():
        copied[int(rows[index])] = frozenset(), frozenset() if has_product[index] else None
    before, passed = (np.cumsum(single), np.cumsum(single & has_product)), (0, 0)
    others = np.flatnonzero(~single)
    weighed = zip(
        others.tolist(),
        texts.take(others).to_pylist(),
        products.take(others).to_pylist(),
        strict=True,
    )
    for index, text, product in weighed:
        passed = _pass_over(counting, before, index, passed)
        pasted = counting.weigh(wording_of(text), product)
        fresh = state_of(pasted[0]), state_of(pasted[1]) if product else OUT
        if fresh != (states[0][index], states[1][index]) or PARTLY in fresh:
            copied[int(rows[index])] = pasted
    if len(rows):
        _pass_over(counting, before, len(rows) - 1, passed)
    if remember:
        digests = wholes.astype(">u8")
        counting.whole.recall(_bytes_of(digests[single]))
        among = products.filter(single & has_product).to_pylist()
        counting.products.recall(_bytes_of(digests[single & has_product]), among)
    return counting, copied


def _pass_over(
    counting: Counting, before: tuple[Any, Any], index: int, passed: tuple[int, int]
) -> tuple[int, int]:
    """Count the single texts up to a place, of which so many are counted; how many are now."""
    whole, products = int(before[0][index]), int(before[1][index])
    counting.whole.pass_over(whole - passed[0])
    counting.products.pass_over(products - passed[1])
    return whole, products


def _come_again(wholes: Any, several: Any) -> Any:
    """Which digests stand more than once among all of the store, those of columns too."""
    columns = [
        int(digest, 16) for text in several.to_pylist() for _, digest, _ in json.loads(text)[3]
    ]
    every = np.concatenate([wholes, np.array(columns, np.uint64)])
    order = np.argsort(every, kind="stable")
    ranked = every[order]
    same = np.zeros(len(every) + 1, bool)
    same[1:-1] = ranked[1:] == ranked[:-1]
    again = np.empty(len(every), bool)
    again[order] = same[1:] | same[:-1]
    return again[: len(wholes)]


def _numbers(hexes: Any) -> Any:
    """The numbers of texts of sixteen hexadecimal digits each."""
    codes = np.frombuffer("".join(hexes.to_pylist()).encode("ascii"), np.uint8).reshape(-1, 16)
    digits = ((codes & 15) + 9 * (codes >> 6)).astype(np.uint64)
    shifts = np.arange(60, -1, -4, dtype=np.uint64)
    return np.bitwise_or.reduce(digits << shifts, axis=1)


def _bytes_of(numbers: Any) -> list[bytes]:
    content = numbers.tobytes()
    return [content[start : start + 8] for start in range(0, len(content), 8)]
