"""Combined labels held against labels of people: the label model, the majority, each source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from guandian.domain import Labelled, Polarity
from guandian.evaluation.intervals.bootstrap import PairedDifference, paired_difference
from guandian.evaluation.intervals.wilson import wilson_ends
from guandian.labelling.weak.combining import sentiment_votes
from guandian.labelling.weak.label_model import ABSTAINED, LabelModel, vote_shares
from guandian.labelling.weak.voters import Voter

_POLARITIES = tuple(Polarity)


@dataclass(frozen=True, slots=True)
class Right:
    """How often somebody is right, of the reviews that people labelled and they spoke of.

    Attributes:
        name: of a source, or empty.
        labels: how many they gave.
        share: of these, the right ones; 0 where they gave none.
        low, high: its 95 % interval.
    """

    name: str
    labels: int
    share: float
    low: float
    high: float

    @classmethod
    def of(cls, name: str, hits: Sequence[bool]) -> Right:
        """From whether each label is right."""
        if not hits:
            return cls(name, 0, 0.0, 0.0, 1.0)
        share = float(np.mean(hits))
        return cls(name, len(hits), share, *wilson_ends(share, len(hits)))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class GoldCheck:
    """Combined sentiments against those of people.

    Attributes:
        model: the label model, on every review that a source voted on.
        majority: the same reviews by the most votes; a tie is the commoner label's.
        sources: each source on its own votes.
        best: the source that is right most often of those with half of the reviews, also where it
            abstains: there the commonest label stands; None where no source has so many.
        over_majority: the label model less the majority, on the same reviews.
        over_best: the label model less the best source, on the same reviews.
    """

    model: Right
    majority: Right
    sources: tuple[Right, ...]
    best: Right | None
    over_majority: PairedDifference
    over_best: PairedDifference | None


def check_sentiments(
    voters: Sequence[Voter], records: Sequence[Labelled], gold: Mapping[str, Polarity]
) -> GoldCheck | None:
    """Fit the label model on all votes and hold it against people's labels, by text.

    Returns:
        None where people labelled none of the reviews that were voted on.
    """
    votes = sentiment_votes(voters, records)
    model = LabelModel.fit(votes, len(_POLARITIES))
    likely, shares = model.posterior(votes), vote_shares(votes, len(_POLARITIES))
    cast = votes != ABSTAINED
    common = np.bincount(votes[cast], minlength=len(_POLARITIES))
    rows = [row for row, record in enumerate(records) if cast[row].any() and record.text in gold]
    if not rows:
        return None
    true = np.array([_POLARITIES.index(gold[records[row].text]) for row in rows])
    by_model = likely[rows].argmax(1) == true
    # A thousandth of how common a label is decides ties alone.
    by_most = (shares[rows] + 1e-3 * common / common.sum()).argmax(1) == true
    sources, filled = [], []
    for column, voter in enumerate(voters):
        own = votes[rows, column]
        spoke = own != ABSTAINED
        sources.append(Right.of(voter.name, (own[spoke] == true[spoke]).tolist()))
        if spoke.mean() >= 0.5:
            hits = np.where(spoke, own, common.argmax()) == true
            filled.append((float(hits.mean()), voter.name, hits))
    best = max(filled, key=lambda entry: entry[0]) if filled else None
    return GoldCheck(
        Right.of("", by_model.tolist()),
        Right.of("", by_most.tolist()),
        tuple(sources),
        None if best is None else Right.of(best[1], best[2].tolist()),
        _less(by_model, by_most),
        None if best is None else _less(by_model, best[2]),
    )


def _less(ours: np.ndarray[Any, Any], theirs: np.ndarray[Any, Any]) -> PairedDifference:
    def counts(hits: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.int64]]:
        return np.stack([hits.astype(np.int64), np.ones(len(hits), np.int64)], axis=1)

    return paired_difference(counts(ours), counts(theirs), lambda sums: sums[..., 0] / sums[..., 1])
