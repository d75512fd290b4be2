"""The gate of an export: whether the exported form finds the tuples that the original finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from guandian.errors import GuandianError
from guandian.evaluation import (
    Interval,
    QuadLike,
    count_quads,
    paired_difference,
)
from guandian.evaluation.metrics.scores import PRF, Counts

POOLED_LOSS = 0.010
WORST_LOSS = 0.015
_LEVEL = 0.05
"""Of the sign test over reviews: five that got worse and none better say something, four do not."""

Answers = Sequence[Sequence[QuadLike]]


@dataclass(frozen=True, slots=True)
class ParityRow:
    """One data set, or all of them pooled.

    Attributes:
        name: of the set; `pooled` for all.
        reviews: how many were compared.
        reference, exported: quad F1 of the two forms, in [0, 1].
        change: exported minus reference with its 95 % interval over reviews.
        worse, better: how many reviews have a lower F1 of their own, or a higher one.
    """

    name: str
    reviews: int
    reference: float
    exported: float
    change: Interval
    worse: int
    better: int

    def fell(self, limit: float) -> bool:
        """Tell whether the F1 of this sample fell by more than `limit`."""
        return self.change.value < -limit

    @property
    def surely_worse(self) -> bool:
        """Tell whether it is no accident of few reviews, by the interval and by a sign test."""
        changed = self.worse + self.better
        chance = sum(comb(changed, k) for k in range(self.worse, changed + 1)) / 2**changed
        return self.change.high < 0 and chance < _LEVEL


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
                "worse": row.worse,
                "better": row.better,
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

    def lost(self, pooled: float = POOLED_LOSS, worst: float = WORST_LOSS) -> list[ParityRow]:
        """The rows whose F1 fell by more than is allowed, surely or not.

        Args:
            pooled: how much the pooled F1 may fall (0.010 = one point).
            worst: how much any one set's may.
        """
        *sets, everything = self.rows
        fallen = [row for row in sets if row.fell(worst)]
        return [*fallen, everything] if everything.fell(pooled) else fallen

    def check(self, pooled: float = POOLED_LOSS, worst: float = WORST_LOSS) -> None:
        """Refuse an export that surely lost more F1 than allowed.

        A small sample loses a point with one opinion, which says nothing of other reviews: the
        loss must also be beyond what drawing the reviews again, and a sign test, put down to them.

        Raises:
            GuandianError: with the table, when it did.
        """
        lost = [row for row in self.lost(pooled, worst) if row.surely_worse]
        if lost:
            names = ", ".join(row.name for row in lost)
            raise GuandianError(
                f"the exported form lost more than {100 * pooled:g} points of quad F1 pooled or "
                f"{100 * worst:g} in one set ({names}):\n{self}",
                "keep the weights as they are, in a bundle four times as large: --resume "
                "--precision float32",
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
    return parity_of_counts(before, after)


def parity_of_counts(before: Mapping[str, Counts], after: Mapping[str, Counts]) -> ParityTable:
    """Compare what two forms of one model got right.

    Args:
        before: the original's right, predicted and annotated quads, int64 [reviews, 3], by set.
        after: the other form's, same sets, same reviews, same order.
    """
    rows = [_row(name, before[name], after[name]) for name in before]
    pooled = (np.concatenate([counts[name] for name in before]) for counts in (before, after))
    return ParityTable((*rows, _row("pooled", *pooled)))


def _row(name: str, before: Counts, after: Counts) -> ParityRow:
    change = paired_difference(after, before).difference
    gain = _own_f1(after) - _own_f1(before)
    worse, better = int((gain < 0).sum()), int((gain > 0).sum())
    return ParityRow(name, len(before), PRF.of(before).f1, PRF.of(after).f1, change, worse, better)


def _own_f1(counts: Counts) -> NDArray[np.float64]:
    """The F1 of each review, 1 where nothing is annotated and nothing found.

    Missing and wrong quads together would not do: where fewer than half of a form's are right, it
    makes fewer such errors by finding nothing at all.
    """
    total = counts[:, 1] + counts[:, 2]
    return np.where(total > 0, 2 * counts[:, 0] / np.maximum(total, 1), 1.0)
