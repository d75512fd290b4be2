"""Files of behaviour: CSV, TSV, JSON Lines and the sheets that hold the same."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from guandian.errors import BadRow, GuandianError
from guandian.files import RejectFile
from guandian.files.columns.guess import role_named
from guandian.files.columns.values import as_text, as_time
from guandian.files.formats.plain_rows import table_rows
from guandian.files.formats.source import refuse_missing
from guandian.files.table import Rejected, TableRow
from guandian.recommend.behaviour.actions import KINDS, Behaviour
from guandian.recommend.opinions.aspect_marks import AspectMarks
from guandian.text.aspect_names import aspect_key

_KIND_NAMES = ("kind", "action", "event", "type", "behaviour", "behavior", "行为", "行为类型")
_VALUE_NAMES = ("value", "stars", "rating", "score", "overall", "评分")
_ASPECT_NAMES = ("aspects", "opinions", "marks", "观点")
_MARK = re.compile(r"(?P<aspect>.+?)[:：](?P<sign>[+-]?1|0|[+-]|positive|negative|neutral)")
_PARTS = "[;,；，、]"
_SIGNS = {"1": 1, "+1": 1, "+": 1, "positive": 1, "0": 0, "neutral": 0,
          "-1": -1, "-": -1, "negative": -1}  # fmt: skip
_DAY = 86_400.0


@dataclass(slots=True)
class _Columns:
    """Names of the columns by what they hold; None where there is none."""

    user: str
    item: str
    kind: str | None
    value: str | None
    time: str | None
    aspects: str | None
    text: str | None


@dataclass(slots=True)
class _Rows:
    """What was read so far, and the numbers of names."""

    users: dict[str, int] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)
    aspects: dict[str, int] = field(default_factory=dict)
    user: list[int] = field(default_factory=list)
    item: list[int] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    time: list[float] = field(default_factory=list)
    action: list[int] = field(default_factory=list)
    aspect: list[int] = field(default_factory=list)
    sign: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def behaviour(self) -> Behaviour:
        """The rows as arrays."""
        return Behaviour(
            tuple(self.users),
            tuple(self.items),
            np.array(self.user, dtype=np.int32),
            np.array(self.item, dtype=np.int32),
            np.array(self.kind, dtype=np.int8),
            np.array(self.value, dtype=np.float32),
            np.array(self.time, dtype=np.float64),
            AspectMarks(
                tuple(self.aspects),
                np.array(self.action, dtype=np.int64),
                np.array(self.aspect, dtype=np.int32),
                np.array(self.sign, dtype=np.int8),
            ),
            np.array(self.texts, dtype=object) if any(self.texts) else None,
        )


def read_behaviour(path: Path, rejects: RejectFile | None = None) -> Behaviour:
    """The actions in a file; columns go by their names.

    `user` and `item` must be there; `kind` (a rating where there is none and stars are given, else
    a view), `value` (stars from 1 to 5), `time`, `aspects` (`screen:+ battery:-`) and the text of
    a review may be.

    Args:
        path: CSV, TSV or JSON Lines, also packed with gzip.
        rejects: takes rows that cannot be read; without it the first one is raised.

    Raises:
        BadRow: a row that cannot be read.
        GuandianError: the file is missing, or lacks a column.
    """
    refuse_missing(str(path))
    today = datetime.now(UTC).timestamp() + _DAY
    rows = _Rows()
    with ExitStack() as closing:
        columns: _Columns | None = None
        for row in table_rows(path, closing):
            try:
                if isinstance(row, Rejected):
                    raise row.error
                if columns is None:
                    columns = _columns(tuple(row.values), path)
                _add(row, columns, rows, path, today)
            except BadRow as error:
                if rejects is None:
                    raise
                rejects.add(error, row.raw)
    if not rows.user:
        raise GuandianError(f"{path} has no action that can be read", "give a file with actions")
    return rows.behaviour()


def _columns(header: tuple[str, ...], path: Path) -> _Columns:
    plain = {name.strip().casefold(): name for name in reversed(header)}
    roles = {role_named(name): name for name in reversed(header)}

    def named(names: tuple[str, ...]) -> str | None:
        return next((plain[name] for name in names if name in plain), None)

    user = named(("user", "user_id")) or roles.get("user")
    item = named(("item", "item_id", "product", "asin")) or roles.get("product")
    if user is None or item is None:
        lacking = "user" if user is None else "item"
        raise GuandianError(
            f"{path} has no column {lacking}: {', '.join(header)}",
            "name the columns user, item, kind, value, time and aspects",
        )
    times = ("time", "timestamp", "unixreviewtime")
    text, aspects = roles.get("text"), named(_ASPECT_NAMES)
    return _Columns(user, item, named(_KIND_NAMES), named(_VALUE_NAMES) or roles.get("rating"),
                    named(times) or roles.get("time"), aspects,
                    text if text != aspects else None)  # fmt: skip


def _add(row: TableRow, columns: _Columns, rows: _Rows, path: Path, today: float) -> None:
    """Add an action, wholly or not at all."""
    values, where = row.values, (str(path), row.line)
    user = (as_text(values.get(columns.user)) or "").strip()
    item = (as_text(values.get(columns.item)) or "").strip()
    if not user or not item:
        name = columns.item if user else columns.user
        raise BadRow(*where, name, "it is empty")
    value = _stars(values, columns.value, where)
    kind = _kind(values, columns.kind, value, where)
    if KINDS[kind] not in ("rating", "review"):
        value = math.nan
    time = _seconds(values, columns.time, where, today)
    marks = (
        [*_marks(values.get(columns.aspects), columns.aspects, where)] if columns.aspects else []
    )
    number = len(rows.user)
    rows.user.append(rows.users.setdefault(user, len(rows.users)))
    rows.item.append(rows.items.setdefault(item, len(rows.items)))
    rows.kind.append(kind)
    rows.value.append(value)
    rows.time.append(time)
    rows.texts.append((as_text(values.get(columns.text)) or "") if columns.text else "")
    for aspect, sign in marks:
        rows.action.append(number)
        rows.aspect.append(rows.aspects.setdefault(aspect, len(rows.aspects)))
        rows.sign.append(sign)


def _kind(
    values: Mapping[str, object], column: str | None, value: float, where: tuple[str, int]
) -> int:
    cell = (as_text(values.get(column)) or "").strip().casefold() if column else ""
    if not cell:
        return KINDS.index("view" if math.isnan(value) else "rating")
    if cell not in KINDS:
        raise BadRow(*where, str(column), f"{cell!r} is no kind of action: {', '.join(KINDS)}")
    return KINDS.index(cell)


def _stars(values: Mapping[str, object], column: str | None, where: tuple[str, int]) -> float:
    cell = (as_text(values.get(column)) or "").strip() if column else ""
    if not cell:
        return math.nan
    try:
        value = float(cell)
    except ValueError:
        raise BadRow(*where, str(column), f"{cell[:40]!r} is no number") from None
    if not 0 <= value <= 5:
        raise BadRow(*where, str(column), f"{cell[:40]} is not from 0 to 5")
    return value


def _seconds(
    values: Mapping[str, object], column: str | None, where: tuple[str, int], today: float
) -> float:
    cell = (as_text(values.get(column)) or "").strip() if column else ""
    if not cell:
        return math.nan
    iso = as_time(cell)
    if iso is None:
        raise BadRow(*where, str(column), f"{cell[:40]!r} is no time")
    moment = datetime.fromisoformat(iso)
    seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if seconds > today:
        raise BadRow(*where, str(column), f"{cell[:40]} lies in the future")
    return seconds


def _marks(cell: object, column: str | None, where: tuple[str, int]) -> Iterator[tuple[str, int]]:
    """Aspects and signs of a cell: `screen:+ battery life:-`, or a list of objects."""
    if isinstance(cell, list):
        for entry in cell:
            known = isinstance(entry, dict) and isinstance(entry.get("aspect"), str)
            if not known or entry.get("polarity") not in _SIGNS:
                raise BadRow(*where, str(column), "an entry needs aspect and polarity")
            yield aspect_key(entry["aspect"]), _SIGNS[entry["polarity"]]
        return
    text = as_text(cell) or ""
    for word in re.split(_PARTS, text) if re.search(_PARTS, text) else text.split():
        if not word.strip():
            continue
        match = _MARK.fullmatch(word.strip())
        if match is None:
            raise BadRow(*where, str(column), f"{word[:40]!r} is not such as screen:+ or screen:-")
        yield aspect_key(match["aspect"]), _SIGNS[match["sign"]]
