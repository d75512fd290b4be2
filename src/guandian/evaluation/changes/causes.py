"""Why a net changed: at most five causes that, with a remainder, add up to the change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from guandian.evaluation.changes.counted import Floats, OpinionCell, WindowCounts
from guandian.evaluation.changes.effects import (
    MIX,
    RATE,
    BlockSums,
    Effects,
    Scores,
    effects_of,
)
from guandian.evaluation.changes.even_shares import (
    LEAST_SHARE,
    mean_share,
    same_odds,
    strata_of,
)
from guandian.evaluation.changes.groups import Groups, groups_of
from guandian.evaluation.intervals.clustered import IntervalEstimate

PLAINER = 4.0
"""How much the squared score of a group must exceed that of one with a word less to be told."""
OTHERS = 1.5
"""What it counts in words that a group is told without the cells of an earlier cause."""
MORE_SAID = 10.0
"""What it adds to the squared score of a group's own net that its share changed: both at the same
group are likelier than one of two groups that overlap."""
MOST_STEPS = 15
"""Groups that are evened or taken out on the way, at most."""

LEVEL = 0.97
"""With which no cause is told where nothing changed: 0.95 is promised, and draws are few."""

Kind = Literal["mix", "rate"]


@dataclass(frozen=True, slots=True)
class Side:
    """A group in one window: its opinions, their share of all of the window, and their net.

    The net is None without opinions.
    """

    opinions: float
    share: float
    net: float | None


@dataclass(frozen=True, slots=True)
class Cause:
    """A group of cells whose share of the opinions (mix) or whose own net (rate) changed.

    Attributes:
        kind: `mix` or `rate`.
        category, aspect, product, source: what the group holds fixed; None where it takes all.
            An aspect comes with its category; all four None is everything.
        effect: on the net of all, -2 to 2; the intervals of all groups hold together at the level.
        before, after: the group in both windows, without the cells of rates told before it.
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
    level: float = LEVEL,
    draws: int = 499,
    seed: int = 0,
) -> Explanation:
    """Explain the change of the net between two windows.

    Of all groups of cells, those are causes whose score is larger than the largest of all is by
    chance in `level` of the draws. A share that changed is told (mix), then evened out in both
    windows, as in standardisation; when no such is left, the group whose own net has the largest
    effect that is sure is told (rate), and taken out. Each time all others are looked at anew, so
    no effect is counted twice.

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
    by_chance = np.sort(search.scores.largest(search.sums, draws, seed))[::-1]
    causes = search.causes(by_chance, float(by_chance[rank - 1]))
    causes = sorted(causes, key=lambda cause: -abs(cause.effect.value))[:most]
    remainder = change - sum(cause.effect.value for cause in causes)
    return Explanation(nets[0], nets[1], change, tuple(causes), remainder, len(search.groups.names))


class _Search:
    """What the groups do, of the cells that are left, at the shares that causes evened."""

    def __init__(
        self, cells: Sequence[OpinionCell], before: WindowCounts, after: WindowCounts
    ) -> None:
        self.block = np.concatenate([before.block, after.block + before.blocks])
        self.cell = np.concatenate([before.cell, after.cell])
        counts = np.concatenate([before.counts, after.counts])
        self.signed, self.opinions = counts[:, 0] - counts[:, 2], counts.sum(1)
        self.scale = np.ones(len(self.block))
        self.later = (self.block >= before.blocks).astype(np.int64)
        self.earlier, self.blocks = before.blocks, before.blocks + after.blocks
        self.groups: Groups = groups_of(cells, self.block, self.cell)
        self.aspects = np.array([name[0] is not None for name in self.groups.names], dtype=bool)
        shops: dict[tuple[str, str], int] = {}
        shop = [shops.setdefault((cell.product, cell.source), len(shops)) for cell in cells]
        self.stratum = strata_of(np.array(shop, dtype=np.int64)[self.cell], self.opinions)
        self.left = np.ones(len(cells), dtype=bool)
        self.evened = np.zeros(len(self.groups.names), dtype=bool)
        self.weight = 1.0
        self.measure()

    def measure(self) -> None:
        """Look at the cells that are left."""
        self.broken = self.groups.lost(~self.left)
        rows = self.left[self.cell]
        block, cell, stratum = self.block[rows], self.cell[rows], self.stratum[rows]
        signed = self.scale[rows] * self.signed[rows]
        opinions = self.scale[rows] * self.opinions[rows]
        own = self.groups.sums(block, cell, opinions, self.blocks)
        whole = np.bincount(block, opinions, self.blocks).astype(np.float64)
        strata = int(stratum.max()) + 1
        of_stratum = np.bincount(stratum, opinions, strata).astype(np.float64)
        net = np.bincount(stratum, signed, strata) / np.maximum(of_stratum, LEAST_SHARE)
        shares = self.groups.sums(stratum, cell, opinions, strata)
        shares /= np.maximum(of_stratum, LEAST_SHARE)[:, None]
        shares[:, ~self.aspects] = own.sum(0)[~self.aspects] / max(float(whole.sum()), LEAST_SHARE)
        mixed = np.bincount(block * strata + stratum, opinions, self.blocks * strata)
        self.sums = BlockSums(
            self.groups.sums(block, cell, signed, self.blocks),
            own,
            np.bincount(block, signed, self.blocks).astype(np.float64),
            whole,
            mixed.reshape(self.blocks, strata) @ shares,
            self.groups.sums(block, cell, signed - net[stratum] * opinions, self.blocks),
            self.aspects,
            self.earlier,
        )
        self.effects: Effects = effects_of(self.sums)
        self.scores = Scores.of(self.sums)

    @property
    def gap(self) -> float:
        """What is not explained yet, of the change of the net of all."""
        nets = [
            float(signed) / max(float(opinions), LEAST_SHARE)
            for signed, opinions in zip(
                self.sums.halves(self.sums.all_signed),
                self.sums.halves(self.sums.all_opinions),
                strict=True,
            )
        ]
        return self.weight * (nets[1] - nets[0])

    def causes(self, by_chance: Floats, bar: float) -> list[Cause]:
        """Even out shares, then take out groups, while one is surely a cause.

        Shares come first: they know nothing of nets, while a group's net follows the shares inside.
        """
        causes = []
        for _ in range(MOST_STEPS):
            group = self.moved(bar)
            if group is None:
                break
            score, gap = abs(float(self.scores.values[MIX, group])), self.gap
            sides = self.side(group, 0), self.side(group, 1)
            self.even(group)
            if score > bar and self.left[self.cell].any():
                effect = _interval(gap - self.gap, bar / score)
                causes.append(self.cause("mix", group, effect, sides, _chance(by_chance, score)))
        for _ in range(MOST_STEPS):
            group = self.turned(bar)
            if group is None:
                break
            score = abs(float(self.scores.values[RATE, group]))
            effect = _interval(self.weight * float(self.effects.values[RATE, group]), bar / score)
            sides = self.side(group, 0), self.side(group, 1)
            causes.append(self.cause("rate", group, effect, sides, _chance(by_chance, score)))
            self.take_out(group)
            if not self.left[self.cell].any():
                break
            self.measure()
        return causes

    def moved(self, bar: float) -> int | None:
        """The group whose share changed most clearly, while any change of a share has an effect."""
        if not (np.abs(self.scores.values[MIX]) > bar).any():
            return None
        clear = self.clear(self.scores.share)
        amounts = self.sums.halves(self.sums.opinions)
        growth = np.abs(np.log((amounts[1] + 0.5) / (amounts[0] + 0.5)))
        top = np.flatnonzero(clear >= clear.max() - 1e-6)  # of two products both, by equal scores
        return int(top[np.argmax(growth[top])])

    def even(self, group: int) -> None:
        """Give a group the same share in both windows.

        A product or source that lacks in a window is taken out.
        """
        self.evened[group] = True
        inside, shares = self.groups.holds(group), self.effects.shares[:, group]
        rows = self.left[self.cell]
        own = inside[self.cell[rows]]
        if self.aspects[group]:
            self.scale[rows] *= same_odds(
                self.scale[rows] * self.opinions[rows], own, self.later[rows], self.stratum[rows]
            )
        elif shares.min() < LEAST_SHARE:
            self.take_out(group)
        elif shares.max() > 1 - LEAST_SHARE:
            self.weight *= float(shares.mean())
            self.left &= inside
        else:
            self.scale[rows] *= mean_share(shares)[own.astype(np.int64), self.later[rows]]
        self.measure()

    def take_out(self, group: int) -> None:
        """Look at the rest alone from now on."""
        self.weight *= 1 - float(self.effects.shares[:, group].mean())
        self.left &= ~self.groups.holds(group)

    def turned(self, bar: float) -> int | None:
        """The group whose own net has the largest sure effect, at the level where it happens."""
        scores = np.abs(self.scores.values[RATE])
        effects = self.effects.values[RATE]
        with np.errstate(invalid="ignore"):  # no bar is finite where all opinions are alike
            part = 1 - bar / np.maximum(scores, bar)
        sure = np.where(scores > bar, np.abs(effects) * part, 0.0)
        best = int(np.argmax(sure))
        if not sure[best] > 0:
            return None
        near = self.nested(best) & (np.sign(effects) == np.sign(effects[best])) & (scores > bar)
        clear = self.clear(self.scores.values[RATE]) + MORE_SAID * self.evened
        return int(np.argmax(np.where(near, clear, -np.inf)))

    def clear(self, scores: Floats) -> Floats:
        """How clearly each group is where a change happens `[g]`, plain ones rather than fine."""
        return np.asarray(scores**2 - PLAINER * (self.groups.depth + OTHERS * self.broken))

    def nested(self, group: int) -> NDArray[np.bool_]:
        """The groups that lie within a group or hold all of it `[g]`."""
        name = self.groups.names[group]
        near = [
            all(mine in (None, its) for mine, its in zip(other, name, strict=True))
            or all(its in (None, mine) for mine, its in zip(other, name, strict=True))
            for other in self.groups.names
        ]
        return np.array(near)

    def cause(
        self,
        kind: Kind,
        group: int,
        effect: IntervalEstimate,
        sides: tuple[Side, Side],
        chance: float,
    ) -> Cause:
        """A group as people are told of it."""
        category, aspect, product, source = self.groups.names[group]
        return Cause(kind, category, aspect, product, source, effect, *sides, chance)

    def side(self, group: int, window: int) -> Side:
        """A group in one window, as counted."""
        rows = self.later == window
        own = rows & (self.groups.holds(group) & self.left)[self.cell]
        opinions = float(self.opinions[own].sum())
        net = float(self.signed[own].sum()) / opinions if opinions else None
        return Side(opinions, opinions / float(self.opinions[rows].sum()), net)


def _interval(value: float, doubt: float) -> IntervalEstimate:
    """An effect with an interval of its score: `doubt` of it to both sides."""
    far = abs(value) * doubt
    return IntervalEstimate(value, value - far, value + far)


def _chance(by_chance: Floats, score: float) -> float:
    """How often the largest score of all is so large by chance."""
    return float((1 + (by_chance >= score).sum()) / (1 + len(by_chance)))


def _net_of(window: WindowCounts) -> float | None:
    positive, neutral, negative = (float(count) for count in window.totals)
    opinions = positive + neutral + negative
    return (positive - negative) / opinions if opinions > 0 else None
