"""A label model: how far each source can be trusted, from nothing but where they agree.

That of Dawid and Skene (1979, Applied Statistics 28, 20-28) with one accuracy a source: each item
has one true class, each source is right with a probability of its own and else says another class,
and expectation and maximisation find both. Sources may abstain, which says nothing of the class, as
in data programming (Ratner et al. 2016, arXiv:1605.07723). As there the balance of the classes is
given and not estimated: of few sources that each know one class the likeliest balance is often that
there is one class alone. It takes sources for independent of each other, given the class: two that
copy each other are believed too much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from guandian.errors import GuandianError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ABSTAINED = -1
_PRIOR_VOTES, _PRIOR_RIGHT = 20.0, 0.7
"""Votes that each source is thought to have cast before, and their share that is right: whoever
writes a rule believes it better than chance, and one that votes twice is not sure."""
_LEAST_OVER_CHANCE, _MOST_RIGHT = 0.05, 0.99
"""Bounds of an accuracy: a vote always counts for its own class, and none is beyond doubt."""
_CLOSE, _MOST_STEPS = 1e-6, 500
_NEVER = 1e-300
"""How common a class is that nobody votes for: it would be free to explain away all conflicts."""


@dataclass(frozen=True, eq=False)
class LabelModel:
    """What was estimated of K classes and S sources.

    Attributes:
        balance: [K], how common each class is, as it was given.
        accuracies: [S], the share of each source's votes that is right.
        steps: of expectation and maximisation.
        converged: whether the last step changed next to nothing.
    """

    balance: Floats
    accuracies: Floats
    steps: int
    converged: bool

    @classmethod
    def fit(cls, votes: Integers, total: int, balance: Sequence[float] | None = None) -> Self:
        """Estimate it from votes, beginning with their majority.

        Args:
            votes: [N, S], 0 to K - 1, or `ABSTAINED`.
            total: K.
            balance: [K], how common each class is; None = those that are voted for, alike.

        Raises:
            GuandianError: fewer than three sources, or no two that vote on the same thing: nothing
                can tell whom to trust.
        """
        if votes.shape[1] < 3:
            raise GuandianError(
                f"sources that vote: {votes.shape[1]}; whom to trust shows from three on alone",
                "name more files, or rules",
            )
        if not ((votes != ABSTAINED).sum(1) > 1).any():
            raise GuandianError(
                "no two sources vote on the same review, so that nothing shows whom to trust",
                "let several sources label the same reviews",
            )
        named = np.isin(np.arange(total), votes).astype(np.float64)
        common = named if balance is None else np.asarray(balance, np.float64)
        common = np.maximum(common / max(common.sum(), _NEVER), _NEVER)
        seen = votes[(votes != ABSTAINED).any(1)]
        belief, model = vote_shares(seen, total), cls(common, np.zeros(0), 0, converged=False)
        for step in range(1, _MOST_STEPS + 1):
            accuracies = _accuracies(seen, belief, int(max(named.sum(), 2)))
            before, model = belief, cls(common, accuracies, step, converged=False)
            belief = model.posterior(seen)
            if np.abs(belief - before).max(initial=0) < _CLOSE:
                return cls(common, accuracies, step, converged=True)
        return model

    def posterior(self, votes: Integers) -> Floats:
        """How likely each class is of items [N, S], as [N, K]; where all abstain, how common."""
        others = max(int((self.balance > _NEVER).sum()) - 1, 1)
        belief = np.tile(np.log(self.balance), (len(votes), 1))
        for source, right in enumerate(self.accuracies):
            rows = np.flatnonzero(votes[:, source] != ABSTAINED)
            # What every class shares falls out: a vote moves its own class alone.
            belief[rows, votes[rows, source]] += np.log(right) - np.log((1 - right) / others)
        belief -= belief.max(1, keepdims=True)
        likely = np.exp(belief)
        return np.asarray(likely / likely.sum(1, keepdims=True))


def _accuracies(votes: Integers, belief: Floats, classes: int) -> Floats:
    """The share of each source's votes that is right where classes are as likely as `belief`."""
    right = []
    for own in votes.T:
        rows = np.flatnonzero(own != ABSTAINED)
        total = belief[rows, own[rows]].sum() + _PRIOR_VOTES * _PRIOR_RIGHT
        right.append(total / (len(rows) + _PRIOR_VOTES))
    return np.asarray(np.clip(right, 1 / classes + _LEAST_OVER_CHANCE, _MOST_RIGHT))


def vote_shares(votes: Integers, total: int) -> Floats:
    """Shares of the votes for each class, [N, K]; even where all abstain."""
    counts = np.stack([(votes == k).sum(1) for k in range(total)], axis=1).astype(np.float64)
    cast = counts.sum(1, keepdims=True)
    return np.where(cast > 0, counts / np.maximum(cast, 1), 1 / total)
