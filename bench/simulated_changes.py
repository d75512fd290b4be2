"""Two windows of made-up reviews, with a change planted between them or none.

Products are unequally popular, sources depend on the product, aspects follow Zipf's law and differ
by product; a review has one opinion or many (a tail of long ones), and its writer's mood colours
all of them, so opinions of one review hang together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guandian.evaluation.changes import OpinionCell, WindowCounts, block_numbers

Floats = NDArray[np.float64]
Name = tuple[str | None, str | None, str | None, str | None]
"""Category, aspect, product, source; None where a plant takes all."""

PRODUCTS, SOURCES, CATEGORIES, ASPECTS = 12, 4, 8, 40
LEVELS = ("product", "source", "category", "aspect", "aspect-product", "aspect-source",
          "product-source", "cell")  # fmt: skip
NEUTRAL, MOOD, LONGEST = 0.08, 1.0, 40
LEAST, LEAST_OF_TWO, TRIES = 0.03, 0.02, 200
"""How far a plant moves the net of all at least, and one of an aspect of a product or source."""


@dataclass(frozen=True)
class World:
    """What people write: weights of products, sources and aspects, and how much each is liked.

    Attributes:
        popular: reviews by product and source, shares `[p, s]`.
        talk: weights of aspects `[p, s, a]`.
        liking: log-odds of praise `[p, s, a]`.
    """

    popular: Floats
    talk: Floats
    liking: Floats

    @classmethod
    def drawn(cls, dice: np.random.Generator) -> World:
        """A shop."""
        popular = dice.lognormal(0, 0.9, PRODUCTS)
        shares = dice.dirichlet(8 * np.array([0.5, 0.27, 0.15, 0.08]), PRODUCTS)
        weights = 1 / np.arange(1, ASPECTS + 1) * dice.lognormal(0, 0.4, (PRODUCTS, ASPECTS))
        liking = (
            0.9
            + dice.normal(0, 0.5, (PRODUCTS, 1, 1))
            + dice.normal(0, 0.2, (1, SOURCES, 1))
            + dice.normal(0, 0.8, (1, 1, ASPECTS))
            + dice.normal(0, 0.3, (PRODUCTS, 1, ASPECTS))
        )
        return cls(
            (popular / popular.sum())[:, None] * shares,
            np.repeat(weights[:, None], SOURCES, 1),
            np.broadcast_to(liking, (PRODUCTS, SOURCES, ASPECTS)).copy(),
        )

    def expected(self) -> tuple[Floats, Floats]:
        """The share and about the net of every cell `[p, s, a]`."""
        popular = self.popular / self.popular.sum()
        share = popular[..., None] * self.talk / self.talk.sum(-1, keepdims=True)
        # The mean of a logistic over a normal mood is about that of a flatter logistic.
        praise = 1 / (1 + np.exp(-self.liking / np.sqrt(1 + MOOD**2 * np.pi / 8)))
        return share, (1 - NEUTRAL) * (2 * praise - 1)

    def net(self) -> float:
        """About the net of all."""
        share, net = self.expected()
        return float((share * net).sum())


@dataclass(frozen=True)
class Plant:
    """A change of one group: how much more is written of it, how much less it is liked."""

    name: Name
    mask: NDArray[np.bool_]
    times: float = 1.0
    shift: float = 0.0

    @property
    def kinds(self) -> set[str]:
        """The kinds of effects that it has."""
        return {k for k, on in (("mix", self.times != 1), ("rate", self.shift != 0)) if on}

    def on(self, world: World) -> World:
        """The world with the change."""
        popular, talk = world.popular.copy(), world.talk.copy()
        if self.name[0] is None:
            popular[self.mask.any(-1)] *= self.times
        else:
            talk[self.mask] *= self.times
        return World(popular, talk, world.liking + self.shift * self.mask)


@dataclass
class Case:
    """Two windows, and what was planted between them."""

    cells: list[OpinionCell]
    before: WindowCounts
    after: WindowCounts
    plant: Plant | None
    effect: float = 0.0
    rows: list[dict[str, Any]] = field(default_factory=list)


def name_of(place: int, letter: str) -> str:
    """A name like `p03`."""
    return f"{letter}{place:02d}"


def cell_names() -> list[OpinionCell]:
    """All cells, in the order of `[p, s, a]`."""
    return [
        OpinionCell(name_of(a % CATEGORIES, "c"), name_of(a, "a"), name_of(p, "p"), name_of(s, "s"))
        for p in range(PRODUCTS)
        for s in range(SOURCES)
        for a in range(ASPECTS)
    ]


def plant_at(
    level: str, kind: str, world: World, dice: np.random.Generator, least: float
) -> Plant | None:
    """A plant of a level and kind (mix, rate, both) with at least so large an effect, if any."""
    for _ in range(TRIES):
        p, s = int(dice.integers(PRODUCTS)), int(dice.integers(SOURCES))
        a = int(dice.integers(ASPECTS))
        mask = np.ones((PRODUCTS, SOURCES, ASPECTS), dtype=bool)
        name: list[str | None] = [None, None, None, None]
        if "product" in level or level == "cell":
            mask[np.arange(PRODUCTS) != p] = False
            name[2] = name_of(p, "p")
        if "source" in level or level == "cell":
            mask[:, np.arange(SOURCES) != s] = False
            name[3] = name_of(s, "s")
        if "aspect" in level or level == "cell":
            mask[:, :, np.arange(ASPECTS) != a] = False
            name[0], name[1] = name_of(a % CATEGORIES, "c"), name_of(a, "a")
        if level == "category":
            mask[:, :, np.arange(ASPECTS) % CATEGORIES != a % CATEGORIES] = False
            name[0] = name_of(a % CATEGORIES, "c")
        times = float(dice.uniform(2, 4)) if kind != "rate" else 1.0
        shift = float(dice.choice([-1, 1, -1]) * dice.uniform(1.2, 2.5)) if kind != "mix" else 0.0
        plant = Plant((name[0], name[1], name[2], name[3]), mask, times, shift)
        if abs(plant.on(world).net() - world.net()) >= least:
            return plant
    return None


def reviews_of(
    world: World, number: int, dice: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Opinions of so many reviews: the review, the cell and the polarity (0, 1, 2) of each."""
    flat = (world.popular / world.popular.sum()).ravel()
    shop = dice.choice(len(flat), number, p=flat)
    length = np.minimum(dice.geometric(np.where(dice.random(number) < 0.1, 0.12, 0.45)), LONGEST)
    review = np.repeat(np.arange(number), length)
    weights = world.talk.reshape(-1, ASPECTS).cumsum(1)
    weights /= weights[:, -1:]
    aspect = (dice.random(len(review))[:, None] > weights[shop[review]]).sum(1)
    liking = world.liking.reshape(-1, ASPECTS)[shop[review], aspect]
    liking = liking + MOOD * dice.normal(size=number)[review]
    polarity = np.where(dice.random(len(review)) < 1 / (1 + np.exp(-liking)), 0, 2)
    polarity[dice.random(len(review)) < NEUTRAL] = 1
    return review, shop[review] * ASPECTS + aspect, polarity


def window_counts(
    opinions: tuple[NDArray[np.int64], ...], number: int, blocks: int, dice: np.random.Generator
) -> WindowCounts:
    """Opinions by block of reviews and cell."""
    review, cell, polarity = opinions
    block = dice.permutation(number)[review] % blocks
    width = PRODUCTS * SOURCES * ASPECTS
    keys, row = np.unique(block * width + cell, return_inverse=True)
    counts = np.zeros((len(keys), 3))
    np.add.at(counts, (row, polarity), 1)
    return WindowCounts(keys // width, keys % width, counts, blocks)


def simulated(
    seed: int,
    reviews: int,
    level: str = "",
    kind: str = "",
    season: float = 1.0,
    strength: float = 1.0,
) -> Case:
    """A case of its own: a shop, two windows of about so many reviews, a plant if one is named.

    Args:
        seed: of everything.
        reviews: about so many in the earlier window.
        level: one of `LEVELS`; empty plants nothing.
        kind: mix, rate or both.
        season: how many times as much is written in the later window, of everything alike.
        strength: of the plant, times `LEAST` (`LEAST_OF_TWO`) and more.
    """
    dice = np.random.default_rng(seed)
    world = World.drawn(dice)
    plant = None
    least = strength * (LEAST_OF_TWO if level.startswith("aspect-") or level == "cell" else LEAST)
    while level and plant is None:
        world = World.drawn(dice)
        plant = plant_at(level, kind, world, dice, least)
    later = plant.on(world) if plant else world
    busier = float(later.popular.sum() / world.popular.sum())
    numbers = int(dice.poisson(reviews)), int(dice.poisson(reviews * season * busier))
    drawn = [reviews_of(w, n, dice) for w, n in zip((world, later), numbers, strict=True)]
    blocks = block_numbers(*numbers)
    before, after = (
        window_counts(opinions, n, k, dice)
        for opinions, n, k in zip(drawn, numbers, blocks, strict=True)
    )
    return Case(cell_names(), before, after, plant, later.net() - world.net())
