"""Net sentiment as the labels would have it: corrected for what a model misses and makes up.

A model that finds three praises in four but every other complaint paints too fair a picture,
however many reviews it reads. What it finds and misses of each polarity is measured on labelled
reviews; the number found of each is multiplied by (precision / recall), and the interval joins
three doubts: the reviews are a sample, the rates were measured on few, and other kinds of product
than those measured have other rates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Polarity
from guandian.evaluation.intervals.bootstrap import Interval
from guandian.evaluation.intervals.wilson import clustered_ends
from guandian.evaluation.metrics.matching import best_matching, spans_meet
from guandian.evaluation.metrics.tuples import QuadLike
from guandian.evaluation.sentiment_shares import SentimentRates
from guandian.text.letters import letters

ORDER = (Polarity.POSITIVE, Polarity.NEUTRAL, Polarity.NEGATIVE)
"""The order of every array with one entry a polarity."""

Floats = NDArray[np.float64]
_COUNTS = ("found", "missed", "right", "wrong")
_SIGNS = np.array([1.0, 0.0, -1.0])
_PRIOR = 1 / 3
"""Added to what was seen of each polarity in the draws, so that none is ever impossible."""
_LEAST = 10


@dataclass(frozen=True, slots=True)
class PolarityRates:
    """The opinions that a system finds and misses of each polarity, on labelled reviews.

    Attributes:
        reviews, groups: labelled reviews, and the kinds of product (or sets) that they are of.
        counts: `[3, 4]` by `ORDER`: labelled opinions found and missed, answers right and wrong.
        spread: `[3, 3]`, covariance of the logarithms of `factors` over samples of such reviews.
        between: how far from kind to kind the logarithm of the factor of negative over positive
            varies, and that of neutral over both; variances, 0 where one kind was measured.
        sentiment: how the same system answers whole reviews; None where none were labelled.
    """

    reviews: int
    groups: int
    counts: NDArray[np.int64]
    spread: Floats
    between: tuple[float, float] = (0.0, 0.0)
    sentiment: SentimentRates | None = None
    _drawn: dict[tuple[int, int, float], Floats] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def measure(
        cls,
        gold: Sequence[Sequence[QuadLike]],
        predicted: Sequence[Sequence[QuadLike]],
        groups: Sequence[str] | None = None,
        texts: Sequence[str] | None = None,
    ) -> Self:
        """Compare a system's opinions with the labels, review by review in the same order.

        An answer is right where its words meet those of a label of its polarity, one to one;
        categories do not matter.

        Args:
            gold: the labelled opinions of each review.
            predicted: those of the system.
            groups: the kind of product of each review; None where all are of one.
            texts: of the reviews; those of a kind that are equal but for signs and blanks tell no
                more than one of them. None takes each for a text of its own.

        Raises:
            ValueError: when the lengths differ or there are no reviews.
        """
        named = list(groups) if groups is not None else [""] * len(gold)
        if not gold or len(gold) != len(predicted) or len(named) != len(gold):
            raise ValueError(
                f"{len(gold)} labelled, {len(predicted)} answered, {len(named)} groups"
            )
        rows = np.array([_review(ours, its) for ours, its in zip(gold, predicted, strict=True)])
        if texts is not None:
            rows, named = _by_text(rows, named, texts)
        labelled, answered = rows[..., 0] + rows[..., 1], rows[..., 2] + rows[..., 3]
        kinds = [np.array([group == name for group in named]) for name in dict.fromkeys(named)]
        between = _between([(labelled[kind], answered[kind]) for kind in kinds])
        return cls(len(gold), len(kinds), rows.sum(0), _spread(labelled, answered), between)

    @property
    def labelled(self) -> NDArray[np.int64]:
        """Labelled opinions of each polarity `[3]`."""
        return np.asarray(self.counts[:, 0] + self.counts[:, 1])

    @property
    def answered(self) -> NDArray[np.int64]:
        """The system's opinions of each polarity `[3]`."""
        return np.asarray(self.counts[:, 2] + self.counts[:, 3])

    @property
    def recall(self) -> Floats:
        """The share found of the labelled opinions of each polarity `[3]`; 0 where none is."""
        return np.asarray(self.counts[:, 0] / np.maximum(self.labelled, 1))

    @property
    def precision(self) -> Floats:
        """The share right of the opinions found of each polarity `[3]`; 0 where none is."""
        return np.asarray(self.counts[:, 2] / np.maximum(self.answered, 1))

    @property
    def enough(self) -> bool:
        """Tell whether praise and criticism were labelled and found often enough to correct by."""
        return int(min(*self.labelled[::2], *self.answered[::2])) >= _LEAST

    @property
    def factors(self) -> Floats:
        """The factors `[3]` that correct the number found of each polarity."""
        return np.asarray(np.exp(_logs(self.labelled, self.answered)))

    def draws(self, number: int, seed: int, kinds: float = 1) -> Floats:
        """Factors `[number, 3]` that reviews of so many further kinds of product may have."""
        drawn = self._drawn.get((number, seed, kinds))
        if drawn is not None:
            return drawn
        rng = np.random.default_rng(seed)
        means = _logs(self.labelled, self.answered)
        logs = rng.multivariate_normal(means, self.spread, number, "ignore", method="eigh")
        if self.groups > 1:
            # Few kinds tell little of how kinds differ: Student's t.
            far = rng.standard_t(self.groups - 1, (number, 2))
            far *= [sqrt(variance * (1 / kinds + 1 / self.groups)) for variance in self.between]
            logs += np.column_stack([-far[:, 0] / 2, far[:, 1], far[:, 0] / 2])
        self._drawn[number, seed, kinds] = np.exp(logs)
        return self._drawn[number, seed, kinds]

    def to_json(self) -> dict[str, Any]:
        """Every figure by its name, as a manifest or an evaluation holds it."""
        rates = {
            str(polarity): dict(zip(_COUNTS, (int(n) for n in row), strict=True))
            for polarity, row in zip(ORDER, self.counts, strict=True)
        }
        return {
            "reviews": self.reviews,
            "groups": self.groups,
            **rates,
            "spread": [[round(float(value), 12) for value in row] for row in self.spread],
            "between": [round(float(value), 12) for value in self.between],
            **({"sentiment": self.sentiment.to_json()} if self.sentiment else {}),
        }

    @classmethod
    def from_json(cls, rates: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote.

        Raises:
            ValueError: something is missing or is no such number.
        """
        try:
            counts = np.array(
                [[int(rates[polarity][name]) for name in _COUNTS] for polarity in ORDER]
            )
            spread = np.array(rates["spread"], dtype=np.float64)
            negative, neutral = (float(variance) for variance in rates["between"])
            reviews, groups = int(rates["reviews"]), int(rates["groups"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"no rates by polarity: {error!r}") from error
        whole = (counts >= 0).all() and min(negative, neutral) >= 0 and min(reviews, groups) >= 1
        likely = spread.shape == (3, 3) and bool(np.isfinite(spread).all())
        if not (whole and likely and np.linalg.eigvalsh(spread).min() > -1e-6):
            raise ValueError("no rates by polarity: a count or a variance that cannot be")
        answered = rates.get("sentiment")
        sentiment = SentimentRates.from_json(answered) if answered is not None else None
        return cls(reviews, groups, counts, spread, (negative, neutral), sentiment)


@dataclass(frozen=True, slots=True)
class NetCounts:
    """The opinions found in reviews, as far as an interval of their net needs them.

    Attributes:
        totals: opinions of each polarity `[3]`, by `ORDER`; some at least.
        moments: sums over the reviews of products of their numbers of each polarity, `[3, 3]`.
        reviews: reviews with an opinion.
    """

    totals: NDArray[np.int64]
    moments: NDArray[np.int64]
    reviews: int

    @classmethod
    def of(cls, counts: NDArray[np.int64]) -> Self:
        """Count reviews' opinions of each polarity, `[n, 3]`."""
        return cls(counts.sum(0), counts.T @ counts, int((counts.sum(1) > 0).sum()))

    def independent(self, factors: Floats) -> float:
        """The number of independent opinions that would tell the net with these factors as well.

        At most those counted; where all reviews agree, as many as there are reviews.
        """
        total = int(self.totals.sum())
        shares = self.totals / total
        away = factors * (_SIGNS - float(_net(shares * factors)))
        varied = float(away @ self.moments @ away)
        if self.reviews < 2 or varied <= 1e-9 * float(self.moments.sum()):
            return float(self.reviews)
        variance = self.reviews / (self.reviews - 1) * varied / total**2
        return min(float(shares @ away**2) / variance, float(total))

    def sampled(self, level: float = 0.95) -> tuple[float, float]:
        """The ends, -1 to 1, of the interval of the net as found: the doubt of sampling alone."""
        total = int(self.totals.sum())
        mean = (1 + float(_net(self.totals / total))) / 2
        away = (1 + _SIGNS) / 2 - mean
        low, high = clustered_ends(
            mean,
            float(away @ self.moments @ away),
            float(self.moments.sum()),
            self.reviews,
            total,
            level,
        )
        return 2 * low - 1, 2 * high - 1


def corrected_net(
    counts: NetCounts,
    rates: PolarityRates,
    *,
    kinds: float = 1,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Net sentiment, -1 to 1, as if those who label had read the reviews, with its interval.

    A bootstrap: shares of the polarities are drawn as if so many independent opinions had been
    seen as tell as much as these reviews do, and factors as the measured rates allow. Where that is
    narrower than the interval of the net as found, which does not know the second doubt, both ends
    move outwards by equal parts of what lies between them and -1 or 1, until it is as wide.

    Args:
        counts: the opinions that a system found.
        rates: what it finds and misses, measured on labelled reviews.
        kinds: of product that the reviews are of, in equal parts: what is peculiar to each evens
            out; one is the cautious guess.
        level: of the interval.
        resamples: how often is drawn.
        seed: of the draws.
    """
    shares = counts.totals / counts.totals.sum()
    value = float(_net(shares * rates.factors))
    number = counts.independent(rates.factors)
    if counts.reviews > 4:  # the variance of few reviews is itself in doubt, as Student's t has it
        number *= (counts.reviews - 3) / (counts.reviews - 1)
    rng = np.random.default_rng(seed)
    drawn = rng.standard_gamma(number * shares + _PRIOR, (resamples, 3))
    nets = _net(drawn * rates.draws(resamples, seed + 1, kinds))
    low, high = (float(end) for end in np.quantile(nets, [(1 - level) / 2, (1 + level) / 2]))
    low, high = _widened(min(low, value), max(high, value), *counts.sampled(level))
    return Interval(value, low, high, level)


def _widened(low: float, high: float, least: float, most: float) -> tuple[float, float]:
    """Ends, -1 to 1, that are as far apart as `least` and `most` at least."""
    lacking = (most - least) - (high - low)
    if lacking <= 0:
        return low, high
    part = lacking / (2 - (high - low))
    return low - part * (low + 1), high + part * (1 - high)


def _net(amounts: Floats) -> Floats:
    return np.asarray(amounts @ _SIGNS / amounts.sum(-1))


def _review(gold: Sequence[QuadLike], predicted: Sequence[QuadLike]) -> list[list[int]]:
    """The four counts of one review by polarity."""
    rows = []
    for polarity in ORDER:
        ours = [quad for quad in gold if quad.polarity == polarity]
        its = [quad for quad in predicted if quad.polarity == polarity]
        right = len(best_matching([[_meet(label, answer) for answer in its] for label in ours]))
        rows.append([right, len(ours) - right, right, len(its) - right])
    return rows


def _by_text(
    rows: NDArray[np.int64], named: Sequence[str], texts: Sequence[str]
) -> tuple[NDArray[np.int64], list[str]]:
    """Rows `[n, 3, 4]` of equal texts of a kind added up, and the kind of each sum."""
    units: dict[tuple[str, str], int] = {}
    unit_of = [
        units.setdefault((name, letters(text)), len(units))
        for name, text in zip(named, texts, strict=True)
    ]
    sums = np.zeros((len(units), *rows.shape[1:]), np.int64)
    np.add.at(sums, unit_of, rows)
    return sums, [name for name, _ in units]


def _meet(label: QuadLike, answer: QuadLike) -> bool:
    """Tell whether the judging words meet; the judged ones where either side lacks the first."""
    if label.expression and answer.expression:
        return spans_meet(label.expression, answer.expression)
    return spans_meet(label.aspect, answer.aspect)


def _logs(labelled: NDArray[np.int64], answered: NDArray[np.int64]) -> Floats:
    # Half a count more on both sides: a polarity that never came has a logarithm too.
    return np.asarray(np.log((labelled + 0.5) / (answered + 0.5)))


def _spread(labelled: NDArray[np.int64], answered: NDArray[np.int64]) -> Floats:
    """Covariance of the logarithms of the factors `[3, 3]`, of counts a review `[n, 3]`.

    Reviews are the units. Where little was seen of a polarity, as much is added as two counts
    of so few have.
    """
    number = len(labelled)
    ours, its = labelled.sum(0) + 0.5, answered.sum(0) + 0.5
    away = labelled / ours - answered / its
    covariance = away.T @ away * (number / max(number - 1, 1))
    return np.asarray(covariance + np.diag(0.5 / ours**2 + 0.5 / its**2))


def _between(kinds: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> tuple[float, float]:
    """The variance between kinds of product beyond what their few reviews explain."""
    if len(kinds) < 2:
        return 0.0, 0.0
    ways = np.array([[-1.0, 0.0, 1.0], [-0.5, 1.0, -0.5]])
    points = np.array([ways @ _logs(ours.sum(0), its.sum(0)) for ours, its in kinds])
    doubts = np.array([np.diag(ways @ _spread(ours, its) @ ways.T) for ours, its in kinds])
    negative, neutral = (_heterogeneity(points[:, way], doubts[:, way]) for way in (0, 1))
    return negative, neutral


def _heterogeneity(points: Floats, doubts: Floats) -> float:
    """The variance between kinds, on the cautious side: it is larger with a chance of one in four.

    Paule and Mandel's equation, solved for the lower quartile of chi squared instead of its mean,
    for a variance that is guessed too small makes intervals that promise too much.
    """
    freedom = len(points) - 1
    rare = 2 / (9 * freedom)
    quartile = freedom * max(1 - rare - 0.6745 * sqrt(rare), 0.0) ** 3  # Wilson and Hilferty

    def excess(variance: float) -> float:
        weights = 1 / (doubts + variance)
        mean = float(weights @ points / weights.sum())
        return float(weights @ (points - mean) ** 2) - quartile

    low, high = 0.0, 100.0
    if excess(low) <= 0:
        return 0.0
    for _ in range(60):  # halves the range to the last digit of a float
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return high
