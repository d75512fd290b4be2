"""Cells that a spreadsheet shows as they are, instead of running them."""

from __future__ import annotations

import re

_STARTS = frozenset("=+-@＝＋－＠")
_BREAKS = frozenset("\t\r\n'")
# A negative number computes nothing; as text it could be neither summed nor sorted.
_NEGATIVE = re.compile(r"-\d[\d,]*(\.\d+)?([eE][+-]?\d+)?%?", re.ASCII)


def safe(cell: str) -> str:
    """`cell` with an apostrophe before it where a spreadsheet would run it as a formula.

    A cell that begins with an apostrophe gets another one, so that `unsafe(safe(cell)) == cell`.
    Negative numbers stay numbers.
    """
    if _NEGATIVE.fullmatch(cell):
        return cell
    if cell[:1] in _BREAKS or cell.lstrip()[:1] in _STARTS:
        return "'" + cell
    return cell


def unsafe(cell: str) -> str:
    """The cell that `safe` was given."""
    return cell.removeprefix("'")
