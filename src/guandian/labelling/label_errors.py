"""Labels that are likely wrong, by confident learning (Northcutt et al. 2021, arXiv:1911.00068).

A label is doubted where a model that did not learn from it thinks that another class is right,
surer than it usually is of reviews that are labelled with that class. `cleanlab` finds and ranks
them: classes of whole reviews and of opinions as classes, spans as tags of tokens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from guandian.domain import Labelled, Span
from guandian.errors import GuandianError
from guandian.tasks.head_spec import ASPECT, EXPRESSION, POLARITIES
from guandian.tasks.label_probabilities import Belief, Probabilities, beliefs
from guandian.tasks.targets import token_range
from guandian.text.cleaning import clean
from guandian.text.edits import rewritten, spans

if TYPE_CHECKING:
    from guandian.tasks.inference import Reader
    from guandian.text.alignment import Alignment

_LEAST = 5  # labels of a kind; of fewer, nobody knows how sure the model usually is
_INSIDE, _OUTSIDE = "inside", "outside"


@dataclass(frozen=True, slots=True)
class Doubt:
    """One label that is likely wrong.

    Attributes:
        record: the review as it is labelled.
        kind: `sentiment`, `labels.NAME`, `polarity`, `category`, or the type of a span.
        span: the characters that it is about; None for the whole review.
        given: the label.
        suggested: what the model thinks.
        score: the model's probability of the given label; ranked from the lowest.
    """

    record: Labelled
    kind: str
    span: Span | None
    given: str
    suggested: str
    score: float


@dataclass(frozen=True, slots=True)
class Doubted:
    """The doubts about labels, likeliest first, and how many of each kind were looked at.

    Attributes:
        doubts: over all kinds.
        looked_at: labels of each kind; of spans, their tokens.
        few: likewise, of the kinds with too few labels to doubt any.
        unread: labels that the model cannot judge, such as categories that it does not know.
    """

    doubts: tuple[Doubt, ...]
    looked_at: dict[str, int]
    few: dict[str, int]
    unread: dict[str, int]


@dataclass(slots=True)
class _Reviewed:
    """A review, as it was cleaned for the model, and what the model thinks of it."""

    record: Labelled
    cleaned: Labelled
    alignment: Alignment
    belief: Belief


@dataclass(slots=True)
class _Question:
    """All labels of one kind, their classes and what the model thinks of each."""

    classes: tuple[str, ...]
    records: list[Labelled] = field(default_factory=list)
    spans: list[Span | None] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    thought: list[Probabilities] = field(default_factory=list)


def find_doubts(reader: Reader, categories: Sequence[str], records: Sequence[Labelled]) -> Doubted:
    """Ask a model about labels, and rank those that are likely wrong.

    Args:
        reader: of a model that did not learn from these reviews; of labels that it learned, few
            will look wrong.
        categories: that it knows, in its order.
        records: the labelled reviews.

    Raises:
        GuandianError: cleanlab is not installed.
    """
    _cleanlab()
    reviews = list(_reviews(reader, records))
    judged = {head.name for head in reader.spec.labels if head.classes}
    names = (name for record in records for name in record.labels if name not in judged)
    unread = Counter(f"labels.{name}" for name in names)
    doubts: list[Doubt] = []
    looked_at: dict[str, int] = {}
    few: dict[str, int] = {}
    for kind, question in _questions(reviews, reader, categories, unread).items():
        enough = len(question.labels) >= _LEAST and len({*question.labels}) > 1
        (looked_at if enough else few)[kind] = len(question.labels)
        if enough:
            doubts += _of_classes(kind, question)
    for kind in reader.spec.span_types:
        labelled = [r for r in reviews if _asked(r.record, kind) and len(r.belief.encoded)]
        tags = [_tags(review, kind) for review in labelled]
        enough = sum(map(sum, tags)) >= _LEAST
        if labelled:
            (looked_at if enough else few)[kind] = sum(map(len, tags))
        if enough:
            doubts += _of_tags(kind, labelled, tags)
    order = sorted(doubts, key=lambda doubt: (doubt.score, doubt.record.id, doubt.kind))
    return Doubted(tuple(order), looked_at, few, unread)


def _cleanlab() -> Any:
    try:
        import cleanlab.filter
        import cleanlab.token_classification.filter
    except ImportError as error:
        raise GuandianError(
            "finding label errors needs cleanlab, which is not installed",
            "pip install 'guandian[labels]'",
        ) from error
    return cleanlab


def _reviews(reader: Reader, records: Sequence[Labelled]) -> Iterator[_Reviewed]:
    cleaned = [_cleaned(record) for record in records]
    thought = beliefs(reader, [clean_record for clean_record, _ in cleaned])
    for record, (clean_record, alignment), belief in zip(records, cleaned, thought, strict=True):
        yield _Reviewed(record, clean_record, alignment, belief)


def _cleaned(record: Labelled) -> tuple[Labelled, Alignment]:
    """The record as the model reads it; opinions and entities of which nothing is left are out."""
    text, alignment = clean(record.text)
    moved = {span: alignment.to_clean(span) for span in spans(record)}
    clean_spans = {span: to for span, to in moved.items() if to is not None}
    quads = [
        quad
        for quad in record.quads or ()
        if all(span is None or span in clean_spans for span in (quad.aspect, quad.expression))
    ]
    entities = [entity for entity in record.entities or () if entity.span in clean_spans]
    record = replace(
        record,
        quads=None if record.quads is None else tuple(quads),
        entities=None if record.entities is None else tuple(entities),
    )
    return rewritten(record, text, clean_spans), alignment


def _questions(
    reviews: Sequence[_Reviewed],
    reader: Reader,
    categories: Sequence[str],
    unread: Counter[str],
) -> dict[str, _Question]:
    questions: dict[str, _Question] = {}

    def ask(
        kind: str,
        classes: Sequence[str],
        label: str,
        thought: Probabilities,
        at: tuple[Labelled, Span | None],
    ) -> None:
        if label not in classes:
            unread[kind] += 1
            return
        question = questions.setdefault(kind, _Question(tuple(classes)))
        question.records.append(at[0])
        question.spans.append(at[1])
        question.labels.append(classes.index(label))
        question.thought.append(thought)

    for review in reviews:
        record, belief = review.record, review.belief
        if record.sentiment is not None:
            ask("sentiment", POLARITIES, record.sentiment, belief.sentiment, (record, None))
        for head in reader.spec.labels:
            if head.name in record.labels and head.classes and head.kind != "multi":
                value = record.labels[head.name]
                name = value if isinstance(value, str) else f"{value:g}"
                thought = belief.labels[head.name]
                ask(f"labels.{head.name}", head.classes, name, thought, (record, None))
            elif head.name in record.labels and head.kind == "multi":
                chosen = record.labels[head.name]
                for index, name in enumerate(head.classes):
                    says = belief.labels[head.name][index]
                    probabilities = np.array([1 - says, says])
                    answer = "yes" if isinstance(chosen, tuple) and name in chosen else "no"
                    ask(
                        f"labels.{head.name}: {name}",
                        ("no", "yes"),
                        answer,
                        probabilities,
                        (record, None),
                    )
        for index, quad in enumerate(review.cleaned.quads or ()):
            if index not in belief.polarity:
                unread["polarity"] += 1
                continue
            where = _around(review, quad.aspect, quad.expression)
            ask("polarity", POLARITIES, quad.polarity, belief.polarity[index], (record, where))
            if quad.category is not None:
                thought = belief.category[index]
                ask("category", categories, quad.category, thought, (record, where))
    return questions


def _around(review: _Reviewed, *parts: Span | None) -> Span | None:
    """The raw characters from the first part to the last."""
    raw = [review.alignment.to_raw(span) for span in parts if span is not None]
    if not raw:
        return None
    return Span(min(span.start for span in raw), max(span.end for span in raw))


def _of_classes(kind: str, question: _Question) -> Iterator[Doubt]:
    """The doubts among labels that are one class each."""
    labels, thought = np.array(question.labels), np.stack(question.thought)
    used = np.flatnonzero(np.bincount(labels, minlength=len(question.classes)))
    # A class that nobody is labelled with has no threshold: it is not suggested.
    thought, classes = _normalised(thought[:, used]), [question.classes[k] for k in used]
    labels = np.searchsorted(used, labels)
    issues = _cleanlab().filter.find_label_issues(
        labels, thought, filter_by="confident_learning", n_jobs=1
    )
    for index in np.flatnonzero(issues):
        yield Doubt(
            question.records[index],
            kind,
            question.spans[index],
            str(classes[labels[index]]),
            str(classes[int(thought[index].argmax())]),
            round(float(thought[index, labels[index]]), 6),
        )


def _normalised(thought: Probabilities) -> Probabilities:
    return np.asarray((thought + 1e-9) / (thought + 1e-9).sum(axis=1, keepdims=True))


def _asked(record: Labelled, kind: str) -> bool:
    if kind in (ASPECT, EXPRESSION):
        return record.quads is not None
    return record.entities is not None and kind in record.entity_types


def _of_tags(kind: str, reviews: Sequence[_Reviewed], gold: Sequence[list[int]]) -> Iterator[Doubt]:
    """The doubts among spans: tokens that stand in one or not, neighbours taken together."""
    thought = [
        np.column_stack((1 - review.belief.inside[kind], review.belief.inside[kind]))
        for review in reviews
    ]
    issues = _cleanlab().token_classification.filter.find_label_issues(
        list(gold), thought, filter_by="confident_learning", n_jobs=1
    )
    doubted: dict[int, list[int]] = {}
    for index, token in issues:
        doubted.setdefault(int(index), []).append(int(token))
    for index, tokens in doubted.items():
        review, tags = reviews[index], gold[index]
        for run in _runs(sorted(tokens), tags):
            first, last = run[0], run[-1]
            encoded = review.belief.encoded
            span = Span(int(encoded.starts[first]), int(encoded.ends[last]))
            says, other = (_INSIDE, _OUTSIDE) if tags[first] else (_OUTSIDE, _INSIDE)
            score = min(float(thought[index][token, tags[token]]) for token in run)
            where = review.alignment.to_raw(span)
            yield Doubt(review.record, kind, where, says, other, round(score, 6))


def _tags(review: _Reviewed, kind: str) -> list[int]:
    """For each token whether it stands in a span of that type."""
    tags = [0] * len(review.belief.encoded)
    for span in _marked(review.cleaned, kind):
        if at := token_range(review.belief.encoded, span):
            tags[at[0] : at[1] + 1] = [1] * (at[1] + 1 - at[0])
    return tags


def _marked(record: Labelled, kind: str) -> list[Span]:
    if kind in (ASPECT, EXPRESSION):
        return [span for quad in record.quads or () if (span := getattr(quad, kind))]
    return [entity.span for entity in record.entities or () if entity.type == kind]


def _runs(tokens: Sequence[int], tags: Sequence[int]) -> Iterator[list[int]]:
    """Neighbouring tokens of one tag together."""
    run: list[int] = []
    for token in tokens:
        if run and (token != run[-1] + 1 or tags[token] != tags[run[-1]]):
            yield run
            run = []
        run.append(token)
    if run:
        yield run
