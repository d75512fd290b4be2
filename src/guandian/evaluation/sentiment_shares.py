"""Shares of praised and criticised reviews as the labels would have them.

A model that takes every tenth complaint for praise tells nearly the truth of a shop of which half
is complaint, and twice the complaint of one that nobody complains of. What it answers to reviews of
each sentiment is measured on labelled reviews; the shares under which it would give the answers
that it gave are the corrected ones: the adjusted count of Forman (2008), for three classes that of
Saerens, Latinne and Decaestecker (2002), clipped to shares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Polarity
from guandian.evaluation.intervals.clustered import IntervalEstimate

Floats = NDArray[np.float64]
_ORDER = (Polarity.POSITIVE, Polarity.NEUTRAL, Polarity.NEGATIVE)
_PRIOR = 1 / 3
"""Added to every count before shares are drawn, so that none is ever impossible."""
_LEAST = 10
_DRAWS = 1000
_SEED = 0


@dataclass(frozen=True, slots=True)
class SentimentShares:
    """Corrected shares of whole reviews.

    Attributes:
        shares: of each polarity, 0 to 1, with 95 % intervals.
        net: positive less negative share, -1 to 1, with its interval.
    """

    shares: Mapping[Polarity, IntervalEstimate]
    net: IntervalEstimate


@dataclass(frozen=True, slots=True)
class SentimentRates:
    """How a system answers whole reviews of each sentiment, on labelled ones.

    Attributes:
        counts: `[3, 3]`, labelled by answered, both in the order positive, neutral, negative.
        certain: `[3]`, independent reviews of each labelled sentiment that tell as much as these,
            which are of few kinds of product.
        between: `[3]`, 0 to 1: how far the answers to each sentiment vary from kind to kind, as a
            correlation of answers within a kind.
    """

    counts: NDArray[np.int64]
    certain: Floats
    between: Floats

    @classmethod
    def measure(
        cls,
        gold: Sequence[Polarity],
        predicted: Sequence[Polarity],
        groups: Sequence[str] | None = None,
    ) -> Self:
        """Compare answers with labels, review by review in the same order.

        Args:
            gold: the labelled sentiments.
            predicted: those of the system.
            groups: the kind of product of each review; None where all are of one.

        Raises:
            ValueError: the lengths differ.
        """
        named = np.array(groups if groups is not None else [""] * len(gold))
        if len(gold) != len(predicted) or len(named) != len(gold):
            raise ValueError(
                f"{len(gold)} labelled, {len(predicted)} answered, {len(named)} groups"
            )
        labels, answers = (
            np.array([_ORDER.index(polarity) for polarity in side], dtype=np.int64)
            for side in (gold, predicted)
        )
        counts = np.zeros((3, 3), np.int64)
        np.add.at(counts, (labels, answers), 1)
        certain, between = np.zeros(3), np.zeros(3)
        for label in range(3):
            own = labels == label
            _, kind = np.unique(named[own], return_inverse=True)
            sizes = np.bincount(kind)
            right = np.bincount(kind[answers[own] == label], minlength=len(sizes))
            between[label] = _within_kinds(right.astype(np.float64), sizes)
            certain[label] = _independent(sizes, float(between[label]))
        return cls(counts, certain, between)

    @property
    def enough(self) -> bool:
        """Tell whether praised and criticised reviews were labelled often enough to correct by."""
        return int(min(self.counts.sum(1)[[0, 2]])) >= _LEAST

    def corrected(self, answered: Mapping[Polarity, int], kinds: float = 1) -> SentimentShares:
        """Return the shares of each sentiment among reviews so answered, with 95 % intervals.

        Sentiments of which fewer than ten reviews were labelled have no share: what the system
        answers to them is not known.

        Args:
            answered: reviews by the sentiment that the system gave them; one at least.
            kinds: of product that they are of; what is peculiar to each evens out.
        """
        seen = np.array([answered.get(polarity, 0) for polarity in _ORDER], dtype=np.float64)
        known = self.counts.sum(1) >= _LEAST
        rows = self.counts / np.maximum(self.counts.sum(1, keepdims=True), 1)
        value = _mixture(rows[None], (seen / seen.sum())[None], known)[0]
        rng = np.random.default_rng(_SEED)
        sampled = rng.dirichlet(seen + _PRIOR, _DRAWS)
        spread = 1 / np.maximum(self.certain, 1) + self.between / kinds
        drawn = np.stack(
            [rng.dirichlet((row + _PRIOR / 9) / (1 + _PRIOR / 3) / width, _DRAWS)
             for row, width in zip(rows, spread, strict=True)], axis=1,
        )  # fmt: skip
        shares = _mixture(drawn, sampled, known)
        ends = np.quantile(shares, [0.025, 0.975], axis=0)
        nets = np.quantile(shares[:, 0] - shares[:, 2], [0.025, 0.975])
        return SentimentShares(
            {
                polarity: _estimate(share, doubt)
                for polarity, share, doubt in zip(_ORDER, value, ends.T, strict=True)
            },
            _estimate(value[0] - value[2], nets),
        )

    def to_json(self) -> dict[str, Any]:
        """Every figure by its name, as a manifest or an evaluation holds it."""
        return {
            "answered": {
                str(polarity): [int(count) for count in row]
                for polarity, row in zip(_ORDER, self.counts, strict=True)
            },
            "certain": [round(float(number), 6) for number in self.certain],
            "between": [round(float(share), 9) for share in self.between],
        }

    @classmethod
    def from_json(cls, rates: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote.

        Raises:
            ValueError: something is missing or is no such number.
        """
        try:
            counts = np.array([[int(n) for n in rates["answered"][key]] for key in _ORDER])
            certain, between = (
                np.array([float(number) for number in rates[name]])
                for name in ("certain", "between")
            )
            right = counts.shape == (3, 3) and certain.shape == between.shape == (3,)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"no rates of whole reviews: {error!r}") from error
        if not (right and counts.min() >= 0 and _finite(certain) and _finite(between)):
            raise ValueError("no rates of whole reviews: a number that cannot be")
        return cls(counts, certain, np.minimum(between, 1.0))


def _mixture(rows: Floats, answered: Floats, known: NDArray[np.bool_]) -> Floats:
    """Shares `[n, 3]` of the known sentiments that explain answers `[n, 3]` best.

    `rows` `[n, 3, 3]` are the answers to each. Least squares under a sum of one; a share below
    nought is nought.
    """
    places = np.flatnonzero(known)
    basis = rows[:, places]
    # Each sentiment but the last as what it adds to the last: the sum of one is then given.
    away = basis[:, :-1] - basis[:, -1:]
    left = answered - basis[:, -1]
    square = away @ away.transpose(0, 2, 1) + 1e-9 * np.eye(len(places) - 1)
    free = np.linalg.solve(square, (away @ left[..., None]))[..., 0]
    shares = np.zeros(answered.shape)
    shares[:, places] = np.maximum(np.column_stack([free, 1 - free.sum(1)]), 0.0)
    return np.asarray(shares / shares.sum(1, keepdims=True))


def _within_kinds(right: Floats, sizes: NDArray[np.int64]) -> float:
    """The correlation of right answers within a kind, by analysis of variance; 0 where unknown.

    Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions (2003), 15.2.
    """
    kinds, number = len(sizes), int(sizes.sum())
    if kinds < 2 or number == kinds:
        return 0.0
    mean = right.sum() / number
    shares = right / sizes
    among = float(sizes @ (shares - mean) ** 2) / (kinds - 1)
    inside = float((sizes * shares * (1 - shares)).sum()) / (number - kinds)
    size = (number - float((sizes**2).sum()) / number) / (kinds - 1)
    whole = among + (size - 1) * inside
    return min(max((among - inside) / whole, 0.0), 1.0) if whole > 0 else 0.0


def _independent(sizes: NDArray[np.int64], correlation: float) -> float:
    """As many independent reviews as tell as much as kinds of these sizes."""
    number = float(sizes.sum())
    if not number:
        return 0.0
    return 1 / ((1 - correlation) / number + correlation * float((sizes**2).sum()) / number**2)


def _estimate(value: float, ends: Floats) -> IntervalEstimate:
    return IntervalEstimate(
        float(value), min(float(ends[0]), float(value)), max(float(ends[1]), float(value))
    )


def _finite(values: Floats) -> bool:
    return bool(np.isfinite(values).all() and (values >= 0).all())
