"""The gate of an export: whether the exported form finds the tuples that the original finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from guandian.errors import GuandianError
from guandian.evaluation import (
    Interval,
    QuadLike,
    count_quads,
    paired_difference,
)
from guandian.evaluation.scores import PRF, Counts

POOLED_LOSS = 0.010
WORST_LOSS = 0.015

Answers = Sequence[Sequence[QuadLike]]


@dataclass(frozen=True, slots=True)
class ParityRow:
    """One data set, or all of them pooled.

    Attributes:
        name: of the set; `pooled` for all.
        reviews: how many were compared.
        reference, exported: quad F1 of the two forms, in [0, 1].
        change: exported minus reference with its 95 % interval over reviews.
    """

    name: str
    reviews: int
    reference: float
    exported: float
    change: Interval


@dataclass(frozen=True, slots=True)
class ParityTable:
    """Rows by set, the pooled one last."""

    rows: tuple[ParityRow, ...]

    def to_json(self) -> dict[str, object]:
        """By set the two F1, the change and its interval; for the manifest."""
        return {
            row.name: {
                "reviews": row.reviews,
                "reference": row.reference,
                "exported": row.exported,
                "change": row.change.to_json(),
            }
            for row in self.rows
        }

    def __str__(self) -> str:
        """A table in points of F1."""
        width = max(len(row.name) for row in self.rows)
        lines = [f"{'set':{width}}  reviews  original  exported  change  95 % interval"]
        for row in self.rows:
            gain = row.change
            lines.append(
                f"{row.name:{width}}  {row.reviews:7}  {100 * row.reference:8.2f}  "
                f"{100 * row.exported:8.2f}  {100 * gain.value:+6.2f}  "
                f"{100 * gain.low:+.2f} to {100 * gain.high:+.2f}"
            )
        return "\n".join(lines)

    def check(self, pooled: float = POOLED_LOSS, worst: float = WORST_LOSS) -> None:
        """Refuse an export that lost more F1 than allowed.

        Args:
            pooled: how much the pooled F1 may fall (0.010 = one point).
            worst: how much any one set's may.

        Raises:
            GuandianError: with the table, when either is exceeded.
        """
        *sets, everything = self.rows
        lost = [row for row in sets if row.change.value < -worst]
        if everything.change.value < -pooled:
            lost.append(everything)
        if lost:
            names = ", ".join(row.name for row in lost)
            raise GuandianError(
                f"the exported form lost more than {100 * pooled:g} points of quad F1 pooled or "
                f"{100 * worst:g} in one set ({names}):\n{self}",
                "train a little longer with the exported form's rounding, or export float32",
            )


def parity(
    reference: Mapping[str, Answers], exported: Mapping[str, Answers], gold: Mapping[str, Answers]
) -> ParityTable:
    """Compare two forms of one model on annotated reviews.

    Args:
        reference: the original's answers, by data set, a sequence of quads for each review.
        exported: the exported form's, same sets, same reviews, same order.
        gold: what was annotated.

    Raises:
        ValueError: when sets or numbers of reviews differ.
    """
    if not reference.keys() == exported.keys() == gold.keys():
        raise ValueError(f"sets differ: {list(reference)}, {list(exported)}, {list(gold)}")
    before = {name: count_quads(gold[name], reference[name])["quad"] for name in gold}
    after = {name: count_quads(gold[name], exported[name])["quad"] for name in gold}
    rows = [_row(name, before[name], after[name]) for name in gold]
    pooled = (np.concatenate(list(counts.values())) for counts in (before, after))
    return ParityTable((*rows, _row("pooled", *pooled)))


def _row(name: str, before: Counts, after: Counts) -> ParityRow:
    change = paired_difference(after, before).difference
    return ParityRow(name, len(before), PRF.of(before).f1, PRF.of(after).f1, change)
