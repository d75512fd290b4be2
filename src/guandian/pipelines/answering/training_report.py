"""What a training of models gained, on pairs that it has not seen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from guandian.assist.answers.knowledge import Knowledge
from guandian.assist.answers.passages import Passage
from guandian.assist.answers.retriever import Retriever, Way
from guandian.evaluation.intervals.bootstrap import Interval
from guandian.pipelines.answering.held_out_pairs import PairSplit
from guandian.pipelines.answering.refusal_thresholds import AnsweredQuestion
from guandian.pipelines.answering.retrieval_scores import (
    figures_of_lists,
    first_places,
    gain,
    signals_for,
    ways_of,
)

MOST_PASSAGES = 2000
Figures = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What a training gained.

    Attributes:
        before, after: by list hit@5, MRR and shared documents, with the untrained models and with
            those that were kept.
        gain: of MRR, of all lists together after the training over the same before it.
        dense_gain: likewise, of vectors alone.
        reread_gain: of reading again over not; None where no scorer was trained.
        trained: whether the trained encoder was kept: the interval of its vectors' gain lies above
            nought, and all lists together lose nothing.
        reread: whether the scorer was kept: the interval of its gain lies above nought.
        refused: share of held-out questions refused once their answer is taken away.
        sizes: pairs learned from, held out and labelled, and passages that were looked through.
    """

    before: Figures
    after: Figures
    gain: Interval
    dense_gain: Interval
    reread_gain: Interval | None
    trained: bool
    reread: bool
    refused: float
    sizes: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        values: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return values


def examination(split: PairSplit) -> tuple[Knowledge, list[AnsweredQuestion]]:
    """At most 2,000 answers as passages without their questions, and the held-out questions."""
    held_out = dict.fromkeys(pair.answer for pair in split.held_out)
    texts = [*dict.fromkeys([*held_out, *(pair.answer for pair in split.train)])]
    texts = texts[: max(MOST_PASSAGES, len(held_out))]
    numbers = {text: number for number, text in enumerate(texts)}
    rows = tuple(Passage(str(k), "pairs", k, "reply", "", text) for k, text in enumerate(texts))
    answers: dict[str, set[int]] = {}
    for pair in split.held_out:
        answers.setdefault(pair.question, set()).add(numbers[pair.answer])
    return Knowledge(rows), [AnsweredQuestion(q, frozenset(right)) for q, right in answers.items()]


def list_figures(retriever: Retriever, questions: Sequence[AnsweredQuestion]) -> Figures:
    """Figures of every list of a retriever, as plain numbers."""
    signals = signals_for(retriever, questions)
    rows = {}
    for way in ways_of(retriever):
        scores = figures_of_lists(*first_places(retriever, questions, signals, way))
        rows[str(way)] = {
            "hit@5": scores.hit.value,
            "mrr": scores.mrr.value,
            "shared": scores.shared,
        }
    return rows


def gain_of(
    after: Retriever, before: Retriever, questions: Sequence[AnsweredQuestion], way: Way
) -> Interval:
    """What one retriever gains over another in MRR by one list, paired by question."""
    ours, theirs = (
        first_places(side, questions, signals_for(side, questions), way)[0]
        for side in (after, before)
    )
    return gain(ours, theirs)


def reread_gain(reader: Retriever, questions: Sequence[AnsweredQuestion]) -> Interval:
    """What reading again gains in MRR over the order before it, paired by question."""
    signals = signals_for(reader, questions)
    read, plain = (first_places(reader, questions, signals, way)[0] for way in _READ_AND_NOT)
    return gain(read, plain)


_READ_AND_NOT: tuple[Way, Way] = ("rerank", "fusion")
