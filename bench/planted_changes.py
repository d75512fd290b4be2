"""Windows with a plant of one size, and an oracle that names the likeliest of all such plants.

A plant of kind `both` has half of its effect by mix and half by rate. No group is written of
more than `MOST_TIMES` as much or as little, and no liking moves by more than `MOST_SHIFT`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from simulated_changes import (
    ASPECTS,
    CATEGORIES,
    KINDS,
    LEVELS,
    PRODUCTS,
    SOURCES,
    Case,
    Floats,
    Name,
    Plant,
    World,
    cell_names,
    name_of,
    net_of_liking,
    reviews_of,
    window_counts,
)

from guandian.evaluation.changes import block_numbers

MOST_TIMES, MOST_SHIFT, STEPS = 4.0, 3.0, 61
WORLDS = 200
"""Shops that are drawn for one with a group that can move the net so far."""
TIMES: Floats = np.exp(np.linspace(-math.log(MOST_TIMES), math.log(MOST_TIMES), STEPS))
SHIFTS: Floats = np.linspace(-MOST_SHIFT, MOST_SHIFT, STEPS)


def plants_of(world: World, size: float, level: str, kind: str) -> list[Plant]:
    """All plants of a level and kind that move the net of all by `size` up or down."""
    return _Effects(world).plants(size, level, kind)


def simulated(
    seed: int,
    reviews: int,
    level: str = "",
    kind: str = "",
    season: float = 1.0,
    size: float = 0.03,
) -> Case:
    """A case of its own: a shop, two windows of about so many reviews, a plant if one is named.

    Args:
        seed: of everything.
        reviews: about so many in the earlier window.
        level: one of `LEVELS`; empty plants nothing.
        kind: mix, rate or both.
        season: how many times as much is written in the later window, of everything alike.
        size: how far the plant moves the net of all, up or down, -1 to 1.

    Raises:
        ValueError: when no shop of `WORLDS` has a group of this level that can move it so far.
    """
    dice = np.random.default_rng(seed)
    world, plant = World.drawn(dice), None
    for _ in range(WORLDS if level else 0):
        plants = plants_of(world, size, level, kind)
        if plants:
            plant = plants[int(dice.integers(len(plants)))]
            break
        world = World.drawn(dice)
    if level and plant is None:
        raise ValueError(f"no {kind} of {level} moves the net by {size}")
    later = plant.on(world) if plant else world
    busier = float(later.popular.sum() / world.popular.sum())
    numbers = int(dice.poisson(reviews)), int(dice.poisson(reviews * season * busier))
    drawn = [reviews_of(w, n, dice) for w, n in zip((world, later), numbers, strict=True)]
    blocks = block_numbers(*numbers)
    before, after = (
        window_counts(opinions, k, dice) for opinions, k in zip(drawn, blocks, strict=True)
    )
    effect = later.net() - world.net()
    seen = drawn[1].first(math.ceil(numbers[0] * numbers[1] / max(1, sum(numbers))))
    return Case(cell_names(), before, after, plant, effect, world, seen)


@dataclass(frozen=True)
class Guess:
    """What an oracle names.

    Attributes:
        plant: the likeliest.
        evidence: the logarithm of how much likelier what it sees is with a plant than without.
    """

    plant: Plant
    evidence: float


def named_by_oracle(case: Case, size: float) -> Guess:
    """The likeliest plant of all levels and kinds, each of which is as likely as another.

    The oracle knows the shop as it was, every share and liking, the mood in which each review was
    written, and the size of what is planted. It lacks the group, the kind and the sign. Of the
    later window it sees as many reviews as tell as much as both windows tell somebody who does not
    know the shop. So who has but two windows of reviews is hardly more often right.
    """
    effects, evidence = _Effects(case.world), _Evidence(case)
    found, logs = list[tuple[float, Plant]](), np.log(TIMES)
    for level in LEVELS:
        mix, rate = evidence.of_mix(level), evidence.of_rate(level)
        for kind in KINDS:
            plants = effects.plants(size, level, kind)
            for plant in plants:
                likely = -math.log(len(plants) * len(LEVELS) * len(KINDS))
                if kind != "rate":
                    likely += float(np.interp(math.log(plant.times), logs, mix[plant.name]))
                if kind != "mix":
                    likely += float(np.interp(plant.shift, SHIFTS, rate[plant.name]))
                found.append((likely, plant))
    if not found:
        raise ValueError(f"nothing moves the net by {size}")
    _, plant = max(found, key=lambda pair: pair[0])
    return Guess(plant, float(np.logaddexp.reduce([likely for likely, _ in found])))


class _Effects:
    """What every group does to the net of all, by how much it changes."""

    def __init__(self, world: World) -> None:
        self.popular = world.popular / world.popular.sum()
        self.talk = world.talk / world.talk.sum(-1, keepdims=True)
        self.net = net_of_liking(world.liking)
        self.shop = (self.talk * self.net).sum(-1)
        self.net_of_all = float((self.popular * self.shop).sum())
        moved = net_of_liking(world.liking[..., None] + SHIFTS) - self.net[..., None]
        self.turned = (self.popular[..., None] * self.talk)[..., None] * moved

    def plants(self, size: float, level: str, kind: str) -> list[Plant]:
        """All that move the net by `size`, up or down."""
        names, plants = names_of(level), list[Plant]()
        for target in (size, -size):
            times = np.ones(len(names))
            if kind != "rate":
                part = target if kind == "mix" else target / 2
                times = np.exp(_where(self.of_mix(level), np.log(TIMES), part))
            shift = np.zeros(len(names))
            if kind != "mix":
                part = target if kind == "rate" else target / 2
                shift = _where(self.of_rate(level, times), SHIFTS, part)
            for at in np.flatnonzero(np.isfinite(times) & np.isfinite(shift)):
                plants.append(Plant(names[at], level, kind, float(times[at]), float(shift[at])))
        return plants

    def of_mix(self, level: str) -> Floats:
        """The effect of as much being written as `TIMES` say `[groups, steps]`."""
        more = TIMES - 1
        if level in _OF_REVIEWS:
            share = grouped(level, self.popular)[:, None]
            net = grouped(level, self.popular * self.shop)[:, None]
            return np.asarray(more * (net - share * self.net_of_all) / (1 + more * share))
        share, net = by_unit(level, self.talk), by_unit(level, self.talk * self.net)
        gap = (net - share * self.shop[..., None])[..., None]
        effect = self.popular[..., None, None] * more * gap / (1 + more * share[..., None])
        return grouped(level, effect)

    def of_rate(self, level: str, times: Floats) -> Floats:
        """The effect of liking moved by `SHIFTS`, as much being written as `times` say."""
        if level in _OF_REVIEWS:
            share = grouped(level, self.popular)
            factor = times / (1 + (times - 1) * share)
            return np.asarray(factor[:, None] * grouped(level, self.turned.sum(2)))
        share, spread = by_unit(level, self.talk), ungrouped(level, times)
        factor = spread / (1 + (spread - 1) * share)
        return grouped(level, factor[..., None] * by_unit(level, self.turned))


class _Evidence:
    """How much likelier the later window is with a group changed than with nothing changed."""

    def __init__(self, case: Case) -> None:
        self.effects, later = _Effects(case.world), case.seen
        shops = PRODUCTS * SOURCES
        self.reviews = np.bincount(later.shop, minlength=shops).reshape(PRODUCTS, SOURCES)
        spoken = np.bincount(later.cell, minlength=shops * ASPECTS)
        self.spoken = spoken.reshape(PRODUCTS, SOURCES, ASPECTS).astype(np.float64)
        judged = later.polarity != 1
        cell, praise = later.cell[judged], later.polarity[judged] == 0
        liking = case.world.liking.ravel()[cell] + later.mood[later.review[judged]]
        usual = np.logaddexp(0, liking)
        self.turned = np.stack(
            [
                np.bincount(
                    cell, praise * by - np.logaddexp(0, liking + by) + usual, shops * ASPECTS
                )
                for by in SHIFTS
            ],
            axis=-1,
        ).reshape(PRODUCTS, SOURCES, ASPECTS, STEPS)

    def of_rate(self, level: str) -> dict[Name, Floats]:
        """By group, for each of `SHIFTS`."""
        if level in _OF_REVIEWS:
            return _by_name(level, grouped(level, self.turned.sum(2)))
        return _by_name(level, grouped(level, by_unit(level, self.turned)))

    def of_mix(self, level: str) -> dict[Name, Floats]:
        """By group, for each of `TIMES`."""
        more, logs = TIMES - 1, np.log(TIMES)
        if level in _OF_REVIEWS:
            share = grouped(level, self.effects.popular)[:, None]
            own = grouped(level, self.reviews.astype(np.float64))[:, None]
            return _by_name(level, own * logs - self.reviews.sum() * np.log1p(share * more))
        share, own = by_unit(level, self.effects.talk), by_unit(level, self.spoken)
        whole = self.spoken.sum(-1)[..., None, None]
        return _by_name(
            level,
            grouped(level, own[..., None] * logs - whole * np.log1p(share[..., None] * more)),
        )


_OF_REVIEWS = ("product", "source", "product-source")
"""Levels of which whole reviews are written more; of others, more is said within reviews."""


def by_unit(level: str, values: Floats) -> Floats:
    """Sums over each category `[p, s, c, ...]` of `[p, s, a, ...]`; aspects stay as they are."""
    if level != "category":
        return values
    rows = values.reshape(PRODUCTS, SOURCES, ASPECTS // CATEGORIES, CATEGORIES, *values.shape[3:])
    return np.asarray(rows.sum(2))


def grouped(level: str, values: Floats) -> Floats:
    """Sums `[groups, ...]` of `[p, s, ...]` or `[p, s, u, ...]` over what groups leave open."""
    open_axes = {
        "product": (1,), "source": (0,), "product-source": (), "category": (0, 1),
        "aspect": (0, 1), "aspect-product": (1,), "aspect-source": (0,), "cell": (),
    }[level]  # fmt: skip
    sums = values.sum(open_axes) if open_axes else values
    fixed = (2 if level in _OF_REVIEWS else 3) - len(open_axes)
    return np.asarray(sums.reshape(-1, *sums.shape[fixed:]))


def ungrouped(level: str, values: Floats) -> Floats:
    """Each group's value `[groups]` where its cells are, as broadcasts over `[p, s, u]`."""
    shape = {
        "category": (1, 1, CATEGORIES), "aspect": (1, 1, ASPECTS),
        "aspect-product": (PRODUCTS, 1, ASPECTS), "aspect-source": (1, SOURCES, ASPECTS),
        "cell": (PRODUCTS, SOURCES, ASPECTS),
    }[level]  # fmt: skip
    return values.reshape(shape)


def names_of(level: str) -> list[Name]:
    """The groups of a level, in the order of `grouped`."""
    products: list[str | None] = [name_of(p, "p") for p in range(PRODUCTS)]
    sources: list[str | None] = [name_of(s, "s") for s in range(SOURCES)]
    aspects: list[tuple[str | None, str | None]] = [
        (name_of(a % CATEGORIES, "c"), name_of(a, "a")) for a in range(ASPECTS)
    ]
    if level not in ("product", "product-source", "aspect-product", "cell"):
        products = [None]
    if level not in ("source", "product-source", "aspect-source", "cell"):
        sources = [None]
    if level == "category":
        aspects = [(name_of(c, "c"), None) for c in range(CATEGORIES)]
    elif level in _OF_REVIEWS:
        aspects = [(None, None)]
    return [(*aspect, p, s) for p in products for s in sources for aspect in aspects]


def _where(effects: Floats, steps: Floats, target: float) -> Floats:
    """Where each row, which only rises or only falls, is the target; NaN where it never is."""
    return np.array(
        [
            np.interp(target, *((row, steps) if row[-1] > row[0] else (row[::-1], steps[::-1])),
                      left=np.nan, right=np.nan)
            for row in effects
        ]
    )  # fmt: skip


def _by_name(level: str, rows: Floats) -> dict[Name, Floats]:
    return dict(zip(names_of(level), rows, strict=True))
