"""Texts that a language model labels in place of people, where it agrees with itself and us."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from guandian.domain import Labelled, Mined, Quad, Review
from guandian.domain.records import UNKNOWN_SENTIMENT
from guandian.errors import GuandianError
from guandian.mining.batching import Mines
from guandian.mining.checked_miner import agreeing

if TYPE_CHECKING:
    from guandian.llm import LanguageModel
    from guandian.recipes.sections import Part


class Teacher(NamedTuple):
    """A language model that labels.

    Attributes:
        miner: its opinions, with the share of its answers that have each.
        checker: gives every opinion that it thinks possible; None checks nothing.
        least: confidence of the checker from which an opinion is out of doubt.
    """

    miner: Mines
    checker: Mines | None = None
    least: float = 0.0


def teacher_of_description(path: Path) -> Teacher:
    """The language model of a description, and what checks it.

    Raises:
        GuandianError: as `require_teacher`, or the model cannot be opened.
    """
    from guandian.pipelines.language_models import checker_of, language_miner

    described = require_teacher(path)
    miner = language_miner(described)
    if described.checker is None:
        return Teacher(miner)
    return Teacher(miner, checker_of(described.checker, path.parent), described.checker.least)


def require_teacher(path: Path) -> LanguageModel:
    """Refuse a description by which nothing can be labelled, before anything is asked.

    Raises:
        GuandianError: it is wrong, or keeps no answers.
    """
    from guandian.llm import read_description

    described = read_description(path)
    if described.cache is None:
        raise GuandianError(
            f"{path} labels texts, and keeps no answers: each training would ask, and pay, anew",
            'name a folder: cache = "answers"',
        )
    return described


def label_by_language_model(
    teacher: Teacher, part: Part, records: Sequence[Labelled]
) -> list[Labelled]:
    """The texts whose labels a language model and our own agree on, with its labels alone.

    A text counts for opinions where nothing of the answer was lost, each opinion is in a share of
    at least `part.surer` of the answers and no doubt of the checker (`agreeing` of `least`), and
    the checker is sure (`part.surer`) of none that the answer lacks. For sentiment where the same
    share of the answers say it and the checker says it too. Texts that end without any label are
    left out.

    Args:
        teacher: the language model, and who checks it.
        part: says for what, and how sure.
        records: what people labelled in them is not looked at.
    """
    reviews = [Review(str(index), record.text) for index, record in enumerate(records)]
    answers = teacher.miner.mine(reviews)
    checker, least = teacher.checker, teacher.least
    checks: list[Mined | None] = [*checker.mine(reviews)] if checker else [None] * len(reviews)
    labelled = []
    for record, answer, check in zip(records, answers, checks, strict=True):
        bare = replace(
            record, quads=None, sentiment=None, entities=None, entity_types=(), labels={}, custom=""
        )
        if "opinions" in part.labelled_for and _agree(answer, check, least, part.surer):
            quads = tuple(
                Quad(opinion.aspect, opinion.expression, opinion.category, opinion.polarity)
                for opinion in answer.opinions
            )
            bare = replace(bare, quads=quads)
        if "sentiment" in part.labelled_for and _same_sentiment(answer, check, part.surer):
            bare = replace(bare, sentiment=answer.sentiment.label)
        if bare.quads is not None or bare.sentiment is not None:
            labelled.append(bare)
    return labelled


def _agree(answer: Mined, check: Mined | None, least: float, surer: float) -> bool:
    if answer.warnings or any(opinion.confidence < surer for opinion in answer.opinions):
        return False
    if check is None:
        return True
    doubted = any(agreeing(opinion, check.opinions) < least for opinion in answer.opinions)
    sure = [opinion for opinion in check.opinions if opinion.confidence >= surer]
    return not doubted and all(agreeing(opinion, answer.opinions) for opinion in sure)


def _same_sentiment(answer: Mined, check: Mined | None, surer: float) -> bool:
    sentiment = answer.sentiment
    share = max(sentiment.negative, sentiment.neutral, sentiment.positive)
    if sentiment == UNKNOWN_SENTIMENT or share < surer:
        return False
    return check is None or check.sentiment.label is sentiment.label
