"""Two windows of made-up reviews, with a change planted between them or none.

Products are unequally popular, sources depend on the product, aspects follow Zipf's law and differ
by product; a review has one opinion or many (a tail of long ones), and its writer's mood colours
all of them, so opinions of one review hang together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from guandian.evaluation.changes import OpinionCell, WindowCounts

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Name = tuple[str | None, str | None, str | None, str | None]
"""Category, aspect, product, source; None where a plant takes all."""

PRODUCTS, SOURCES, CATEGORIES, ASPECTS = 12, 4, 8, 40
LEVELS = ("product", "source", "category", "aspect", "aspect-product", "aspect-source",
          "product-source", "cell")  # fmt: skip
KINDS = ("rate", "mix", "both")
NEUTRAL, MOOD, LONGEST = 0.08, 1.0, 40


def net_of_liking(liking: Floats) -> Floats:
    """About the net of opinions with these log-odds of praise.

    The mean of a logistic over a normal mood is about that of a flatter logistic.
    """
    praise = 1 / (1 + np.exp(-liking / np.sqrt(1 + MOOD**2 * np.pi / 8)))
    return np.asarray((1 - NEUTRAL) * (2 * praise - 1))


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
        return share, net_of_liking(self.liking)

    def net(self) -> float:
        """About the net of all."""
        share, net = self.expected()
        return float((share * net).sum())


@dataclass(frozen=True)
class Plant:
    """A change of one group: how much more is written of it, how much more it is liked.

    Attributes:
        name: of the group.
        level, kind: of `LEVELS` and `KINDS`.
        times: as much is written of it.
        shift: of its log-odds of praise.
    """

    name: Name
    level: str
    kind: str
    times: float = 1.0
    shift: float = 0.0

    @property
    def kinds(self) -> set[str]:
        """The kinds of effects that it has."""
        return {"mix", "rate"} if self.kind == "both" else {self.kind}

    def on(self, world: World) -> World:
        """The world with the change."""
        popular, talk = world.popular.copy(), world.talk.copy()
        mask = np.array([_holds(self.name, cell) for cell in cell_names()]).reshape(talk.shape)
        if self.name[0] is None:
            popular[mask.any(-1)] *= self.times
        else:
            talk[mask] *= self.times
        return World(popular, talk, world.liking + self.shift * mask)


def _holds(name: Name, cell: OpinionCell) -> bool:
    return all(mine in (None, its) for mine, its in zip(name, cell, strict=True))


@dataclass(frozen=True)
class Opinions:
    """What is written in a window.

    Attributes:
        reviews: how many.
        shop: product and source of each review `[reviews]`.
        mood: of each review's writer `[reviews]`.
        review, cell, polarity: of each opinion `[m]`; polarity 0, 1, 2.
    """

    reviews: int
    shop: Whole
    mood: Floats
    review: Whole
    cell: Whole
    polarity: Whole

    def first(self, number: int) -> Opinions:
        """The first so many reviews."""
        rows = self.review < number
        opinions = self.review[rows], self.cell[rows], self.polarity[rows]
        return Opinions(number, self.shop[:number], self.mood[:number], *opinions)


@dataclass(frozen=True)
class Case:
    """Two windows, what was planted between them, and what an oracle is told besides.

    Attributes:
        cells, before, after: what `explain_change` takes.
        plant: None where nothing changed.
        effect: of the plant on the net of all, as expected.
        world: the shop as it was before.
        seen: reviews of the later window, with the moods of their writers: of windows of n and m
            reviews the first n m / (n + m).
    """

    cells: list[OpinionCell]
    before: WindowCounts
    after: WindowCounts
    plant: Plant | None
    effect: float
    world: World
    seen: Opinions


def name_of(place: int, letter: str) -> str:
    """A name like `p03`."""
    return f"{letter}{place:02d}"


@cache
def cell_names() -> list[OpinionCell]:
    """All cells, in the order of `[p, s, a]`."""
    return [
        OpinionCell(name_of(a % CATEGORIES, "c"), name_of(a, "a"), name_of(p, "p"), name_of(s, "s"))
        for p in range(PRODUCTS)
        for s in range(SOURCES)
        for a in range(ASPECTS)
    ]


def reviews_of(world: World, number: int, dice: np.random.Generator) -> Opinions:
    """So many reviews."""
    flat = (world.popular / world.popular.sum()).ravel()
    shop = dice.choice(len(flat), number, p=flat)
    length = np.minimum(dice.geometric(np.where(dice.random(number) < 0.1, 0.12, 0.45)), LONGEST)
    review = np.repeat(np.arange(number), length)
    weights = world.talk.reshape(-1, ASPECTS).cumsum(1)
    weights /= weights[:, -1:]
    aspect = (dice.random(len(review))[:, None] > weights[shop[review]]).sum(1)
    mood = MOOD * dice.normal(size=number)
    liking = world.liking.reshape(-1, ASPECTS)[shop[review], aspect] + mood[review]
    polarity = np.where(dice.random(len(review)) < 1 / (1 + np.exp(-liking)), 0, 2)
    polarity[dice.random(len(review)) < NEUTRAL] = 1
    return Opinions(number, shop, mood, review, shop[review] * ASPECTS + aspect, polarity)


def window_counts(opinions: Opinions, blocks: int, dice: np.random.Generator) -> WindowCounts:
    """Opinions by block of reviews and cell."""
    block = dice.permutation(opinions.reviews)[opinions.review] % blocks
    width = PRODUCTS * SOURCES * ASPECTS
    keys, row = np.unique(block * width + opinions.cell, return_inverse=True)
    counts = np.zeros((len(keys), 3))
    np.add.at(counts, (row, opinions.polarity), 1)
    return WindowCounts(keys // width, keys % width, counts, blocks)
