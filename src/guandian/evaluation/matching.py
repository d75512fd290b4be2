"""Which gold item goes with which predicted one, when equality is too strict."""

from __future__ import annotations

from collections.abc import Sequence

from guandian.domain import Span


def spans_meet(one: Span | None, other: Span | None) -> bool:
    """Whether two spans share a character; absent meets absent and nothing else."""
    if one is None or other is None:
        return one is other
    return one.start < other.end and other.start < one.end


def best_matching(allowed: Sequence[Sequence[bool]]) -> dict[int, int]:
    """A largest one-to-one matching of rows with columns.

    Args:
        allowed: `[rows][columns]`, whether the two may go together.

    Returns:
        row to column; the earlier row and column win where there is a choice.
    """
    row_of: dict[int, int] = {}

    def place(row: int, seen: set[int]) -> bool:
        for column, may in enumerate(allowed[row]):
            if may and column not in seen:
                seen.add(column)
                if column not in row_of or place(row_of[column], seen):
                    row_of[column] = row
                    return True
        return False

    for row in range(len(allowed)):
        place(row, set())
    return {row: column for column, row in sorted(row_of.items(), key=lambda item: item[1])}
