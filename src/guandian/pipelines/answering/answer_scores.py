"""How good answers are on questions that people asked: found, quoted, refused, contradicted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from guandian.assist.answers.answerer import Answerer
from guandian.assist.answers.knowledge import Knowledge
from guandian.assist.answers.refusing.answerability import Answerability
from guandian.assist.answers.retriever import Retriever, Way
from guandian.errors import BadRow, GuandianError
from guandian.files.columns.values import as_text
from guandian.files.formats.plain_rows import table_rows
from guandian.files.formats.source import refuse_missing
from guandian.files.table import Rejected
from guandian.pipelines.answering.refusal_thresholds import (
    AnsweredQuestion,
    RefusalRates,
    asked_twice,
    crossed,
    refusal,
)
from guandian.pipelines.answering.retrieval_scores import (
    ListFigures,
    figures_of_lists,
    first_places,
    signals_for,
    ways_of,
)
from guandian.text.letters import letters

_QUESTION = ("question", "query", "问题")
_ANSWER = ("answer", "source", "答案", "来源")
LEAST_FOR_REFUSAL = 10


@dataclass(frozen=True, slots=True)
class AnswerScores:
    """Figures of an answerer.

    Attributes:
        lists: of every list, hit@5, MRR and shared documents.
        quoted: share of the questions that were answered whose answer stands in what was quoted;
            of FAQs, whose right entry was quoted.
        answered: share that were answered at all, at the given threshold.
        refusal: with a threshold fitted to other questions of the set; None where there are
            fewer than ten.
        questions, passages: numbers.
    """

    lists: Mapping[Way, ListFigures]
    quoted: float
    answered: float
    refusal: RefusalRates | None
    questions: int
    passages: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ExamQuestion:
    """A question, the passages that answer it, and the words that the answer must hold."""

    query: AnsweredQuestion
    words: tuple[str, ...]


def read_questions(path: Path, knowledge: Knowledge) -> list[ExamQuestion]:
    """Questions with what answers them: words that stand in the passage, or ids of passages.

    A table has `question` and `answer` (or `source`); several are divided by `|`, and in JSON
    Lines may be a list.

    Raises:
        BadRow: a row whose answer stands in no passage.
        GuandianError: the file is missing, or lacks a column.
    """
    refuse_missing(str(path))
    plain = [letters(passage.text) for passage in knowledge.passages]
    numbers = {passage.id: number for number, passage in enumerate(knowledge.passages)}
    questions = []
    with ExitStack() as closing:
        for row in table_rows(path, closing):
            if isinstance(row, Rejected):
                raise row.error
            names = {name.strip().casefold(): name for name in row.values}
            columns = [
                next((names[name] for name in known if name in names), None)
                for known in (_QUESTION, _ANSWER)
            ]
            if columns[0] is None or columns[1] is None:
                raise GuandianError(
                    f"{path} has no columns question and answer: {', '.join(row.values)}",
                    "name them question and answer",
                )
            text = (as_text(row.values[columns[0]]) or "").strip()
            words = _several(row.values[columns[1]])
            right = {numbers[word] for word in words if word in numbers}
            if not right:
                right = {
                    number
                    for number, passage in enumerate(plain)
                    if any(letters(word) in passage for word in words)
                }
            if not text or not right:
                where = str(path), row.line, columns[1] if text else columns[0]
                raise BadRow(*where, "it stands in no passage" if text else "it is empty")
            questions.append(ExamQuestion(AnsweredQuestion(text, frozenset(right)), words))
    return questions


def _several(cell: object) -> tuple[str, ...]:
    rows = cell if isinstance(cell, list) else re.split(r"\s*\|\s*", as_text(cell) or "")
    return tuple(word.strip() for row in rows if (word := as_text(row) or "").strip())


def score_exam(
    retriever: Retriever, answerability: Answerability, questions: Sequence[ExamQuestion]
) -> AnswerScores:
    """Ask all questions.

    Args:
        retriever: with the knowledge.
        answerability: whose threshold decides `answered`.
        questions: one or more.
    """
    queries = [entry.query for entry in questions]
    signals = signals_for(retriever, queries)
    lists = {
        way: figures_of_lists(*first_places(retriever, queries, signals, way))
        for way in ways_of(retriever)
    }
    answerer = Answerer(retriever, answerability)
    answers = [answerer.answer(entry.query.question) for entry in questions]
    ids = [passage.id for passage in retriever.knowledge.passages]
    hits = [
        any(letters(word) in letters(answer.text) for word in entry.words)
        or bool({s.source for s in answer.sentences} & {ids[k] for k in entry.query.answers})
        for entry, answer in zip(questions, answers, strict=True)
        if not answer.abstained
    ]
    rates = None
    if len(queries) >= LEAST_FOR_REFUSAL:
        rates = refusal(*crossed(asked_twice(retriever, queries)))
    return AnswerScores(
        lists,
        float(np.mean(hits)) if hits else 0.0,
        len(hits) / max(len(questions), 1),
        rates,
        len(questions),
        len(retriever.knowledge),
    )
