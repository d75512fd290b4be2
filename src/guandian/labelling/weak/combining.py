"""Votes on reviews, combined: labels with how likely they are, and how far each source is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from guandian.domain import Labelled, Polarity, Quad
from guandian.errors import GuandianError
from guandian.labelling.weak.label_model import (
    ABSTAINED,
    Floats,
    Integers,
    LabelModel,
    vote_shares,
)
from guandian.labelling.weak.voters import Voter

_POLARITIES = tuple(Polarity)
_ABSENT, _THERE = 0, 1


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One source, by the votes alone.

    Attributes:
        name: of the source.
        votes: how many it cast.
        coverage: of all items, the share that it voted on.
        overlap: of its votes, those on items that another voted on too.
        conflicts: of its votes, those that another one contradicts.
        accuracy: of its votes, the share that is right, as the label model has it.
    """

    name: str
    votes: int
    coverage: float
    overlap: float
    conflicts: float
    accuracy: float

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, eq=False)
class Combined:
    """What came of votes on one task.

    Attributes:
        records: the reviews with labels that are sure enough, in the order they came in.
        probability: of the label of each; of opinions the least sure decision of the review.
        unsure: reviews that somebody voted on, and whose label is not sure enough.
        silent: reviews of which every source abstained.
        sources: each source.
        model: the label model.
        differs: of the labels, how many the majority would have given otherwise, or left open.
    """

    records: tuple[Labelled, ...]
    probability: tuple[float, ...]
    unsure: int
    silent: int
    sources: tuple[SourceReport, ...]
    model: LabelModel
    differs: int


def combine_votes(
    voters: Sequence[Voter], records: Sequence[Labelled], *, opinions: bool = False,
    surer: float = 0.7,
) -> Combined:  # fmt: skip
    """Combine votes on the sentiment of reviews, or on their opinions.

    Of opinions each that any source sees is an item of its own: sources that read the review say
    that it is there, exactly so, or that it is not.

    Args:
        voters: the sources; those without a vote on this task are left out.
        records: the reviews, no two of one text.
        opinions: whether opinions are voted on, and not the sentiment.
        surer: how likely a label must be to be given.

    Raises:
        GuandianError: fewer than three sources vote on it.
    """
    if opinions:
        return _opinions([voter for voter in voters if voter.opinions], records, surer)
    return _sentiments([voter for voter in voters if voter.sentiments], records, surer)


def sentiment_votes(voters: Sequence[Voter], records: Sequence[Labelled]) -> Integers:
    """What each source says of the sentiment of each review, [N, S], as a label model takes it."""
    votes = np.full((len(records), len(voters)), ABSTAINED, np.int64)
    for column, voter in enumerate(voters):
        for row, record in enumerate(records):
            polarity = voter.sentiments.get(record.text)
            if polarity is not None:
                votes[row, column] = _POLARITIES.index(polarity)
    return votes


def _sentiments(voters: Sequence[Voter], records: Sequence[Labelled], surer: float) -> Combined:
    votes = sentiment_votes(voters, records)
    model = LabelModel.fit(votes, len(_POLARITIES))
    likely, shares = model.posterior(votes), vote_shares(votes, len(_POLARITIES))
    voted = (votes != ABSTAINED).any(1)
    given = voted & (likely.max(1) >= surer)
    labels = likely.argmax(1)
    labelled = tuple(
        replace(records[row], sentiment=_POLARITIES[labels[row]])
        for row in np.flatnonzero(given).tolist()
    )
    return Combined(
        labelled,
        tuple(likely.max(1)[given].tolist()),
        int((voted & ~given).sum()),
        int((~voted).sum()),
        _reports(voters, votes, likely),
        model,
        int((shares[given, labels[given]] <= 0.5).sum()),
    )


def _opinions(voters: Sequence[Voter], records: Sequence[Labelled], surer: float) -> Combined:
    items: list[tuple[int, Quad]] = []
    rows: list[list[int]] = []
    read = np.zeros(len(records), bool)
    for row, record in enumerate(records):
        answers = [voter.opinions.get(record.text) for voter in voters]
        read[row] = any(answer is not None for answer in answers)
        for quad in dict.fromkeys(quad for answer in answers for quad in answer or ()):
            items.append((row, quad))
            rows.append(
                [ABSTAINED if answer is None else int(quad in answer) for answer in answers]
            )
    if not items:
        raise GuandianError("no source sees an opinion", "combine sentiments: leave --opinions out")
    votes = np.array(rows, np.int64)
    model = LabelModel.fit(votes, 2)
    likely, shares = model.posterior(votes), vote_shares(votes, 2)
    quads: list[list[Quad]] = [[] for _ in records]
    sure, differs = np.ones(len(records)), 0
    for (row, quad), chance, share in zip(items, likely[:, _THERE], shares[:, _THERE], strict=True):
        sure[row] = min(sure[row], max(chance, 1 - chance))
        if chance > 0.5:
            quads[row].append(quad)
        differs += (chance > 0.5) != (share > 0.5)
    given = read & (sure >= surer)
    labelled = tuple(
        replace(records[row], quads=tuple(quads[row])) for row in np.flatnonzero(given).tolist()
    )
    return Combined(
        labelled,
        tuple(sure[given].tolist()),
        int((read & ~given).sum()),
        int((~read).sum()),
        _reports(voters, votes, likely),
        model,
        differs,
    )


def _reports(voters: Sequence[Voter], votes: Integers, likely: Floats) -> tuple[SourceReport, ...]:
    cast = votes != ABSTAINED
    reports = []
    for column, voter in enumerate(voters):
        mine = cast[:, column]
        others = np.delete(votes, column, axis=1)[mine]
        own = votes[mine, column]
        total = max(int(mine.sum()), 1)
        spoken = others != ABSTAINED
        against = spoken & (others != own[:, None])
        reports.append(
            SourceReport(
                voter.name,
                int(mine.sum()),
                float(mine.mean()),
                float(spoken.any(1).sum() / total),
                float(against.any(1).sum() / total),
                float(likely[mine, own].sum() / total),
            )
        )
    return tuple(reports)
