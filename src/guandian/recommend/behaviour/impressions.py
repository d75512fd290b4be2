"""Logs of impressions: what was shown, with which chance, and whether it was clicked."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from guandian.errors import BadRow, GuandianError
from guandian.evaluation.rankings.off_policy import LoggedActions
from guandian.files.columns.values import as_text
from guandian.files.formats.plain_rows import table_rows
from guandian.files.formats.source import refuse_missing
from guandian.files.table import Rejected

Floats = NDArray[np.float64]
_COLUMNS = {
    "item": ("item", "item_id"),
    "click": ("click", "reward"),
    "propensity": ("propensity", "propensity_score", "pscore"),
}


def read_impressions(
    path: Path, items: int | None = None, target: Mapping[str, float] | None = None
) -> LoggedActions:
    """A log, and what a policy that looks at nobody would do in its place.

    Args:
        path: CSV, TSV or JSON Lines with the columns item, click and propensity.
        items: how many may be shown; None is those in the log.
        target: chance of each item under the other policy; None shows all equally often.

    Raises:
        BadRow: a row that cannot be read.
        GuandianError: a column is missing, or `target` names no chances that sum to 1.
    """
    refuse_missing(str(path))
    rows: list[tuple[float, float]] = []
    names: dict[str, int] = {}
    shown: list[int] = []
    columns: dict[str, str] = {}
    with ExitStack() as closing:
        for row in table_rows(path, closing):
            if isinstance(row, Rejected):
                raise row.error
            columns = columns or _named(tuple(row.values), path)
            item = as_text(row.values.get(columns["item"])) or ""
            click = _number(row.values, columns["click"], path, row.line)
            propensity = _number(row.values, columns["propensity"], path, row.line)
            if not 0 < propensity <= 1:
                raise BadRow(str(path), row.line, columns["propensity"],
                             f"{propensity:g} is no chance above 0",
                             "write the chance that it had, or leave the row out")  # fmt: skip
            shown.append(names.setdefault(item, len(names)))
            rows.append((click, propensity))
    if not rows:
        raise GuandianError(f"{path} has no impression", "give a file with rows below its header")
    table = np.array(rows, dtype=np.float64).reshape(-1, 2)
    number = max(items or 0, len(names))
    chances = np.full(number, 1 / number)
    if target is not None:
        chances = _chances(target, names)
    return LoggedActions(np.array(shown, dtype=np.int64), table[:, 0], table[:, 1], chances)


def _chances(target: Mapping[str, float], names: Mapping[str, int]) -> Floats:
    values = [*target.values()]
    if not values or min(values) < 0 or abs(sum(values) - 1) > 1e-6:
        raise GuandianError(
            f"the chances of the other policy sum to {sum(values):g}, not to 1",
            "give every item a chance from 0 to 1",
        )
    unseen = [name for name in target if name not in names]
    chances = np.zeros(len(names) + len(unseen))
    for name, number in names.items():
        chances[number] = target.get(name, 0.0)
    chances[len(names) :] = [target[name] for name in unseen]
    return chances


def _named(header: tuple[str, ...], path: Path) -> dict[str, str]:
    plain = {name.strip().casefold(): name for name in reversed(header)}
    columns = {
        role: next((plain[name] for name in names if name in plain), "")
        for role, names in _COLUMNS.items()
    }
    for role in ("item", "click", "propensity"):
        if not columns[role]:
            raise GuandianError(
                f"{path} has no column {role}: {', '.join(header[:12])}",
                "name the columns item, click and propensity",
            )
    return columns


def _number(values: Mapping[str, object], column: str, path: Path, line: int) -> float:
    cell = (as_text(values.get(column)) or "").strip()
    try:
        value = float(cell)
    except ValueError:
        raise BadRow(str(path), line, column, f"{cell[:40]!r} is no number") from None
    if not 0 <= value < np.inf:
        raise BadRow(str(path), line, column, f"{cell[:40]!r} is no number from 0 on")
    return value
