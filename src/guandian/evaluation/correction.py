"""The net of a tally of opinions, as found or as labels would have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from guandian.domain import Polarity
from guandian.evaluation.intervals.clustered import IntervalEstimate, Tally
from guandian.evaluation.net_sentiment import ORDER, NetCounts, PolarityRates, corrected_net
from guandian.evaluation.sentiment_shares import SentimentShares


@dataclass(frozen=True, slots=True)
class Correction:
    """Turns a tally of opinions as found into the net that labels would have.

    Attributes:
        rates: what the model finds and misses of each polarity.
        kinds: of product that the reviews are of, in equal parts, as `corrected_net` takes them.
        source: where the rates were measured, for people.
    """

    rates: PolarityRates
    kinds: float = 1
    source: str = ""

    @classmethod
    def of(cls, rates: PolarityRates | None, source: str) -> Self | None:
        """By what a model says of itself; None where it says nothing, or saw too few labels."""
        return cls(rates, source=source) if rates is not None and rates.enough else None

    def net(self, tally: Tally, level: float = 0.95) -> IntervalEstimate | None:
        """The corrected net, -1 to 1; None without opinions."""
        if not tally.opinions:
            return None
        counts = NetCounts(np.array(tally.totals()), np.array(tally.moments()), tally.reviews)
        corrected = corrected_net(counts, self.rates, kinds=self.kinds, level=level)
        return IntervalEstimate(corrected.value, corrected.low, corrected.high)

    def of_reviews(self, answered: Mapping[Polarity, int]) -> SentimentShares | None:
        """The corrected shares of whole reviews, counted by the sentiment that they were given.

        None without reviews, or where too few were labelled to correct by.
        """
        rates = self.rates.sentiment
        if rates is None or not rates.enough or not sum(answered.values()):
            return None
        return rates.corrected(answered, self.kinds)

    def told(self) -> dict[str, Any]:
        """The values for the page: recall and precision by polarity, as `ORDER`, of how many."""
        rates = self.rates
        return {
            "reviews": rates.reviews,
            "groups": rates.groups,
            "source": self.source,
            "recall": [round(float(share), 4) for share in rates.recall],
            "precision": [round(float(share), 4) for share in rates.precision],
            "labelled": [int(count) for count in rates.labelled],
        }


def net_of_reviews(
    answered: Mapping[Polarity, int], correction: Correction | None
) -> IntervalEstimate | None:
    """The net of whole reviews, -1 to 1, counted by the sentiment that they were given.

    Corrected where `correction` was measured on whole reviews too, else as found; None without any.
    """
    shares = correction.of_reviews(answered) if correction else None
    if shares:
        return shares.net
    positive, neutral, negative = (answered.get(polarity, 0) for polarity in ORDER)
    return Tally.alone(positive, negative, neutral).net()


def net_of(
    tally: Tally, correction: Correction | None, level: float = 0.95
) -> IntervalEstimate | None:
    """The net as found, or corrected; None without opinions."""
    return correction.net(tally, level) if correction else tally.net(level)
