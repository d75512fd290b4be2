"""Several systems on the same reviews: what one does better, class by class and error by error."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from guandian.domain import Labelled
from guandian.evaluation.error_analysis import ErrorKind, quad_errors
from guandian.evaluation.evaluate import Answer, Options, QuadPredictor, ask, score_answers
from guandian.evaluation.intervals.bootstrap import PairedDifference, paired_difference
from guandian.evaluation.metrics.classification import binary_label
from guandian.evaluation.metrics.scores import PRF, Counts
from guandian.evaluation.metrics.tuples import MEASURES, QuadLike, has_categories, quad_key
from guandian.evaluation.results import FORMAT as EVALUATION_FORMAT
from guandian.evaluation.results import (
    Evaluation,
    Spread,
    compare_evaluations,
    headline,
    over_seeds,
)

FORMAT = "guandian-comparison/1"
Keyed = Mapping[Hashable, str]
"""The items of one review, by which two are equal, each with its class."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A system's answers, and how they score.

    Attributes:
        evaluation: of the answers.
        examples: what it was scored on: without categories where it does not know the gold's.
        answers: to the same reviews.
    """

    evaluation: Evaluation
    examples: Sequence[Labelled]
    answers: Sequence[Answer]


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class or category under every system.

    Attributes:
        name: of the class.
        gold: how often it was annotated.
        scores: of each system; None where it was not scored by this.
        gains: of each system but the first: its F1 less the first one's.
    """

    name: str
    gold: int
    scores: tuple[PRF | None, ...]
    gains: tuple[PairedDifference | None, ...]


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One wrong opinion and the systems that made this error.

    Attributes:
        gold, predicted: one of them is None where it was missed or spurious.
        by: for each system, whether it is wrong in this way.
    """

    kind: ErrorKind
    review: Labelled
    gold: QuadLike | None
    predicted: QuadLike | None
    by: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Systems on one set; the first is the one that the others are compared with.

    Attributes:
        evaluations: of each system.
        gains: for each system but the first, by measure: its figure less the first one's.
        classes: rows by what they are classes of: `category`, `polarity` (of opinions),
            `sentiment`, `entities` or `label.NAME`.
        errors: of opinions; each once, with who makes it.
    """

    evaluations: tuple[Evaluation, ...]
    gains: tuple[Mapping[str, PairedDifference], ...]
    classes: Mapping[str, Sequence[ClassRow]]
    errors: Sequence[ErrorRow]

    @property
    def figures(self) -> dict[str, tuple[float | None, ...]]:
        """Each measure of any system, for all of them; None where it has none that compares."""
        columns = [headline(evaluation) for evaluation in self.evaluations]
        for values, alone in zip(columns, self._without_categories, strict=True):
            if alone:
                del values["relaxed"]
        names = dict.fromkeys(name for values in columns for name in values)
        return {name: tuple(values.get(name) for values in columns) for name in names}

    def counts(self, kind: ErrorKind) -> tuple[int | None, ...]:
        """The number of errors of a kind that each system makes; None where it cannot make any."""
        rows = [row.by for row in self.errors if row.kind is kind]
        return tuple(
            None if alone and kind is ErrorKind.WRONG_CATEGORY else sum(by[index] for by in rows)
            for index, alone in enumerate(self._without_categories)
        )

    @property
    def _without_categories(self) -> list[bool]:
        """Tell of each system whether it alone was judged without categories."""
        aware = [
            evaluation.opinions and evaluation.opinions.with_categories
            for evaluation in self.evaluations
        ]
        return [has is False and any(aware) for has in aware]

    def to_json(self) -> dict[str, object]:
        """Every figure by its name; the errors as they are counted."""
        first, *others = self.evaluations
        return {
            "data": first.data,
            "systems": [evaluation.to_json() for evaluation in self.evaluations],
            "against_first": [
                {"system": other.system, **{name: gain.to_json() for name, gain in gains.items()}}
                for other, gains in zip(others, self.gains, strict=True)
            ],
            "classes": {kind: [_row(row) for row in rows] for kind, rows in self.classes.items()},
            "errors": [
                {"kind": row.kind.value, "review": row.review.id, "systems": self._by(row)}
                for row in self.errors
            ],
        }

    def _by(self, row: ErrorRow) -> list[str]:
        verdicts = zip(self.evaluations, row.by, strict=True)
        return [evaluation.system for evaluation, wrong in verdicts if wrong]


@dataclass(frozen=True, slots=True)
class Report:
    """An evaluation and, where others answered the same reviews, how they compare with it.

    Attributes:
        evaluation: of the system.
        comparison: that system first, then the others; None where it stands alone.
        seeds: evaluations of the same training under other seeds.
    """

    evaluation: Evaluation
    comparison: SideBySide | None = None
    seeds: tuple[Evaluation, ...] = ()

    def over_seeds(self) -> dict[str, Spread]:
        """The spread of each figure over the training seeds; empty with one seed."""
        return over_seeds((self.evaluation, *self.seeds))

    def to_json(self) -> dict[str, object]:
        """The evaluation, the comparison as `guandian runs compare` has it, and the seeds.

        `baselines` says the same the other way round, for readers of before.
        """
        compared = self.comparison
        others = compared.evaluations[1:] if compared else ()
        return {
            "format": EVALUATION_FORMAT,
            **self.evaluation.to_json(),
            "comparison": compared and compared.to_json(),
            "baselines": [
                {**other.to_json(), "paired": _paired(self.evaluation, other)} for other in others
            ],
            "over_seeds": {key: asdict(spread) for key, spread in self.over_seeds().items()},
        }


def contend(predictor: QuadPredictor, examples: Sequence[Labelled], options: Options) -> Contender:
    """Ask a system about labelled reviews once, and score it.

    Raises:
        ValueError: as `evaluate`.
    """
    answers = ask(predictor, examples)
    return Contender(score_answers(answers, examples, options), examples, answers)


def set_side_by_side(contenders: Sequence[Contender]) -> SideBySide:
    """Compare systems with the first of them, all on the same reviews in the same order.

    Raises:
        ValueError: when they were not asked about the same reviews.
    """
    texts = {tuple(row.text for row in contender.examples) for contender in contenders}
    if len(texts) != 1:
        raise ValueError("the systems were asked about different reviews")
    first, *others = contenders
    return SideBySide(
        tuple(contender.evaluation for contender in contenders),
        tuple(compare_evaluations(other.evaluation, first.evaluation) for other in others),
        dict(_classes(contenders)),
        _errors(contenders),
    )


def _paired(ours: Evaluation, theirs: Evaluation) -> dict[str, object]:
    gains = {name: gain.to_json() for name, gain in compare_evaluations(ours, theirs).items()}
    return {**(dict.fromkeys(MEASURES) if ours.opinions and theirs.opinions else {}), **gains}


def _row(row: ClassRow) -> dict[str, object]:
    return {
        "class": row.name,
        "gold": row.gold,
        "scores": [score and score.to_json() for score in row.scores],
        "against_first": [gain and gain.to_json() for gain in row.gains],
    }


def _classes(contenders: Sequence[Contender]) -> Iterator[tuple[str, list[ClassRow]]]:
    texts = contenders[0].evaluation.mode == "text"
    labels = dict.fromkeys(name for contender in contenders for name in contender.evaluation.labels)
    judged = [contender.evaluation.opinions for contender in contenders]
    alike = len({result.with_categories for result in judged if result}) < 2
    tasks: dict[str, _Keys] = {
        "category": lambda contender, gold: _quads(contender, gold, texts, by_category=True),
        "polarity": lambda contender, gold: _quads(
            contender, gold, texts, alike=alike, by_category=False
        ),
        "sentiment": _sentiment,
        "entities": _entities,
        **{f"label.{name}": _declared(name) for name in labels},
    }
    for task, keys in tasks.items():
        counted = [_counted(contender, keys) for contender in contenders]
        if rows := _rows(counted, contenders[0].evaluation.seed):
            yield task, rows


_Keys = Callable[[Contender, bool], list[Keyed | None]]
"""Items of each review, annotated (True) or found; None where it is not scored."""


def _counted(contender: Contender, keys: _Keys) -> dict[str, Counts]:
    """Per-review counts of every class, each `[n, 3]`."""
    gold, predicted = keys(contender, True), keys(contender, False)
    counts: dict[str, Counts] = {}
    for index, (right, guess) in enumerate(zip(gold, predicted, strict=True)):
        if right is None or guess is None:
            continue
        hits = right.keys() & guess.keys()
        for column, keyed in enumerate(({key: right[key] for key in hits}, guess, right)):
            for name in keyed.values():
                if name not in counts:
                    counts[name] = np.zeros((len(gold), 3), np.int64)
                counts[name][index, column] += 1
    return counts


def _rows(counted: Sequence[Mapping[str, Counts]], seed: int) -> list[ClassRow]:
    """The classes that were annotated, the commonest first."""
    names = dict.fromkeys(name for counts in counted for name in counts)
    size = max((len(column) for counts in counted for column in counts.values()), default=0)
    none = np.zeros((size, 3), np.int64)
    rows = []
    for name in names:
        columns = [counts.get(name, none) if counts else None for counts in counted]
        scores = tuple(None if column is None else PRF.of(column) for column in columns)
        gains = tuple(
            None
            if column is None or columns[0] is None
            else paired_difference(column, columns[0], seed=seed)
            for column in columns[1:]
        )
        rows.append(ClassRow(name, max(s.gold for s in scores if s), scores, gains))
    return sorted((row for row in rows if row.gold), key=lambda row: (-row.gold, row.name))


def _quads(
    contender: Contender, gold: bool, texts: bool, *, by_category: bool, alike: bool = True
) -> list[Keyed | None]:
    """Opinions by class; their categories count where all systems are judged by them (`alike`)."""
    scored = contender.evaluation.opinions
    if by_category and not (scored and scored.with_categories):
        return [None] * len(contender.examples)
    rows: list[Keyed | None] = []
    for example, answer in zip(contender.examples, contender.answers, strict=True):
        quads: Sequence[QuadLike] | None = example.quads if gold else answer.opinions
        aware = example.quads is not None and has_categories(example.quads)
        if quads is None or example.quads is None or (by_category and not aware):
            rows.append(None)
            continue
        text = example.text if texts else None
        keys = {quad_key(quad, text, with_category=aware and alike): quad for quad in quads}
        rows.append(
            {
                key: quad.category or "" if by_category else quad.polarity.value
                for key, quad in keys.items()
            }
        )
    return rows


def _sentiment(contender: Contender, gold: bool) -> list[Keyed | None]:
    scored = contender.evaluation.sentiment
    rows: list[Keyed | None] = []
    for example, answer in zip(contender.examples, contender.answers, strict=True):
        if scored is None or example.sentiment is None or answer.sentiment is None:
            rows.append(None)
            continue
        predicted = binary_label(answer.sentiment) if scored.binary else answer.sentiment.label
        label = example.sentiment if gold else predicted
        rows.append({label.value: label.value})
    return rows


def _entities(contender: Contender, gold: bool) -> list[Keyed | None]:
    rows: list[Keyed | None] = []
    for example, answer in zip(contender.examples, contender.answers, strict=True):
        entities = example.entities if gold else answer.entities
        if entities is None or example.entities is None:
            rows.append(None)
            continue
        types = example.entity_types
        rows.append({(e.span, e.type): e.type for e in entities if not types or e.type in types})
    return rows


def _declared(name: str) -> _Keys:
    """The classes of a declared label; a number has none."""

    def keys(contender: Contender, gold: bool) -> list[Keyed | None]:
        rows: list[Keyed | None] = []
        for example, answer in zip(contender.examples, contender.answers, strict=True):
            label = (answer.labels or {}).get(name)
            if name not in example.labels or label is None or isinstance(label.value, float):
                rows.append(None)
                continue
            value = example.labels[name] if gold else label.value
            names = value if isinstance(value, tuple) else (value,)
            classes = (choice if isinstance(choice, str) else f"{choice:g}" for choice in names)
            rows.append({choice: choice for choice in classes})
        return rows

    return keys


def _errors(contenders: Sequence[Contender]) -> list[ErrorRow]:
    """Every error once, in the order of kinds and reviews."""
    compared = contenders[0].evaluation.mode == "text"
    rows: dict[Hashable, tuple[ErrorKind, Labelled, QuadLike | None, QuadLike | None]] = {}
    systems: dict[Hashable, set[int]] = {}
    for index, contender in enumerate(contenders):
        for number, (example, answer) in enumerate(
            zip(contender.examples, contender.answers, strict=True)
        ):
            if example.quads is None or answer.opinions is None:
                continue
            text = example.text if compared else None
            for difference in quad_errors(example.quads, answer.opinions, text=text):
                key = (
                    number,
                    difference.kind,
                    _side(difference.gold, False),
                    _side(difference.predicted, True),
                )
                rows.setdefault(
                    key, (difference.kind, example, difference.gold, difference.predicted)
                )
                systems.setdefault(key, set()).add(index)
    order = list(ErrorKind)
    errors = [
        ErrorRow(*row, tuple(index in systems[key] for index in range(len(contenders))))
        for key, row in rows.items()
    ]
    return sorted(errors, key=lambda row: order.index(row.kind))


def _side(quad: QuadLike | None, with_category: bool) -> Hashable:
    return None if quad is None else quad_key(quad, None, with_category=with_category)
