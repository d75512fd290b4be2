"""Asks a predictor about labelled reviews and scores every task that both know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np

from guandian.domain import Entity, Label, Labelled, Polarity, Sentiment
from guandian.evaluation.calibration import Calibration, calibrate_report
from guandian.evaluation.error_analysis import ErrorKind, count_differences
from guandian.evaluation.intervals.bootstrap import interval
from guandian.evaluation.metrics.classification import (
    accuracy,
    binary_label,
    label_cells,
    macro_f1,
    score_labels,
)
from guandian.evaluation.metrics.entities import count_entities, score_entities
from guandian.evaluation.metrics.overlap import overlap
from guandian.evaluation.metrics.review_labels import LabelScorer, score_declared
from guandian.evaluation.metrics.tuples import (
    Key,
    Mode,
    QuadLike,
    count_quads,
    exactly_right,
    quad_key,
    score_quads,
)
from guandian.evaluation.net_sentiment import PolarityRates
from guandian.evaluation.results import EntityResult, Evaluation, OpinionResult, SentimentResult
from guandian.evaluation.sentiment_shares import SentimentRates

_ORDER = (Polarity.POSITIVE, Polarity.NEUTRAL, Polarity.NEGATIVE)


class Answer(Protocol):
    """A system's answer to one review: a `Mined` is one. None: it does not do that task."""

    @property
    def opinions(self) -> Sequence[QuadLike] | None:
        """The opinions; those with a `confidence` have it checked."""

    @property
    def sentiment(self) -> Sentiment | None:
        """The sentiment of the whole review."""

    @property
    def entities(self) -> Sequence[Entity] | None:
        """The entities."""

    @property
    def labels(self) -> Mapping[str, Label] | None:
        """Declared labels of the whole review, by name."""


@dataclass(frozen=True, slots=True)
class PlainAnswer:
    """An answer of a system that does some of the tasks, as a rule or a language model may."""

    opinions: tuple[QuadLike, ...] | None = None
    sentiment: Sentiment | None = None
    entities: tuple[Entity, ...] | None = None
    labels: Mapping[str, Label] | None = None


class QuadPredictor(Protocol):
    """A model, a rule or a language model: all are scored alike."""

    def predict(self, texts: Sequence[str]) -> Sequence[Answer]:
        """An answer for each raw review text, in the same order."""


@runtime_checkable
class FollowsCustoms(Protocol):
    """A predictor that tells customs of annotation apart, such as a miner."""

    def by(self, custom: str) -> QuadPredictor:
        """The same by that custom; itself where it does not know it."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of scoring.

    Attributes:
        system, data: names for the report.
        mode: how spans are compared, see `Mode`.
        seed: of the bootstrap and the simulated sampling floor.
        resamples: how often the bootstrap draws.
        tasks: the labels of whole reviews as the system declares them.
        fitted: whether the system's confidence was ever fitted on held-out texts.
    """

    system: str = ""
    data: str = ""
    mode: Mode = "span"
    seed: int = 0
    resamples: int = 1000
    tasks: tuple[LabelScorer, ...] = ()
    fitted: bool = True


def evaluate(
    predictor: QuadPredictor, examples: Sequence[Labelled], options: Options | None = None
) -> Evaluation:
    """Score a predictor on labelled reviews, each task on the reviews annotated for it.

    Raises:
        ValueError: when the predictor does not answer every review once.
    """
    return score_answers(ask(predictor, examples), examples, options)


def ask(predictor: QuadPredictor, examples: Sequence[Labelled]) -> list[Answer]:
    """Answers to the texts of labelled reviews, in their order.

    Each is read by the custom of annotation that its set follows, where the predictor tells customs
    apart: a system that marks more than the annotators did is else called wrong for it.
    """
    if not isinstance(predictor, FollowsCustoms):
        return list(predictor.predict([example.text for example in examples]))
    by_index: dict[int, Answer] = {}
    for custom in dict.fromkeys(example.custom for example in examples):
        indexes = [index for index, example in enumerate(examples) if example.custom == custom]
        system = predictor.by(custom) if custom else predictor
        answers = system.predict([examples[index].text for index in indexes])
        by_index |= dict(zip(indexes, answers, strict=True))
    return [by_index[index] for index in range(len(examples))]


def score_answers(
    answers: Sequence[Answer], examples: Sequence[Labelled], options: Options | None = None
) -> Evaluation:
    """Score the answers that a predictor gave to labelled reviews, as `evaluate` does.

    Raises:
        ValueError: when there is not one answer for each review.
    """
    options = options or Options()
    if len(answers) != len(examples):
        raise ValueError(f"{len(examples)} reviews were asked, {len(answers)} answers came")
    return Evaluation(
        system=options.system,
        data=options.data,
        reviews=len(examples),
        mode=options.mode,
        seed=options.seed,
        fitted=options.fitted,
        opinions=_opinions(examples, answers, options),
        sentiment=_sentiment(examples, answers, options),
        entities=_entities(examples, answers, options),
        labels=score_declared(
            examples, answers, options.tasks, resamples=options.resamples, seed=options.seed
        ),
    )


def _opinions(
    examples: Sequence[Labelled], answers: Sequence[Answer], options: Options
) -> OpinionResult | None:
    rows = [
        (example, example.quads, tuple(answer.opinions))
        for example, answer in zip(examples, answers, strict=True)
        if example.quads is not None and answer.opinions is not None
    ]
    if not rows:
        return None
    texts = [example.text for example, _, _ in rows]
    gold = [quads for _, quads, _ in rows]
    predicted = [quads for _, _, quads in rows]
    compared = texts if options.mode == "text" else None
    counts = count_quads(gold, predicted, texts=texts, mode=options.mode)
    pairs = found_pairs(gold, predicted, compared)
    categories = [
        (label.category or "", guess.category or "") for label, guess in pairs if label.category
    ]
    scores = score_quads(gold, predicted, texts=texts, mode=options.mode)
    errors = count_differences(gold, predicted, texts=compared)
    if not scores.by_category:
        errors.pop(ErrorKind.WRONG_CATEGORY)
    return OpinionResult(
        reviews=len(rows),
        scores=scores,
        intervals={
            name: interval(count, resamples=options.resamples, seed=options.seed)
            for name, count in counts.items()
        },
        errors=errors,
        polarity=score_labels(
            [label.polarity for label, _ in pairs],
            [guess.polarity for _, guess in pairs],
            order=_ORDER,
        ),
        category=score_labels(
            [label for label, _ in categories], [guess for _, guess in categories]
        )
        if categories
        else None,
        calibration=_confidences(gold, predicted, compared, options.seed),
        overlap=overlap(gold, predicted),
        counts=counts,
        rates=replace(
            PolarityRates.measure(
                gold, predicted, [example.group for example, _, _ in rows], texts
            ),
            sentiment=_of_reviews(examples, answers),
        ),
    )


def _of_reviews(examples: Sequence[Labelled], answers: Sequence[Answer]) -> SentimentRates | None:
    rows = [
        (example.sentiment, answer.sentiment.label, example.group)
        for example, answer in zip(examples, answers, strict=True)
        if example.sentiment is not None and answer.sentiment is not None
    ]
    return SentimentRates.measure(*zip(*rows, strict=True)) if rows else None


def found_pairs(
    gold: Sequence[Sequence[QuadLike]],
    predicted: Sequence[Sequence[QuadLike]],
    texts: Sequence[str] | None,
) -> list[tuple[QuadLike, QuadLike]]:
    """The quads of pairs that stand exactly once in the gold and once in the answer.

    Args:
        gold: the annotated quads of each review.
        predicted: those of the answer, or of another annotator.
        texts: compare spans by their characters in these; None compares offsets.
    """
    pairs: list[tuple[QuadLike, QuadLike]] = []
    for index, (ours, theirs) in enumerate(zip(gold, predicted, strict=True)):
        text = texts[index] if texts else None
        labels, guesses = _by_pair(ours, text), _by_pair(theirs, text)
        pairs += [
            (labels[key][0], guesses[key][0])
            for key in labels
            if len(labels[key]) == 1 and len(guesses.get(key, ())) == 1
        ]
    return pairs


def _by_pair(quads: Sequence[QuadLike], text: str | None) -> dict[object, list[QuadLike]]:
    distinct: dict[Key, QuadLike] = {quad_key(q, text, with_category=True): q for q in quads}
    groups: dict[object, list[QuadLike]] = {}
    for key, quad in distinct.items():
        groups.setdefault(key[0], []).append(quad)
    return groups


@runtime_checkable
class _Confident(Protocol):
    @property
    def confidence(self) -> float: ...


def _confidences(
    gold: Sequence[Sequence[QuadLike]],
    predicted: Sequence[Sequence[QuadLike]],
    texts: Sequence[str] | None,
    seed: int,
) -> Calibration | None:
    confidences: list[float] = []
    right: list[bool] = []
    for index, (ours, theirs) in enumerate(zip(gold, predicted, strict=True)):
        confidences += [quad.confidence for quad in theirs if isinstance(quad, _Confident)]
        right += exactly_right(ours, theirs, text=texts[index] if texts else None)
    if not confidences or len(confidences) != len(right):
        return None
    return calibrate_report(np.array(confidences), np.array(right), seed=seed)


def _sentiment(
    examples: Sequence[Labelled], answers: Sequence[Answer], options: Options
) -> SentimentResult | None:
    pairs = [
        (example.sentiment, answer.sentiment)
        for example, answer in zip(examples, answers, strict=True)
        if example.sentiment is not None and answer.sentiment is not None
    ]
    if not pairs:
        return None
    gold = [label for label, _ in pairs]
    binary = Polarity.NEUTRAL not in gold
    predicted = [_label(*pair, binary=binary) for pair in pairs]
    scores = score_labels(gold, predicted, order=_ORDER)
    cells = label_cells(gold, predicted, scores.labels)
    right = np.array([label == guess for label, guess in zip(gold, predicted, strict=True)])
    answered = zip([sentiment for _, sentiment in pairs], predicted, strict=True)
    sure = np.array([_probability(sentiment, label, binary) for sentiment, label in answered])
    draws, seed = options.resamples, options.seed
    return SentimentResult(
        reviews=len(pairs),
        binary=binary,
        scores=scores,
        intervals={
            "accuracy": interval(cells, accuracy, resamples=draws, seed=seed),
            "macro_f1": interval(cells, macro_f1, resamples=draws, seed=seed),
        },
        calibration=calibrate_report(sure, right, seed=seed),
        right=np.column_stack([right, np.ones(len(right))]).astype(np.int64),
    )


def _label(gold: Polarity, sentiment: Sentiment, *, binary: bool) -> Polarity:
    """What is taken for the answer; in a binary set the surer side.

    Who says nothing, such as a model whose answer was unreadable, is wrong, whatever the gold is.
    """
    sided = sentiment.positive != sentiment.negative
    if binary:
        answer = binary_label(sentiment) if sided else None
    else:
        answer = sentiment.label if sided or sentiment.neutral != sentiment.positive else None
    if answer is not None:
        return answer
    return Polarity.NEGATIVE if gold is Polarity.POSITIVE else Polarity.POSITIVE


def _probability(sentiment: Sentiment, label: Polarity, binary: bool) -> float:
    whole = sentiment.negative + sentiment.positive + (0.0 if binary else sentiment.neutral)
    part: float = getattr(sentiment, label.value)
    return min(1.0, max(0.0, part / whole)) if whole > 0 else 0.5


def _entities(
    examples: Sequence[Labelled], answers: Sequence[Answer], options: Options
) -> EntityResult | None:
    rows = [
        (example, example.entities, answer.entities)
        for example, answer in zip(examples, answers, strict=True)
        if example.entities is not None and answer.entities is not None
    ]
    if not rows:
        return None
    gold = [entities for _, entities, _ in rows]
    predicted = [
        [
            entity
            for entity in entities
            if not example.entity_types or entity.type in example.entity_types
        ]
        for example, _, entities in rows
    ]
    counts = count_entities(gold, predicted)
    return EntityResult(
        reviews=len(rows),
        scores=score_entities(gold, predicted),
        interval=interval(counts, resamples=options.resamples, seed=options.seed),
        counts=counts,
    )
