"""How alike two replies are, and which of many are nearly equal.

Stock answers under every review cost shops reviews, so that nearly equal ones are refused. The
measure: the share of runs that two texts have in common, twice those of both over those of each
(Dice's coefficient over bags), of three letters in Chinese and of two words elsewhere.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

_HAN = re.compile("[\u3400-\u9fff]")
_WORDS = re.compile(r"[^\W_]+")
NEARLY_EQUAL = 0.7
"""Two replies this alike read as one text with a word changed."""

Runs = Counter[str]


@dataclass(frozen=True, slots=True)
class NearEqual:
    """Two replies of a list that are nearly equal.

    Attributes:
        first, second: their places, from 0.
        likeness: from 0 to 1.
    """

    first: int
    second: int
    likeness: float


def runs_of(text: str) -> Runs:
    """The runs of a text with their numbers: three letters in Chinese, two words elsewhere."""
    words = _WORDS.findall(text.lower())
    if _HAN.search(text):
        letters = "".join(words)
        return Counter(letters[k : k + 3] for k in range(max(1, len(letters) - 2)))
    return Counter(_pairs(words))


def _pairs(words: Sequence[str]) -> list[str]:
    """Each word with its follower; of a single word, that word."""
    pairs = [f"{left} {right}" for left, right in pairwise(words)]
    return pairs or list(words)


def likeness(left: str, right: str) -> float:
    """How alike two replies are, from 0 to 1."""
    return runs_likeness(runs_of(left), runs_of(right))


def runs_likeness(left: Runs, right: Runs) -> float:
    """How alike two replies are by their runs."""
    total = left.total() + right.total()
    small, large = (left, right) if len(left) < len(right) else (right, left)
    common = sum(min(count, large[run]) for run, count in small.items() if run in large)
    return 2 * common / total if total else 0.0


class ReplyIndex:
    """Replies that were written, to find the one that a new one is most like."""

    def __init__(self, replies: Iterable[str] = ()) -> None:
        self._totals = array("q")
        self._holders: dict[tuple[str, int], array[int]] = defaultdict(lambda: array("q"))
        for reply in replies:
            self.add(reply)

    def __len__(self) -> int:
        return len(self._totals)

    def add(self, reply: str) -> None:
        """Remember one more reply."""
        runs = runs_of(reply)
        for part in _parts(runs):
            self._holders[part].append(len(self._totals))
        self._totals.append(runs.total())

    def nearest(self, reply: str) -> tuple[int, float]:
        """The number of the reply that a text is most like, from 0, and how much; -1 for none.

        All replies are compared, and of equally like ones the first is told.
        """
        runs = runs_of(reply)
        holders = [self._holders[part] for part in _parts(runs) if part in self._holders]
        if not holders:
            return -1, 0.0
        numbers = np.concatenate([np.frombuffer(places, np.int64) for places in holders])
        common = np.bincount(numbers, minlength=len(self))
        totals = np.array(self._totals, dtype=np.int64) + runs.total()
        values = 2 * common / np.maximum(totals, 1)
        number = int(values.argmax())
        return number, float(values[number])


def _parts(runs: Runs) -> list[tuple[str, int]]:
    """Each run with which time it is: what two bags have in common are equal parts."""
    return [(run, time) for run, count in runs.items() for time in range(count)]


def near_equal(replies: Sequence[str], bar: float = NEARLY_EQUAL) -> tuple[NearEqual, ...]:
    """The nearly equal replies of a list, each later one with the earlier one that it is most like.

    Args:
        replies: texts to different reviews.
        bar: the likeness from which two count.
    """
    index, pairs = ReplyIndex(), []
    for number, reply in enumerate(replies):
        other, value = index.nearest(reply)
        if value >= bar:
            pairs.append(NearEqual(other, number, value))
        index.add(reply)
    return tuple(pairs)
