"""A test that may be looked at after every observation: a bet that a thing is no worse.

Each comparison that one side wins is a coin. While the new one is not worse, it loses at most every
other of them, and a gambler who bets on its losing wins nothing on average: the chance that the
capital ever grows to 1 / alpha is at most alpha, whenever one looks (Ville's inequality; testing by
betting: Shafer 2021, J. R. Stat. Soc. A 184, 407-431).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

STAKES = (0.2, 0.5, 0.8)
"""Shares of the capital that three gamblers bet: a slight loser is told late, a bad one soon."""


@dataclass(frozen=True, slots=True)
class Wager:
    """What came of betting that a thing loses.

    Attributes:
        wins, losses: comparisons that it won and lost; ties are no bet.
        capital: of 1 at the start, at its highest so far.
    """

    wins: int = 0
    losses: int = 0
    capital: float = 1.0

    def crossed(self, alpha: float) -> bool:
        """Whether it is worse, by a test that errs with a chance of `alpha` however often asked."""
        return self.capital >= 1 / alpha


def wager(outcomes: Iterable[int]) -> Wager:
    """Bet on each outcome in its order: above 0 it won, below 0 it lost."""
    wins = losses = 0
    capitals, highest = [1.0] * len(STAKES), 1.0
    for outcome in outcomes:
        if not outcome:
            continue
        lost = outcome < 0
        wins, losses = wins + (not lost), losses + lost
        capitals = [
            capital * (1 + stake if lost else 1 - stake)
            for capital, stake in zip(capitals, STAKES, strict=True)
        ]
        highest = max(highest, sum(capitals) / len(capitals))
    return Wager(wins, losses, highest)
