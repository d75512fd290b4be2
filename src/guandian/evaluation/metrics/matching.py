"""Pairs gold items with predicted ones, where equality is too strict."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from guandian.domain import Span


def spans_meet(first: Span | None, second: Span | None) -> bool:
    """Tell whether two spans share a character; absent meets absent and nothing else."""
    if first is None or second is None:
        return first is second
    return first.start < second.end and second.start < first.end


def best_matching(allowed: Sequence[Sequence[bool]]) -> dict[int, int]:
    """A largest one-to-one matching of rows with columns.

    Args:
        allowed: `[rows][columns]`, whether the two may go together.

    Returns:
        row to column; the earlier row and column win where there is a choice.
    """
    column_of: dict[int, int] = {}
    row_of: dict[int, int] = {}
    for start in range(len(allowed)):
        came_from: dict[int, int] = {}
        waiting, end = deque([start]), None
        while waiting and end is None:
            row = waiting.popleft()
            for column, may in enumerate(allowed[row]):
                if may and column not in came_from:
                    came_from[column] = row
                    if column not in row_of:
                        end = column
                        break
                    waiting.append(row_of[column])
        # Back along the chain each row moves to the column that was found for it (Berge 1957).
        while end is not None:
            row = came_from[end]
            left = column_of.get(row)
            column_of[row], row_of[end] = end, row
            end = left
    return dict(sorted(column_of.items()))
