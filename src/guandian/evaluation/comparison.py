"""Several systems on the same reviews: what one does better, class by class and error by error."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from guandian.domain import Labelled
from guandian.evaluation.error_analysis import ErrorKind, quad_errors
from guandian.evaluation.evaluate import Answer, Options, QuadPredictor, ask, score_answers
from guandian.evaluation.intervals.bootstrap import PairedDifference, paired_difference
from guandian.evaluation.metrics.classification import binary_label
from guandian.evaluation.metrics.scores import PRF, Counts
from guandian.evaluation.metrics.tuples import QuadLike, has_categories, quad_key
from guandian.evaluation.results import Evaluation, compare_evaluations, headline

FORMAT = "guandian-comparison/1"
Keyed = Mapping[Hashable, str]
"""What is said of one review: each item, by which two are equal, with its class."""


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
        each = [headline(one) for one in self.evaluations]
        for values, alone in zip(each, self._without_categories, strict=True):
            if alone:
                del values["relaxed"]
        names = dict.fromkeys(name for values in each for name in values)
        return {name: tuple(values.get(name) for values in each) for name in names}

    def counts(self, kind: ErrorKind) -> tuple[int | None, ...]:
        """How many errors of a kind each system makes; None where it cannot make any."""
        rows = [row.by for row in self.errors if row.kind is kind]
        return tuple(
            None if alone and kind is ErrorKind.WRONG_CATEGORY else sum(by[place] for by in rows)
            for place, alone in enumerate(self._without_categories)
        )

    @property
    def _without_categories(self) -> list[bool]:
        """Of each system, whether it alone was judged without them."""
        known = [one.opinions and one.opinions.with_categories for one in self.evaluations]
        return [has is False and any(known) for has in known]

    def to_json(self) -> dict[str, object]:
        """Every figure by its name; the errors as they are counted."""
        first, *others = self.evaluations
        return {
            "data": first.data,
            "systems": [each.to_json() for each in self.evaluations],
            "against_first": [
                {"system": other.system, **{name: one.to_json() for name, one in gains.items()}}
                for other, gains in zip(others, self.gains, strict=True)
            ],
            "classes": {kind: [_row(row) for row in rows] for kind, rows in self.classes.items()},
            "errors": [
                {"kind": row.kind.value, "review": row.review.id, "systems": self._by(row)}
                for row in self.errors
            ],
        }

    def _by(self, row: ErrorRow) -> list[str]:
        each = zip(self.evaluations, row.by, strict=True)
        return [found.system for found, wrong in each if wrong]


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
    texts = {tuple(row.text for row in one.examples) for one in contenders}
    if len(texts) != 1:
        raise ValueError("the systems were asked about different reviews")
    first, *others = contenders
    return SideBySide(
        tuple(one.evaluation for one in contenders),
        tuple(compare_evaluations(other.evaluation, first.evaluation) for other in others),
        dict(_classes(contenders)),
        _errors(contenders),
    )


def _row(row: ClassRow) -> dict[str, object]:
    return {
        "class": row.name,
        "gold": row.gold,
        "scores": [score and score.to_json() for score in row.scores],
        "against_first": [gain and gain.to_json() for gain in row.gains],
    }


def _classes(contenders: Sequence[Contender]) -> Iterator[tuple[str, list[ClassRow]]]:
    texts = contenders[0].evaluation.mode == "text"
    labels = dict.fromkeys(name for one in contenders for name in one.evaluation.labels)
    judged = [one.evaluation.opinions for one in contenders]
    alike = len({one.with_categories for one in judged if one}) < 2
    tasks: dict[str, _Keys] = {
        "category": lambda one, gold: _quads(one, gold, texts, by_category=True),
        "polarity": lambda one, gold: _quads(one, gold, texts, alike=alike, by_category=False),
        "sentiment": _sentiment,
        "entities": _entities,
        **{f"label.{name}": _declared(name) for name in labels},
    }
    for task, keys in tasks.items():
        counted = [_counted(one, keys) for one in contenders]
        if rows := _rows(counted, contenders[0].evaluation.seed):
            yield task, rows


_Keys = Callable[[Contender, bool], list[Keyed | None]]
"""For each review, what is annotated (True) or found; None where it is not scored."""


def _counted(one: Contender, keys: _Keys) -> dict[str, Counts]:
    """Per-review counts of every class, each `[n, 3]`."""
    gold, found = keys(one, True), keys(one, False)
    counts: dict[str, Counts] = {}
    for place, (right, guess) in enumerate(zip(gold, found, strict=True)):
        if right is None or guess is None:
            continue
        hits = right.keys() & guess.keys()
        for column, said in enumerate(({key: right[key] for key in hits}, guess, right)):
            for name in said.values():
                if name not in counts:
                    counts[name] = np.zeros((len(gold), 3), np.int64)
                counts[name][place, column] += 1
    return counts


def _rows(counted: Sequence[Mapping[str, Counts]], seed: int) -> list[ClassRow]:
    """The classes that were annotated, the commonest first."""
    names = dict.fromkeys(name for counts in counted for name in counts)
    size = max((len(one) for counts in counted for one in counts.values()), default=0)
    none = np.zeros((size, 3), np.int64)
    rows = []
    for name in names:
        each = [counts.get(name, none) if counts else None for counts in counted]
        scores = tuple(None if one is None else PRF.of(one) for one in each)
        gains = tuple(
            None if one is None or each[0] is None else paired_difference(one, each[0], seed=seed)
            for one in each[1:]
        )
        rows.append(ClassRow(name, max(s.gold for s in scores if s), scores, gains))
    return sorted((row for row in rows if row.gold), key=lambda row: (-row.gold, row.name))


def _quads(
    one: Contender, gold: bool, texts: bool, *, by_category: bool, alike: bool = True
) -> list[Keyed | None]:
    """Opinions by class; their categories count where all systems are judged by them (`alike`)."""
    scored = one.evaluation.opinions
    if by_category and not (scored and scored.with_categories):
        return [None] * len(one.examples)
    found: list[Keyed | None] = []
    for example, answer in zip(one.examples, one.answers, strict=True):
        quads: Sequence[QuadLike] | None = example.quads if gold else answer.opinions
        aware = example.quads is not None and has_categories(example.quads)
        if quads is None or example.quads is None or (by_category and not aware):
            found.append(None)
            continue
        text = example.text if texts else None
        keys = {quad_key(quad, text, with_category=aware and alike): quad for quad in quads}
        found.append(
            {
                key: quad.category or "" if by_category else quad.polarity.value
                for key, quad in keys.items()
            }
        )
    return found


def _sentiment(one: Contender, gold: bool) -> list[Keyed | None]:
    scored = one.evaluation.sentiment
    found: list[Keyed | None] = []
    for example, answer in zip(one.examples, one.answers, strict=True):
        if scored is None or example.sentiment is None or answer.sentiment is None:
            found.append(None)
            continue
        said = binary_label(answer.sentiment) if scored.binary else answer.sentiment.label
        label = example.sentiment if gold else said
        found.append({label.value: label.value})
    return found


def _entities(one: Contender, gold: bool) -> list[Keyed | None]:
    found: list[Keyed | None] = []
    for example, answer in zip(one.examples, one.answers, strict=True):
        entities = example.entities if gold else answer.entities
        if entities is None or example.entities is None:
            found.append(None)
            continue
        types = example.entity_types
        found.append({(e.span, e.type): e.type for e in entities if not types or e.type in types})
    return found


def _declared(name: str) -> _Keys:
    """The classes of a declared label; a number has none."""

    def keys(one: Contender, gold: bool) -> list[Keyed | None]:
        found: list[Keyed | None] = []
        for example, answer in zip(one.examples, one.answers, strict=True):
            said = (answer.labels or {}).get(name)
            if name not in example.labels or said is None or isinstance(said.value, float):
                found.append(None)
                continue
            value = example.labels[name] if gold else said.value
            names = value if isinstance(value, tuple) else (value,)
            classes = (each if isinstance(each, str) else f"{each:g}" for each in names)
            found.append({each: each for each in classes})
        return found

    return keys


def _errors(contenders: Sequence[Contender]) -> list[ErrorRow]:
    """Every error once, in the order of kinds and reviews."""
    compared = contenders[0].evaluation.mode == "text"
    rows: dict[Hashable, tuple[ErrorKind, Labelled, QuadLike | None, QuadLike | None]] = {}
    who: dict[Hashable, set[int]] = {}
    for place, one in enumerate(contenders):
        for number, (example, answer) in enumerate(zip(one.examples, one.answers, strict=True)):
            if example.quads is None or answer.opinions is None:
                continue
            text = example.text if compared else None
            for each in quad_errors(example.quads, answer.opinions, text=text):
                key = (number, each.kind, _side(each.gold, False), _side(each.predicted, True))
                rows.setdefault(key, (each.kind, example, each.gold, each.predicted))
                who.setdefault(key, set()).add(place)
    order = list(ErrorKind)
    found = [
        ErrorRow(*row, tuple(place in who[key] for place in range(len(contenders))))
        for key, row in rows.items()
    ]
    return sorted(found, key=lambda row: order.index(row.kind))


def _side(quad: QuadLike | None, with_category: bool) -> Hashable:
    return None if quad is None else quad_key(quad, None, with_category=with_category)
