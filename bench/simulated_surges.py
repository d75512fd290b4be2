"""Surges of complaints with a cause that was planted: a week against the eight before it.

Products, sources and versions are unequally common, aspects follow Zipf's law, and each complains
at its own rate. Between the windows everything moves besides: the season, which product and source
is written of, a version that takes over from another, the rate of every cell a little, and one
other slice by a third. What is planted multiplies the rate of one slice, or how much is written of
one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guandian.evaluation.surges import SurgeTable

Floats = NDArray[np.float64]

ASPECTS, PRODUCTS, SOURCES, VERSIONS = 20, 8, 4, 5
SINGLE = ("aspect", "product", "source", "version")
PAIRS = ("aspect-product", "aspect-source", "aspect-version", "product-source", "product-version",
         "source-version")  # fmt: skip
VOLUME = ("product", "source", "product-source")
NAMES = ("aspect", "product", "source", "version")
SHAPE = (ASPECTS, PRODUCTS, SOURCES, VERSIONS)
WEEKS, TRIES = 8, 1000
CELL_DRIFT, POPULAR_DRIFT, OTHER = 0.15, 0.25, 1.35
"""Standard deviations of logarithms of rates and shares between windows; another slice's rate."""
LEAST, LEAST_SCORE = 40.0, 8.0
"""Complaints that a plant adds at least, and standard deviations of what its slice had anyway."""

Slice = tuple[tuple[str, str], ...]
"""Names of dimensions with a value each."""


@dataclass(frozen=True)
class Surge:
    """Counts of both windows, and what was planted.

    Attributes:
        table: what is explained.
        plant: the slice.
        kind: `rate` or `volume`.
        excess: complaints that it adds, expected.
    """

    table: SurgeTable
    plant: Slice
    kind: str
    excess: float


def simulated_surge(seed: int, level: str, kind: str = "rate", reviews: int = 600) -> Surge:
    """A surge of its own.

    Args:
        seed: of everything.
        level: of what is planted, one of `SINGLE` and `PAIRS`, or of `VOLUME`.
        kind: `rate` or `volume`.
        reviews: a week, about.
    """
    dice = np.random.default_rng(seed)
    for _ in range(TRIES):
        before, rates = _shop(dice)
        after = before * np.exp(POPULAR_DRIFT * dice.normal(size=(PRODUCTS, 1, 1)))
        after = after * np.exp(POPULAR_DRIFT * dice.normal(size=(1, SOURCES, 1)))
        after = after * _rollout(dice)
        season = float(np.exp(dice.uniform(np.log(0.6), np.log(2.5))))
        volume = WEEKS * reviews * before / before.sum(), season * reviews * after / after.sum()
        later = rates * np.exp(CELL_DRIFT * dice.normal(size=SHAPE))
        other, _ = _slice(PAIRS[int(dice.integers(3))], dice)
        later = np.where(other, OTHER * later, later)
        mask, plant = _slice(level, dice)
        times = float(dice.uniform(2, 5))
        usual = (volume[1] * later)[mask].sum()
        if kind == "rate":
            planted = np.where(mask, np.minimum(times * later, 0.9), later)
            busier = volume[1]
        else:
            planted, busier = later, np.where(mask[0], times * volume[1], volume[1])
        excess = float((busier * planted - volume[1] * later).sum())
        if excess >= max(LEAST, LEAST_SCORE * np.sqrt(usual)):
            windows = ((volume[0], rates), (busier, planted))
            return Surge(_drawn(windows, dice), plant, kind, excess)
    raise ValueError(f"no plant of {level} is large enough")


def _shop(dice: np.random.Generator) -> tuple[Floats, Floats]:
    """How much is written `[p, s, v]`, and how often a review complains of an aspect."""
    popular = dice.lognormal(0, 0.7, PRODUCTS)[:, None] * dice.dirichlet(
        10 * np.array([0.45, 0.27, 0.18, 0.1]), PRODUCTS
    )
    volume = popular[..., None] * dice.dirichlet(np.array([1.0, 2, 5, 6, 0.4]), PRODUCTS)[:, None]
    rates = 0.12 / np.arange(1, ASPECTS + 1) ** 0.7
    logs = (
        np.log(rates)[:, None, None, None]
        + 0.3 * dice.normal(size=(1, PRODUCTS, 1, 1))
        + 0.2 * dice.normal(size=(1, 1, SOURCES, 1))
        + 0.15 * dice.normal(size=(1, 1, 1, VERSIONS))
        + 0.35 * dice.normal(size=(ASPECTS, PRODUCTS, 1, 1))
        + 0.15 * dice.normal(size=(ASPECTS, 1, SOURCES, 1))
        + 0.15 * dice.normal(size=(ASPECTS, 1, 1, VERSIONS))
    )
    return volume, np.minimum(np.exp(logs), 0.4)


def _rollout(dice: np.random.Generator) -> Floats:
    """The newest version is written of more, the others less, by product `[p, 1, v]`."""
    times = np.ones((PRODUCTS, 1, VERSIONS))
    times[:, 0, -1] = dice.uniform(2, 12, PRODUCTS)
    times[:, 0, :-1] = dice.uniform(0.5, 1, PRODUCTS)[:, None]
    return times


def _slice(level: str, dice: np.random.Generator) -> tuple[NDArray[np.bool_], Slice]:
    mask = np.ones(SHAPE, dtype=bool)
    plant = []
    for axis, (name, size) in enumerate(zip(NAMES, SHAPE, strict=True)):
        if name in level.split("-"):
            value = int(dice.integers(size))
            inside = np.arange(size) == value
            mask &= inside.reshape([-1 if axis == k else 1 for k in range(4)])
            plant.append((name, f"{name[0]}{value}"))
    return mask, tuple(plant)


def _drawn(
    windows: tuple[tuple[Floats, Floats], tuple[Floats, Floats]], dice: np.random.Generator
) -> SurgeTable:
    """Counts: reviews by negative binomial, complaints of one review hang together by its mood."""
    volumes, complaints = [], []
    for mean, rates in windows:
        spread = dice.gamma(20, 1 / 20, mean.shape)
        volume = dice.poisson(mean * spread)
        shape = np.maximum(2.0 * volume, 1.0)
        mood = np.where(volume > 0, dice.gamma(shape) / shape, 1.0)
        volumes.append(volume.astype(float))
        chances = np.minimum(rates * mood[None], 0.95)
        complaints.append(dice.binomial(np.broadcast_to(volume, SHAPE), chances).astype(float))
    strata = [
        (f"p{p}", f"s{s}", f"v{v}")
        for p in range(PRODUCTS)
        for s in range(SOURCES)
        for v in range(VERSIONS)
    ]
    return SurgeTable(
        NAMES,
        tuple(f"a{a}" for a in range(ASPECTS)),
        tuple(strata),
        np.stack([part.ravel() for part in volumes]),
        np.stack([part.reshape(ASPECTS, -1) for part in complaints]),
    )
