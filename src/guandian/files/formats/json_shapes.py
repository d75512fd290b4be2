"""Objects around reviews: lists in lists, tables by column, and the feeds of an app store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice

from guandian.files.columns.guess import known_roles, role_named
from guandian.files.table import Aside, NoReviews, Rejected, Rows, TableRow
from guandian.wording import say

IsReview = Callable[[Mapping[str, object]], bool]
"""The test of whether an object has a text of its own."""

_DEPTH = 4
_ANSWERS = ("message", "msg")
"""Keys of a service's answer that are no review: `{"message": "success", "data": [...]}`."""
_CARRIED = ("product", "brand", "source")
"""The roles that an object around a list of reviews may fill for each of them."""


def unfolded(rows: Rows, is_review: IsReview, path: str) -> tuple[Rows, str]:
    """The reviews in rows of which the first is an object around them; any others as they are.

    An object around reviews has a list of them, an object of them by key, or a list for each
    column, as data frames are written. A product, brand or source beside the list holds for each.

    Args:
        rows: the rows; only few are held.
        is_review: tells a review from what stands around some.
        path: for errors and notes.

    Returns:
        The rows, and a note where several objects, or lists within lists, were taken apart.

    Raises:
        NoReviews: a feed of an app store that has none.
    """
    first = next(rows, None)
    if not isinstance(first, TableRow):
        return (rows if first is None else chain([first], rows)), ""
    held = _held(first.values, is_review)
    # A review is not kept waiting for the row behind it.
    head = [first, *islice(rows, 1)] if held or _is_feed(first.values) else [first]
    rows = chain(head, rows)
    alone = _is_feed(first.values) and len(head) == 1
    if alone and all(map(_is_app, _entries(first.values))):
        raise NoReviews(
            f"{path} is a feed of an app store without a review",
            "ask for another page or country; page 1 has the newest",
        )
    if not held or (len(head) > 1 and not _leads(held, is_review, 2)):
        return map(_without_apps, rows), ""
    note = ""
    if len(head) > 1 or any(_held(item, is_review) for item in held if isinstance(item, dict)):
        words = say(
            "the reviews are those of the lists in its objects; of what stands "
            "beside a list product, brand and source are read"
        )
        note = f"{path}: {words}"
    return _apart(rows, is_review), note


def _apart(rows: Rows, is_review: IsReview) -> Rows:
    for row in rows:
        if isinstance(row, TableRow):
            yield from _within(row, row.values, {}, is_review, _DEPTH)
        else:
            yield row


def _within(
    row: TableRow, values: Mapping[str, object], around: Mapping[str, object], is_review: IsReview,
    depth: int,
) -> Rows:  # fmt: skip
    held = _held(values, is_review) if depth else []
    if not held:
        yield _without_apps(replace(row, values={**around, **values}))
        return
    around = {**around, **_carried(values)}
    for number, item in enumerate(held, start=1):
        inner = item if isinstance(item, dict) else {"text": item}
        held_row = TableRow(row.line, inner, repr(item)[:200], element=number)
        yield from _within(held_row, inner, around, is_review, depth - 1)


def _without_apps(row: TableRow | Rejected | Aside) -> TableRow | Rejected | Aside:
    """The first entry of a feed may be the app itself, which nobody rated."""
    return Aside(row.number, "app") if isinstance(row, TableRow) and _is_app(row.values) else row


def _is_app(value: object) -> bool:
    return isinstance(value, Mapping) and "im:name" in value and "im:rating" not in value


def _held(values: Mapping[str, object], is_review: IsReview) -> Sequence[object]:
    """The objects in an object that is no review: of several lists the longest with reviews."""
    if _is_app(values) or is_review({k: item for k, item in values.items() if k not in _ANSWERS}):
        return ()
    if _is_feed(values):
        return _entries(values)
    if columns := _by_column(values):
        return columns
    lists = list(_lists(values, 3))
    best = max(lists, key=lambda item: (_leads(item, is_review, 2), len(item)), default=())
    sure = _leads(best, is_review, 2)
    return best if sure or not (_is_keyed(best, values) or is_review(values)) else ()


def _is_keyed(best: Sequence[object], values: Mapping[str, object]) -> bool:
    return len(best) == len(values) and all(
        a is b for a, b in zip(best, values.values(), strict=True)
    )


def _leads(items: Sequence[object], is_review: IsReview, depth: int) -> bool:
    """Tell whether the first objects of a list, or of a list in them, are reviews."""
    objects = [item for item in items[:3] if isinstance(item, dict)]
    return any(
        is_review(item)
        or (depth > 0 and any(_leads(inner, is_review, depth - 1) for inner in _lists(item, 1)))
        for item in objects
    )


def _lists(value: object, depth: int) -> Iterator[Sequence[object]]:
    """The lists of objects that stand in an object, or in objects in it, and objects by key."""
    if not isinstance(value, Mapping) or not depth:
        return
    if len(value) > 1 and all(isinstance(item, dict) and item for item in value.values()):
        yield list(value.values())
    for item in value.values():
        if isinstance(item, list) and item and isinstance(item[0], dict):
            yield item
        else:
            yield from _lists(item, depth - 1)


def _is_feed(values: Mapping[str, object]) -> bool:
    feed = values.get("feed")
    return isinstance(feed, dict) and ("entry" in feed or {"title", "link"} <= feed.keys())


def _entries(values: Mapping[str, object]) -> list[object]:
    """The entries of a feed; one alone is no list there."""
    feed = values["feed"]
    entries = feed.get("entry", []) if isinstance(feed, dict) else []
    return entries if isinstance(entries, list) else [entries]


def _by_column(values: Mapping[str, object]) -> list[dict[str, object]]:
    """The rows of a data frame that was written by its columns; empty where it is none."""
    names, data = values.get("columns"), values.get("data")
    if isinstance(names, list) and isinstance(data, list) and data:
        rows = [row for row in data if isinstance(row, list) and len(row) == len(names)]
        named = [dict(zip(map(str, names), row, strict=True)) for row in rows]
        return named if len(rows) == len(data) else []
    if "text" not in known_roles([*map(str, values)]):
        return []
    columns = [
        [*column.values()]
        if isinstance(column, dict)
        else column
        if isinstance(column, list)
        else []
        for column in values.values()
    ]
    sizes = {len(column) for column in columns}
    plain = not any(isinstance(cell, dict) for column in columns for cell in column)
    if len(sizes) != 1 or not columns[0] or not plain:
        return []
    return [dict(zip(values, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _carried(values: Mapping[str, object]) -> dict[str, object]:
    """The product, brand and source that an object gives of each review in it."""
    return {
        name: value
        for name, value in values.items()
        if isinstance(value, str | int) and role_named(name) in _CARRIED
    }
