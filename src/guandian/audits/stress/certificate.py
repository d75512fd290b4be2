"""A promise that no few edits of a review turn the answer, from votes over random deletions.

Huang et al. 2023 (RS-Del, arXiv:2302.01757) and 2024 (CERT-ED, arXiv:2408.00728): a smoothed model
answers what the model says of most copies of a text in which each character is deleted with
probability `p`. An edit (a character inserted, deleted or replaced) touches a copy only where that
character was kept; all `r` edited ones are gone with probability `p ** r`. So where the answer has
more than `1.5 - p ** r` of the votes, no `r` edits turn it. The votes are counted on a sample, and
their share bounded from below by Clopper and Pearson's interval.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log
from random import Random

from guandian.domain import Labelled, Polarity, Sentiment
from guandian.evaluation import QuadPredictor
from guandian.evaluation.intervals.clustered import IntervalEstimate, proportion
from guandian.evaluation.intervals.exact import lower_bound
from guandian.evaluation.metrics.classification import binary_label
from guandian.text.cleaning import clean

SHORT = 50
"""Characters of a short review."""


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How answers are smoothed.

    Attributes:
        deleted: the probability that a character is deleted.
        first: copies from which the answer is chosen.
        copies: further ones, on which its votes are counted.
        level: of the promise: it holds for each review with this probability.
        seed: of what is deleted.
    """

    deleted: float = 0.8
    first: int = 40
    copies: int = 400
    level: float = 0.95
    seed: int = 1

    def radius(self, share: float) -> int:
        """The edits that turn no answer with at least this share of the votes; -1 is no promise."""
        if share <= 0.5:
            return -1
        return floor(log(1.5 - share) / log(self.deleted))


@dataclass(frozen=True, slots=True)
class Certified:
    """What is promised of one review.

    Attributes:
        record: labelled with its sentiment.
        answer: of the smoothed model.
        share: of the votes that it has at least, at the level of the smoothing.
        radius: no so many edits turn the answer; -1 where nothing is promised.
    """

    record: Labelled
    answer: Polarity
    share: float
    radius: int

    @property
    def right(self) -> bool:
        """Tell whether the smoothed model answers as people do."""
        return self.answer is self.record.sentiment

    def holds(self, edits: int) -> bool:
        """Tell whether the answer is right, and is promised to be so after so many edits."""
        return self.right and self.radius >= edits


def certify(
    predictor: QuadPredictor, records: Sequence[Labelled], smoothing: Smoothing, *, binary: bool
) -> list[Certified]:
    """Promise for each record how many edits its smoothed answer withstands.

    Edits are counted over the cleaned text: what the cleaners take away, an edit may not add.

    Args:
        predictor: asked for the sentiment of many short texts.
        records: labelled with a sentiment.
        smoothing: how.
        binary: whether neutral is no answer.
    """
    votes: list[Counter[Polarity]] = []
    chosen: list[Polarity] = []
    for record in records:
        random = Random(f"{smoothing.seed}:{record.id}".encode(errors="surrogatepass"))  # noqa: S311
        text = clean(record.text)[0]
        number = smoothing.first + smoothing.copies
        copies = [_deleted(text, smoothing.deleted, random) for _ in range(number)]
        distinct = list(dict.fromkeys(copies))
        answers = [answer.sentiment for answer in predictor.predict(distinct)]
        label = {c: _label(a, binary) for c, a in zip(distinct, answers, strict=True)}
        first = Counter(label[copy] for copy in copies[: smoothing.first])
        chosen.append(max(first, key=lambda polarity: (first[polarity], polarity.value)))
        votes.append(Counter(label[copy] for copy in copies[smoothing.first :]))
    certified = []
    for record, answer, counts in zip(records, chosen, votes, strict=True):
        share = lower_bound(counts[answer], smoothing.copies, smoothing.level)
        certified.append(Certified(record, answer, share, smoothing.radius(share)))
    return certified


def certified_share(certified: Sequence[Certified], edits: int) -> IntervalEstimate | None:
    """The share of reviews rightly answered and certified against so many edits."""
    return proportion(sum(review.holds(edits) for review in certified), len(certified))


def short_ones(records: Sequence[Labelled], longest: int = SHORT) -> list[Labelled]:
    """The reviews of at most so many characters."""
    return [record for record in records if len(record.text) <= longest]


def _deleted(text: str, probability: float, random: Random) -> str:
    return "".join(character for character in text if random.random() >= probability)


def _label(sentiment: Sentiment | None, binary: bool) -> Polarity:
    if sentiment is None:
        return Polarity.NEUTRAL
    return binary_label(sentiment) if binary else sentiment.label
