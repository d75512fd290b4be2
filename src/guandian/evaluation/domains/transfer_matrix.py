"""Scores of several systems on several sets: what each learned from against what it reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import mean

from guandian.evaluation.intervals.bootstrap import Interval

FORMAT = "guandian-transfer/1"


@dataclass(frozen=True, slots=True)
class Cell:
    """One system on one set.

    Attributes:
        measure: `quad`, `triplet`, `pair`, `entities` (micro F1) or `sentiment` (accuracy).
        interval: the figure and its 95 % bootstrap interval.
        reviews: how many were scored.
        unseen: whether the system learned nothing from this domain.
    """

    measure: str
    interval: Interval
    reviews: int
    unseen: bool


@dataclass(frozen=True, slots=True)
class Matrix:
    """Every system on every set.

    Attributes:
        title: the recipe's name.
        kind: `leave-one-out`, where a row is named by what it left out, or `pairs`, where by what
            it learned from.
        rows, columns: names of domains.
        cells: by row and column; all are there.
    """

    title: str
    kind: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[tuple[str, str], Cell]

    def means(self, *, unseen: bool) -> dict[str, float]:
        """The plain mean of the cells of domains that were not learned from, or were, a measure."""
        by_measure: dict[str, list[float]] = {}
        for cell in self.cells.values():
            if cell.unseen == unseen:
                by_measure.setdefault(cell.measure, []).append(cell.interval.value)
        return {measure: mean(values) for measure, values in by_measure.items()}

    def to_json(self) -> dict[str, object]:
        """Every figure by its name."""
        return {
            "format": FORMAT,
            "recipe": self.title,
            "kind": self.kind,
            "mean_unseen": self.means(unseen=True),
            "mean_seen": self.means(unseen=False),
            "rows": {row: {to: self._cell(row, to) for to in self.columns} for row in self.rows},
        }

    def _cell(self, row: str, column: str) -> dict[str, object]:
        cell = self.cells[row, column]
        return {
            "measure": cell.measure,
            **cell.interval.to_json(),
            "reviews": cell.reviews,
            "unseen": cell.unseen,
        }
