"""The agreement of two annotators: F1 of opinions and entities, kappa of classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from guandian.domain import Labelled, LabelValue, Quad
from guandian.evaluation.error_analysis import Difference, quad_errors
from guandian.evaluation.evaluate import found_pairs
from guandian.evaluation.intervals.bootstrap import Interval, interval
from guandian.evaluation.metrics.entities import count_entities
from guandian.evaluation.metrics.scores import PRF, Counts
from guandian.evaluation.metrics.tuples import MEASURES, count_quads


@dataclass(frozen=True, slots=True)
class SpanAgreement:
    """F1 of what one annotator marked against the other, which of them comes first is no matter.

    There is no kappa of spans: how often both leave a span unmarked has no number, and as it
    grows kappa becomes F1 (Hripcsak and Rothschild 2005, doi:10.1197/jamia.M1733).
    """

    reviews: int
    score: PRF
    interval: Interval


@dataclass(frozen=True, slots=True)
class ClassAgreement:
    """Agreement on one class each of `count` things.

    Attributes:
        share: of the things that both call the same.
        kappa: the same beyond chance (Cohen 1960); None where both use one class alone.
    """

    count: int
    share: float
    kappa: float | None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One review that two annotators labelled differently: what of it, by one and the other."""

    first: Labelled
    second: Labelled
    opinions: tuple[Difference, ...]
    classes: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two annotators on the reviews that both labelled.

    Attributes:
        reviews: that both labelled.
        by_text: how many of these have the same text alone, under other ids.
        alone: how many only the first and only the second labelled.
        spans: `quad`, `triplet`, `pair`, `aspect`, `expression`, `relaxed` and `entity`, those
            that both annotated and one of them marked. `quad` is left out unless both gave
            categories.
        classes: `polarity` and `category` of the pairs that both found, `sentiment`,
            `aspect characters` and `expression characters` (inside one or not), and
            `labels.NAME`.
        disagreements: the reviews that are not labelled the same, most differences first.
    """

    reviews: int
    by_text: int
    alone: tuple[int, int]
    spans: Mapping[str, SpanAgreement]
    classes: Mapping[str, ClassAgreement]
    disagreements: tuple[Disagreement, ...]

    def to_json(self) -> dict[str, object]:
        """Every figure by its name; the disagreements are counted."""
        return {
            "reviews": self.reviews,
            "by_text": self.by_text,
            "alone": list(self.alone),
            "spans": {
                name: {
                    "f1": result.score.f1,
                    "reviews": result.reviews,
                    **result.interval.to_json(),
                }
                for name, result in self.spans.items()
            },
            "classes": {
                name: {"count": result.count, "share": result.share, "kappa": result.kappa}
                for name, result in self.classes.items()
            },
            "disagreements": len(self.disagreements),
        }


def agreement(first: Sequence[Labelled], second: Sequence[Labelled], *, seed: int = 0) -> Agreement:
    """Compare two annotators on the reviews that have the same id and text.

    What is left over is paired by its text where that stands once on either side: tools number
    reviews each in their own way.

    Args:
        first: as the first annotator labelled them, ids unique.
        second: as the second did.
        seed: of the bootstrap of the intervals.
    """
    pairs, by_text = _paired(first, second)
    disagreements = [_disagreement(*pair) for pair in pairs]
    return Agreement(
        reviews=len(pairs),
        by_text=by_text,
        alone=(len(first) - len(pairs), len(second) - len(pairs)),
        spans=_spans(pairs, seed),
        classes=_classes(pairs),
        disagreements=tuple(
            sorted(
                (
                    disagreement
                    for disagreement in disagreements
                    if disagreement.opinions or disagreement.classes
                ),
                key=lambda disagreement: -len(disagreement.opinions) - len(disagreement.classes),
            )
        ),
    )


def _paired(
    first: Sequence[Labelled], second: Sequence[Labelled]
) -> tuple[list[tuple[Labelled, Labelled]], int]:
    """The reviews of both in the first's order, and how many only their text pairs."""
    theirs = {(record.id, record.text): record for record in second}
    ids = {(record.id, record.text) for record in first} & theirs.keys()
    left = [
        [record for record in side if (record.id, record.text) not in ids]
        for side in (first, second)
    ]
    ours, its = (Counter(record.text for record in side) for side in left)
    by_text = {record.text: record for record in left[1] if ours[record.text] == 1}
    pairs = []
    for record in first:
        key = (record.id, record.text)
        if key in ids:
            pairs.append((record, theirs[key]))
        elif record.text in by_text and its[record.text] == 1:
            pairs.append((record, by_text[record.text]))
    return pairs, len(pairs) - len(ids)


def cohen_kappa(ours: Sequence[str], theirs: Sequence[str]) -> float | None:
    """Agreement beyond chance (Cohen 1960, doi:10.1177/001316446002000104).

    Returns:
        1 for full agreement, 0 for what chance gives, None where both use one class alone.

    Raises:
        ValueError: when the lengths differ.
    """
    total = len(ours)
    same = sum(a == b for a, b in zip(ours, theirs, strict=True))
    first, second = Counter(ours), Counter(theirs)
    chance = sum(first[name] * second[name] for name in first)  # of total squared, whole numbers
    if chance == total * total:
        return None
    return (same * total - chance) / (total * total - chance)


def _spans(pairs: Sequence[tuple[Labelled, Labelled]], seed: int) -> dict[str, SpanAgreement]:
    by_measure: dict[str, Counts] = {}
    opinions = [(a.quads, b.quads) for a, b in pairs if a.quads is not None and b.quads is not None]
    if opinions:
        ours, others = [a for a, _ in opinions], [b for _, b in opinions]
        by_measure = count_quads(ours, others)
        if not all(any(q.category for quads in side for q in quads) for side in (ours, others)):
            del by_measure["quad"]
        by_measure = {name: by_measure[name] for name in MEASURES if name in by_measure}
    entities = [
        (a.entities, b.entities)
        for a, b in pairs
        if a.entities is not None and b.entities is not None
    ]
    if entities:
        by_measure["entity"] = count_entities([a for a, _ in entities], [b for _, b in entities])
    return {
        name: SpanAgreement(len(counts), PRF.of(counts), interval(counts, seed=seed))
        for name, counts in by_measure.items()
        if counts.any()  # nothing marked by either is no disagreement, and no F1
    }


def _classes(reviews: Sequence[tuple[Labelled, Labelled]]) -> dict[str, ClassAgreement]:
    by_name: dict[str, list[tuple[str, str]]] = {}
    for first, second in reviews:
        if first.quads is not None and second.quads is not None:
            for ours, theirs in found_pairs([first.quads], [second.quads], None):
                by_name.setdefault("polarity", []).append((ours.polarity, theirs.polarity))
                if ours.category and theirs.category:
                    pair = (ours.category, theirs.category)
                    by_name.setdefault("category", []).append(pair)
            for part in ("aspect", "expression"):
                insides = [
                    _inside(quads, part, first.text) for quads in (first.quads, second.quads)
                ]
                by_name.setdefault(f"{part} characters", []).extend(zip(*insides, strict=True))
        for name, pair in _whole(first, second).items():
            by_name.setdefault(name, []).append(pair)
    return {name: _class_agreement(pairs) for name, pairs in by_name.items()}


def _class_agreement(pairs: Sequence[tuple[str, str]]) -> ClassAgreement:
    same = sum(first == second for first, second in pairs)
    kappa = cohen_kappa([first for first, _ in pairs], [second for _, second in pairs])
    return ClassAgreement(len(pairs), same / len(pairs), kappa)


def _inside(quads: Sequence[Quad], part: str, text: str) -> list[str]:
    inside = ["O"] * len(text)
    for quad in quads:
        if span := getattr(quad, part):
            inside[span.start : span.end] = ["I"] * (span.end - span.start)
    return inside


def _whole(first: Labelled, second: Labelled) -> dict[str, tuple[str, str]]:
    """The sentiment and the labels that both annotators give the whole review."""
    values: dict[str, tuple[str, str]] = {}
    if first.sentiment is not None and second.sentiment is not None:
        values["sentiment"] = (first.sentiment.value, second.sentiment.value)
    for name in first.labels.keys() & second.labels.keys():
        values[f"labels.{name}"] = (_shown(first.labels[name]), _shown(second.labels[name]))
    return dict(sorted(values.items()))


def _shown(value: LabelValue) -> str:
    if isinstance(value, tuple):
        return "; ".join(sorted(value))
    return value if isinstance(value, str) else f"{value:g}"


def _disagreement(first: Labelled, second: Labelled) -> Disagreement:
    annotated = first.quads is not None and second.quads is not None
    opinions = quad_errors(first.quads or (), second.quads or ()) if annotated else []
    whole = {name: pair for name, pair in _whole(first, second).items() if pair[0] != pair[1]}
    if first.entities is not None and second.entities is not None:
        ours, theirs = (
            {f"{e.type} {e.span.of(record.text)} [{e.span.start}, {e.span.end}]" for e in entities}
            for record, entities in ((first, first.entities), (second, second.entities))
        )
        if ours != theirs:
            whole["entities"] = ("; ".join(sorted(ours - theirs)), "; ".join(sorted(theirs - ours)))
    return Disagreement(first, second, tuple(opinions), whole)
