"""Which of the first rows of a sheet name its columns: the first, unless titles stand above it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from guandian.errors import GuandianError
from guandian.files.columns.guess import known_names, known_roles, names_a_text, role_named
from guandian.files.table import NoReviews, named
from guandian.wording import say

Line = tuple[int, Sequence[str]]
"""A row's 1-based line and its cells; a blank cell is an empty text."""

LOOKED_AT = 10
"""The rows of which one may name the columns, and the last row that may be asked for is 1,000."""

_MOST = 1000
_LONGEST = 20
_QUOTED = 40
_OF_REVIEWS = ("rating", "time", "user")
_NUMBER = re.compile(r"[\d.,:/%+\- ]+")


@dataclass(frozen=True, slots=True)
class Heading:
    """The names of the columns.

    Attributes:
        header: the names, all there and all different.
        below: how many of the rows that were looked at stand above the first review.
        note: what to tell of it, empty where the first row names the columns.
    """

    header: tuple[str, ...]
    below: int
    note: str = ""


def header_rows(option: str) -> tuple[int, int]:
    """The first and the last row that name the columns, of `3` or `2-3`.

    Raises:
        GuandianError: when it is neither, or beyond row 1,000.
    """
    match = re.fullmatch(r"\s*(\d{1,4})\s*(?:-\s*(\d{1,4})\s*)?", option)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= last <= min(_MOST, first + 4):
        raise GuandianError(
            f"--header-row {option!r} is no row that can name the columns",
            f"give its number from 1 to {_MOST:,}, such as --header-row 3; for two rows "
            "--header-row 2-3",
        )
    return first, last


def find_heading(
    rows: Iterator[Line],
    path: str,
    bounds: tuple[int, int] | None = None,
    choices: Sequence[str] = (),
) -> Heading:
    """The names of the columns, from as few of the first rows as will do.

    Args:
        rows: the rows; those that were taken have been looked at.
        path: for errors and notes.
        bounds: the first and the last row that name the columns; None guesses.
        choices: names of columns that are asked for: a row that has one names the columns.

    Raises:
        GuandianError: when there is no such row, or the first names one column of several.
    """
    if bounds:
        return _asked(rows, path, bounds)
    head = [next(rows)]
    cells = head[0][1]
    is_first = any(name in cells for name in choices)
    if not is_first:
        sure = _names(cells) and "" not in cells
        head += islice(rows, 1 if sure else LOOKED_AT - 1)
    index = next(
        (at for at, (_, cells) in enumerate(head) if any(name in cells for name in choices)), None
    )
    index = _place(head, path) if index is None else index
    lines = head[index : index + 2]
    upper, lower = lines[0][1], lines[1][1] if len(lines) == 2 else ()
    again = _names_again(upper, lower)
    two = again or _two_rows(upper, lower)
    header = _joined(upper, lower) if two and not again else upper
    return Heading(named(header), index + 1 + two, _note(head, index, two, path))


def _names(cells: Sequence[str]) -> bool:
    """Tell whether a row surely names columns, one of them a text."""
    return "text" in known_roles(cells) and _filled(cells) >= min(2, len(cells))


def _place(head: Sequence[Line], path: str) -> int:
    first = head[0][1]
    filled = _filled(first)
    if _names(first) and filled > 1:
        return 0
    least = max(2, filled + 1 if names_a_text(first) else 2)
    for index, (_, cells) in enumerate(head[1:], start=1):
        roles = known_roles(cells)
        like = len(roles) > 1 and names_a_text(cells) and all(len(c) <= _LONGEST for c in cells)
        if _filled(cells) >= least and ("text" in roles or like):
            return index
    wide = max(_filled(cells) for _, cells in head)
    if filled == 1 and wide > 2:
        raise NoReviews(
            f"{path}, line {head[0][0]}: the first row names one column of {wide}:"
            f" {''.join(first)[:40]!r}",
            "if a later row names the columns say which, such as --header-row 2; if the first row"
            " is already a review, say --no-header",
        )
    return 0


def _two_rows(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Tell whether the lower row names parts of what the upper row names, as merged cells do."""
    wide = max(len(upper), len(lower))
    above, below = _padded(upper, wide), _padded(lower, wide)
    if known_names(below) > 1:  # or each of the cells has the group's name
        above = [cell if cell != left else "" for left, cell in pairwise(["", *above])]
    gaps = [column for column, cell in enumerate(above) if not cell]
    alone = [column for column, cell in enumerate(below) if not cell]
    if not gaps or any(not below[column] for column in gaps):
        return False
    if _names(below) and len(known_roles(below)) > 1:
        return _words(below)
    if not alone:  # every cell of the upper row is a group
        return False
    shared = [column for column in range(wide) if above[column] and below[column]]
    if any(column + 1 not in gaps for column in shared):
        return False
    return _words(below)


def _names_again(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Tell whether the lower row names the same columns once more, as for another language."""
    pairs = zip(map(role_named, upper), map(role_named, lower), strict=False)
    roles = [(above, below) for above, below in pairs if above and below]
    same = [above for above, below in roles if above == below]
    differ = len(same) < len(roles)
    repeated = len({*filter(None, upper)}) < _filled(upper)
    return len(same) > 1 and "text" in same and not (differ or repeated) and _words(lower)


def _words(cells: Sequence[str]) -> bool:
    """Tell whether all cells that hold something could be names."""
    filled = [cell for cell in cells if cell]
    return all(len(text) <= _LONGEST and not _NUMBER.fullmatch(text) for text in filled)


def _joined(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    wide = max(len(upper), len(lower))
    names, group = list[str](), ""
    below = _padded(lower, wide)
    for above, part in zip(_padded(upper, wide), below, strict=True):
        group = above or group
        alone = part and below.count(part) == 1 and part not in upper
        alone = alone and not _says_more(group, part)
        names.append((part if alone else f"{group} {part}") if part else above)
    return names


def _says_more(group: str, part: str) -> bool:
    """Tell whether a part alone would name another thing: 评价 over 时间, 评分 over 商品.

    What stands below 评价 and is surely of it (评分星级, 评价日期) says all by itself.
    """
    group_role, part_role = role_named(group), role_named(part)
    whole_role = role_named(f"{group} {part}")
    of_review = group_role == "text" and part_role in _OF_REVIEWS and not whole_role
    differ = group_role and part_role and group_role != part_role and not of_review
    return bool(differ) or whole_role not in (None, part_role)


def _asked(rows: Iterator[Line], path: str, bounds: tuple[int, int]) -> Heading:
    lines = list[Line]()
    for row in rows:
        lines.append(row)
        if row[0] >= bounds[1]:
            break
    chosen = [cells for line, cells in lines if bounds[0] <= line <= bounds[1]]
    if not chosen or lines[-1][0] != bounds[1]:
        there = ", ".join(str(line) for line, _ in lines[-5:])
        raise NoReviews(  # another sheet of the workbook may have it
            f"{path}: row {bounds[1]} is blank or not there (asked for with --header-row)",
            f"rows that hold something: {there}",
        )
    header = list(chosen[0])
    for cells in chosen[1:]:
        header = _joined(header, cells)
    return Heading(named(header), len(lines))


def _note(head: Sequence[Line], index: int, two: bool, path: str) -> str:
    if not index and not two:
        return ""
    line = head[index][0]
    rows, where = (f"{line}-{line + 1}", "rows") if two else (f"{line}", "row")
    above = " ".join(" ".join(filter(None, cells)) for _, cells in head[:index])
    words = say("the columns are named in {where} {rows}", where=where, rows=rows)
    if index:
        words += ", " + say("{index} above left out", index=index) + f": {_beginning(above)!r}"
    first = say("takes the first")
    return f"{path}: {words}; --header-row 1 {first}"


def _beginning(text: str) -> str:
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"


def _filled(cells: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in cells)


def _padded(cells: Sequence[str], wide: int) -> list[str]:
    return [*(cell.strip() for cell in cells), *[""] * (wide - len(cells))]
