"""How well passages are found: the list by list figures, and one retriever against another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from guandian.assist.answers.retriever import Retriever, Signals, Way
from guandian.evaluation.intervals.bootstrap import Interval
from guandian.evaluation.rankings.ranked_lists import mean_interval
from guandian.pipelines.answering.refusal_thresholds import AnsweredQuestion

HIT, DEPTH = 5, 10
UNRELATED = 50
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ListFigures:
    """What one list is worth.

    Attributes:
        hit: share of questions with a right passage among the first five.
        mrr: mean of 1 over the place of the first right one, of the first ten.
        shared: mean share of documents that the first five for two questions have in common.
    """

    hit: Interval
    mrr: Interval
    shared: float


def ways_of(retriever: Retriever) -> tuple[Way, ...]:
    """The lists that a retriever has."""
    dense: tuple[Way, ...] = ("dense", "fusion") if retriever.encoder is not None else ()
    read: tuple[Way, ...] = ("rerank",) if retriever.scorer is not None else ()
    return ("words", "pairs", "bm25", *dense, *read)


def signals_for(retriever: Retriever, questions: Sequence[AnsweredQuestion]) -> list[Signals]:
    """The scores of all passages for each question, to be ranked in several ways."""
    return [retriever.signals(entry.question) for entry in questions]


def first_places(
    retriever: Retriever,
    questions: Sequence[AnsweredQuestion],
    signals: Sequence[Signals],
    way: Way,
) -> tuple[Floats, list[tuple[int, ...]]]:
    """The place of the first right passage, infinite behind the tenth, and the first five.

    Returns:
        Places [questions], and the lists.
    """
    first = np.full(len(questions), np.inf)
    lists = []
    for number, (entry, seen) in enumerate(zip(questions, signals, strict=True)):
        indexes = [hit.index for hit in retriever.ranked(entry.question, seen, DEPTH, way)]
        lists.append(tuple(indexes[:HIT]))
        right = [rank for rank, index in enumerate(indexes, start=1) if index in entry.answers]
        first[number] = right[0] if right else np.inf
    return first, lists


def figures_of_lists(first: Floats, lists: Sequence[tuple[int, ...]], seed: int = 0) -> ListFigures:
    """Figures of places and lists, as `places` gives them."""
    return ListFigures(
        mean_interval((first <= HIT).astype(np.float64)),
        mean_interval(1 / first),
        shared_documents(lists, seed),
    )


def shared_documents(lists: Sequence[tuple[int, ...]], seed: int = 0) -> float:
    """The mean share of documents that two lists have in common, of fifty drawn questions.

    A retriever that always finds the same few passages shows here.
    """
    size = min(UNRELATED, len(lists))
    drawn = np.random.default_rng(seed).choice(len(lists), size, replace=False)
    sets = [frozenset(lists[k]) for k in drawn]
    shares = [len(a & b) / max(len(a), len(b), 1) for a, b in combinations(sets, 2)]
    return float(np.mean(shares)) if shares else 0.0


def gain(ours: Floats, theirs: Floats, seed: int = 0) -> Interval:
    """The mean of ours minus theirs in reciprocal places, paired by question."""
    return mean_interval(1 / ours - 1 / theirs, seed=seed)


def all_figures(
    retriever: Retriever, questions: Sequence[AnsweredQuestion]
) -> Mapping[Way, ListFigures]:
    """The figures of every list of a retriever."""
    signals = signals_for(retriever, questions)
    return {
        way: figures_of_lists(*first_places(retriever, questions, signals, way))
        for way in ways_of(retriever)
    }
