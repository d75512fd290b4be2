"""Why a net changed: at most five causes that, with a remainder, add up to the change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from guandian.evaluation.changes.counted import Floats, OpinionCell, WindowCounts
from guandian.evaluation.changes.effects import (
    KINDS,
    BlockSums,
    Effects,
    Scores,
    effects_of,
    errors_of,
)
from guandian.evaluation.changes.groups import Groups, groups_of
from guandian.evaluation.intervals.clustered import IntervalEstimate

PLAINER = 4.0
"""How much the squared score of a group must exceed that of one with a word less to be told."""
OTHERS = 1.5
"""What it counts in words that a group is told without the cells of an earlier cause."""

Kind = Literal["mix", "rate"]


@dataclass(frozen=True, slots=True)
class Side:
    """A group in one window: its opinions, their share of all of the window, and their net."""

    opinions: float
    share: float
    net: float


@dataclass(frozen=True, slots=True)
class Cause:
    """A group of cells whose share of the opinions (mix) or whose own net (rate) changed.

    Attributes:
        kind: `mix` or `rate`.
        category, aspect, product, source: what the group holds fixed; None where it takes all.
            An aspect comes with its category; all four None is everything.
        effect: on the net of all, -2 to 2; the intervals of all groups hold together at the level.
        before, after: the group in both windows, without the cells of causes told earlier.
        chance: how often the largest score of all is so large where nothing changed, 0 to 1.
    """

    kind: Kind
    category: str | None
    aspect: str | None
    product: str | None
    source: str | None
    effect: IntervalEstimate
    before: Side
    after: Side
    chance: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """The change of a net, and its causes, the largest effect first.

    Attributes:
        before, after: nets, -1 to 1; None in a window without opinions.
        change: later less earlier; None where either is None.
        causes: at most as many as asked for.
        remainder: `change` less the effects of the causes.
        groups: how many groups of cells were looked at.
    """

    before: float | None
    after: float | None
    change: float | None
    causes: tuple[Cause, ...]
    remainder: float
    groups: int


def explain_change(
    cells: Sequence[OpinionCell],
    before: WindowCounts,
    after: WindowCounts,
    *,
    most: int = 5,
    level: float = 0.95,
    draws: int = 499,
    seed: int = 0,
) -> Explanation:
    """Explain the change of the net between two windows.

    Of all groups of cells, those are causes whose score is larger than the largest of all is by
    chance in `level` of the draws. The first is the one with the largest effect that is sure; it
    is taken out, and the rest is looked at anew, so no opinion is in two groups.

    Args:
        cells: what the rows of both windows point at.
        before: the earlier window.
        after: the later one.
        most: causes.
        level: with which there is no cause where nothing changed.
        draws: assignments of blocks of reviews to windows; from `1 / (1 - level)` on.
        seed: of the draws.

    Raises:
        ValueError: when there are too few draws for the level.
    """
    rank = int((1 - level) * (draws + 1) + 1e-9)
    if rank < 1:
        raise ValueError(f"{draws} draws are too few for a level of {level}")
    nets = [_net_of(window) for window in (before, after)]
    if nets[0] is None or nets[1] is None:
        return Explanation(nets[0], nets[1], None, (), 0.0, 0)
    change = nets[1] - nets[0]
    search = _Search(cells, before, after)
    if not search.groups.names or min(before.blocks, after.blocks) < 2:
        return Explanation(nets[0], nets[1], change, (), change, len(search.groups.names))
    by_chance = np.sort(search.scores.largest(draws, seed, before.blocks))[::-1]
    causes = search.causes(by_chance, float(by_chance[rank - 1]), most)
    causes.sort(key=lambda cause: -abs(cause.effect.value))
    remainder = change - sum(cause.effect.value for cause in causes)
    return Explanation(nets[0], nets[1], change, tuple(causes), remainder, len(search.groups.names))


class _Search:
    """The cells that no cause has yet, and what their groups do."""

    def __init__(
        self, cells: Sequence[OpinionCell], before: WindowCounts, after: WindowCounts
    ) -> None:
        self.block = np.concatenate([before.block, after.block + before.blocks])
        self.cell = np.concatenate([before.cell, after.cell])
        counts = np.concatenate([before.counts, after.counts])
        self.signed, self.opinions = counts[:, 0] - counts[:, 2], counts.sum(1)
        self.earlier, self.blocks = before.blocks, before.blocks + after.blocks
        self.groups: Groups = groups_of(cells, self.block, self.cell)
        self.left = np.ones(len(cells), dtype=bool)
        self.weight = 1.0
        self.everything = tuple(float(w.counts.sum()) for w in (before, after))
        self.measure()

    def measure(self) -> None:
        """Look at the cells that are left."""
        rows = self.left[self.cell]
        self.broken = self.groups.lost(~self.left)
        block, cell = self.block[rows], self.cell[rows]
        signed, opinions = self.signed[rows], self.opinions[rows]
        self.sums = BlockSums(
            self.groups.sums(block, cell, signed, self.blocks),
            self.groups.sums(block, cell, opinions, self.blocks),
            np.bincount(block, signed, self.blocks),
            np.bincount(block, opinions, self.blocks),
            self.earlier,
        )
        self.effects: Effects = effects_of(self.sums)
        self.scores = Scores.of(self.sums)

    def causes(self, by_chance: Floats, bar: float, most: int) -> list[Cause]:
        """Take out one group after another while one is surely a cause."""
        causes: list[Cause] = []
        while len(causes) < most and self.left.any():
            best = self.best(bar)
            if best is None:
                break
            kind, group = best
            kinds = [kind, 1 - kind] if len(causes) + 1 < most else [kind]
            causes += [
                self.cause(which, group, by_chance, bar)
                for which in kinds
                if abs(self.scores.values[which, group]) > bar
            ]
            self.weight *= 1 - float(self.effects.shares[:, group].mean())
            self.left &= ~self.groups.holds(group)
            if not self.left[self.cell].any():
                break
            self.measure()
        return causes

    def best(self, bar: float) -> tuple[int, int] | None:
        """Kind and group of the largest effect that is sure, at the level where it happens."""
        scores = np.abs(self.scores.values)
        sure = np.where(
            scores > bar, np.abs(self.effects.values) * (1 - bar / np.maximum(scores, bar)), 0.0
        )
        if not (sure > 0).any():
            return None
        amounts = self.sums.halves(self.sums.opinions)
        growth = np.abs(np.log((amounts[1] + 0.5) / (amounts[0] + 0.5)))
        top = np.argwhere(sure >= sure.max() * (1 - 1e-9))
        kind, group = (int(index) for index in max(top, key=lambda at: growth[at[1]]))
        return kind, self.level_of(kind, group)

    def level_of(self, kind: int, group: int) -> int:
        """The group, of those inside and around one, whose score is the clearest."""
        near = self.nested(group)
        same = np.sign(self.effects.values[kind]) == np.sign(self.effects.values[kind, group])
        words = self.groups.depth + OTHERS * self.broken
        clear = self.scores.values[kind] ** 2 - PLAINER * words
        return int(np.argmax(np.where(near & same, clear, -np.inf)))

    def nested(self, group: int) -> NDArray[np.bool_]:
        """The groups that lie within a group or hold all of it `[g]`."""
        name = self.groups.names[group]
        near = [
            all(mine in (None, its) for mine, its in zip(other, name, strict=True))
            or all(its in (None, mine) for mine, its in zip(other, name, strict=True))
            for other in self.groups.names
        ]
        return np.array(near)

    def cause(self, kind: int, group: int, by_chance: Floats, bar: float) -> Cause:
        """A group as people are told of it."""
        score = abs(float(self.scores.values[kind, group]))
        value = self.weight * float(self.effects.values[kind, group])
        sums = self.sums.of_group(group)
        far = bar * self.weight * float(errors_of(sums, effects_of(sums))[kind, 0])
        ends = (min(value - far, value), max(value + far, value))
        ends = (max(ends[0], 0.0), ends[1]) if value > 0 else (ends[0], min(ends[1], 0.0))
        category, aspect, product, source = self.groups.names[group]
        return Cause(
            "mix" if KINDS[kind] == "mix" else "rate",
            category, aspect, product, source,
            IntervalEstimate(value, *ends),
            self.side(group, 0),
            self.side(group, 1),
            float((1 + (by_chance >= score).sum()) / (1 + len(by_chance))),
        )  # fmt: skip

    def side(self, group: int, window: int) -> Side:
        """A group in one window."""
        opinions = float(self.sums.halves(self.sums.opinions)[window][group])
        net = float(self.effects.nets[window, group])
        return Side(opinions, opinions / self.everything[window], net)


def _net_of(window: WindowCounts) -> float | None:
    positive, neutral, negative = (float(count) for count in window.totals)
    opinions = positive + neutral + negative
    return (positive - negative) / opinions if opinions > 0 else None
