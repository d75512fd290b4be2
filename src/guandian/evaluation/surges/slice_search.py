"""The smallest slice that explains a surge, of all slices of up to three dimensions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from guandian.evaluation.surges.expected_complaints import PRIOR, expected_complaints
from guandian.evaluation.surges.surge_cause import SurgeCause, price
from guandian.evaluation.surges.surge_table import Floats, SurgeTable, Whole
from guandian.evaluation.surges.volume_search import volume_causes

VERSION = "version"
"""The dimension whose values replace each other."""
DEEPEST = 3
"""Dimensions that a slice holds fixed, at most."""
SURE = 12.0
"""The score from which a rate is told to have changed; below it, a volume is looked for."""
UNSEEN = 0.1
"""How much what is expected is wrong by, however much is known: a share of it."""
ALIKE, REST = 0.5, 4.0
"""A wider slice is told where what it holds besides rose by this share of the logarithm at least,
and that surely: with so large a gain."""
_ENOUGH, _FEW, _MEDIAN = 5.0, 20, 0.455
"""Complaints of a slice that tells how much slices vary, how many tell nothing, and the median of
squared standard normal numbers."""
LEAST = 3.0
"""Complaints that were expected or came in a slice, at least."""


def explain_surge(
    table: SurgeTable, most: int = 3, versions: frozenset[str] = frozenset({VERSION})
) -> list[SurgeCause]:
    """The causes of a surge, the most likely first; none where nothing surely rose.

    Slices compete by a likelihood ratio: the slice rose and all the rest moved alike, against
    everything moved alike. A rate that changed is told before a volume: where more is written,
    rates tell what of it is no fault. After each cause its slice is left out.

    Args:
        table: of both windows.
        most: causes.
        versions: dimensions whose values replace each other: their volumes are no causes.
    """
    expected = expected_complaints(table)
    usual = _Counts(table.complaints[1], expected, table.complaints[0])
    loose = list(_causes(usual, _levels(table), most))
    rates = [its for its in loose if its.score >= SURE]
    if rates:
        return rates
    volumes = volume_causes(table, versions, most)
    likely = max([*loose[:1], *volumes[:1]], key=lambda its: its.score, default=None)
    if likely is None or likely.score <= 0:
        return []
    return [likely] if likely.kind == "rate" else [its for its in volumes if its.score > 0]


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """What came, what was expected, and what it was expected from, all `[a, k]`."""

    observed: Floats
    expected: Floats
    basis: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """Slices that hold the same dimensions fixed.

    Attributes:
        names: of the dimensions.
        values: of each slice.
        number: of the slice of each cell `[a or 1, k]`.
    """

    names: tuple[str, ...]
    values: list[tuple[str, ...]]
    number: Whole

    def sums(self, amounts: Floats) -> Floats:
        """Amounts `[a, k]` added up by slice."""
        wide = np.broadcast_to(self.number, amounts.shape)
        return np.bincount(wide.ravel(), amounts.ravel(), len(self.values)).astype(np.float64)


_Looked = tuple[_Level, Floats, Floats, Floats]
"""A level with the scores of its slices, what came, and what would have with the rest."""


def _levels(table: SurgeTable) -> list[_Level]:
    """All levels, from the plainest on."""
    names, levels = table.dimensions, []
    grouped = len(set(table.groups)) > 1
    for depth in range(1, DEEPEST + 1):
        for chosen in combinations(range(len(names)), depth):
            fixed = tuple(names[axis] for axis in chosen)
            if 0 in chosen and grouped:
                levels.append(_level(table, ("category", *fixed[1:]), chosen, table.groups))
            levels.append(_level(table, fixed, chosen, table.aspects))
    return levels


def _level(
    table: SurgeTable, names: tuple[str, ...], chosen: tuple[int, ...], rows: tuple[str, ...]
) -> _Level:
    """A level, by what is told of each row of aspects."""
    keys: dict[tuple[str, ...], int] = {}
    rows = rows if 0 in chosen else ("",)
    number = np.zeros((len(rows), len(table.strata)), dtype=np.int64)
    for row, said in enumerate(rows):
        for column, stratum in enumerate(table.strata):
            whole = (said, *stratum)
            key = tuple(whole[axis] for axis in chosen)
            number[row, column] = keys.setdefault(key, len(keys))
    return _Level(names, list(keys), number)


def _causes(counts: _Counts, levels: list[_Level], most: int) -> Iterator[SurgeCause]:
    left = np.ones_like(counts.observed, dtype=bool)
    whole = (counts.observed, counts.expected, counts.basis)
    for _ in range(most):
        parts = [np.where(left, part, 0.0) for part in whole]
        if parts[1].sum() <= 0:
            return
        spread = _spread(parts, levels)
        looked = [(level, *_scores(level, parts, spread)) for level in levels]
        level, scores, *_ = max(looked, key=lambda its: float(its[1].max()))
        number = int(np.argmax(scores))
        if not np.isfinite(scores[number]):
            return
        score = float(scores[number])
        level, number = _widened(level, number, looked, spread, parts)
        _, _, observed, moved = next(its for its in looked if its[0] is level)
        fixed = tuple(zip(level.names, level.values[number], strict=True))
        yield SurgeCause("rate", fixed, float(observed[number]), float(moved[number]), score)
        left = left & (level.number != number)


def _widened(
    level: _Level, number: int, looked: list[_Looked], spread: float, parts: list[Floats]
) -> tuple[_Level, int]:
    """The widest slice around one of which all the rest surely rose about as much."""
    own = dict(zip(level.names, level.values[number], strict=True))
    wider = [
        (its, its.values.index(tuple(own[name] for name in its.names)))
        for its, *_ in looked
        if set(its.names) < own.keys()
    ]
    wider.sort(key=lambda pair: len(pair[0].names))
    came, usual, seen = (level.sums(part)[number] for part in parts)
    _, _, _, moved = next(its for its in looked if its[0] is level)
    rise = float(np.log(came / moved[number]))
    for around, at in wider:
        _, _, observed, expected = next(its for its in looked if its[0] is around)
        more = float(observed[at] - came)
        # with the rest of the rest, as the slice itself was measured
        rest = float(expected[at]) * (1 - usual / max(around.sums(parts[1])[at], 1e-9))
        basis = around.sums(parts[2])[at] - seen
        if more <= rest or rest <= 0:
            continue
        gain = 2 * (more * np.log(more / rest) - (more - rest))
        doubt = spread * float(_doubt(np.array([rest]), np.array([basis]))[0])
        if np.log(more / rest) >= ALIKE * rise and gain / doubt >= REST:
            return around, at
    return level, number


def _scores(level: _Level, parts: list[Floats], spread: float) -> tuple[Floats, Floats, Floats]:
    """Of each slice of a level its score, what came, and what would have with the rest."""
    observed, expected, basis = (level.sums(part) for part in parts)
    whole, usual = float(parts[0].sum()), float(parts[1].sum())
    rest = np.maximum(whole - observed, 0.5) / np.maximum(usual - expected, 0.5)
    moved = np.maximum(expected * rest, 1e-9)
    ratio = np.maximum(observed, 1e-9) / moved
    gain = 2 * (observed * np.log(ratio) - (observed - moved))
    doubt = spread * _doubt(moved, basis)
    named = np.array(["" not in value for value in level.values])
    sure = (observed > moved) & (np.maximum(observed, moved) >= LEAST) & named
    sure &= expected < usual  # a slice that holds everything explains nothing
    cost = price(int(named.sum()), len(level.names))
    return np.where(sure, gain / doubt - cost, -np.inf), observed, moved


def _doubt(moved: Floats, basis: Floats) -> Floats:
    """How much more than Poisson what is expected varies, from so much that was seen."""
    return np.asarray(1 + moved * (1 / (basis + PRIOR) + UNSEEN**2))


def _spread(parts: list[Floats], levels: list[_Level]) -> float:
    """How much more slices vary than Poisson counts do, by most of them.

    The slice that stands out most is left out with all of its cells: what surges is no noise.
    """
    scored = [(level, _scores(level, parts, 1.0)[0]) for level in levels]
    level, scores = max(scored, key=lambda pair: float(pair[1].max()))
    calm = np.broadcast_to(level.number != int(np.argmax(scores)), parts[0].shape)
    came, usual, seen = (np.where(calm, part, 0.0) for part in parts)
    squares = []
    for its in levels:
        observed, expected, basis = (its.sums(part) for part in (came, usual, seen))
        moved = expected * came.sum() / max(float(usual.sum()), 1e-9)
        enough = moved >= _ENOUGH
        doubt = moved * _doubt(moved, basis)
        squares.append((observed - moved)[enough] ** 2 / doubt[enough])
    pooled = np.concatenate(squares)
    return max(1.0, float(np.median(pooled)) / _MEDIAN) if len(pooled) > _FEW else 1.0
