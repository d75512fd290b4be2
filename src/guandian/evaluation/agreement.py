"""How far two annotators agree on the same reviews: F1 of what they mark, kappa of classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from guandian.domain import Labelled, LabelValue, Quad
from guandian.evaluation.error_analysis import Difference, differences
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

    one: Labelled
    other: Labelled
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
                name: {"f1": each.score.f1, "reviews": each.reviews, **each.interval.to_json()}
                for name, each in self.spans.items()
            },
            "classes": {
                name: {"count": each.count, "share": each.share, "kappa": each.kappa}
                for name, each in self.classes.items()
            },
            "disagreements": len(self.disagreements),
        }


def agreement(one: Sequence[Labelled], other: Sequence[Labelled], *, seed: int = 0) -> Agreement:
    """Compare two annotators on the reviews that have the same id and text.

    What is left over is paired by its text where that stands once on either side: tools number
    reviews each in their own way.

    Args:
        one: as the first labelled them, ids unique.
        other: as the second did.
        seed: of the bootstrap of the intervals.
    """
    both, by_text = _paired(one, other)
    apart = [_disagreement(*pair) for pair in both]
    return Agreement(
        reviews=len(both),
        by_text=by_text,
        alone=(len(one) - len(both), len(other) - len(both)),
        spans=_spans(both, seed),
        classes=_classes(both),
        disagreements=tuple(
            sorted(
                (each for each in apart if each.opinions or each.classes),
                key=lambda each: -len(each.opinions) - len(each.classes),
            )
        ),
    )


def _paired(
    one: Sequence[Labelled], other: Sequence[Labelled]
) -> tuple[list[tuple[Labelled, Labelled]], int]:
    """The reviews of both in the first's order, and how many only their text pairs."""
    theirs = {(record.id, record.text): record for record in other}
    ids = {(record.id, record.text) for record in one} & theirs.keys()
    left = [
        [record for record in side if (record.id, record.text) not in ids] for side in (one, other)
    ]
    ours, its = (Counter(record.text for record in side) for side in left)
    by_text = {record.text: record for record in left[1] if ours[record.text] == 1}
    both = []
    for record in one:
        key = (record.id, record.text)
        if key in ids:
            both.append((record, theirs[key]))
        elif record.text in by_text and its[record.text] == 1:
            both.append((record, by_text[record.text]))
    return both, len(both) - len(ids)


def cohen_kappa(one: Sequence[str], other: Sequence[str]) -> float | None:
    """Agreement beyond chance (Cohen 1960, doi:10.1177/001316446002000104).

    Returns:
        1 for full agreement, 0 for what chance gives, None where both use one class alone.

    Raises:
        ValueError: when the lengths differ.
    """
    total = len(one)
    same = sum(a == b for a, b in zip(one, other, strict=True))
    first, second = Counter(one), Counter(other)
    chance = sum(first[name] * second[name] for name in first)  # of total squared, whole numbers
    if chance == total * total:
        return None
    return (same * total - chance) / (total * total - chance)


def _spans(both: Sequence[tuple[Labelled, Labelled]], seed: int) -> dict[str, SpanAgreement]:
    found: dict[str, Counts] = {}
    opinions = [(a.quads, b.quads) for a, b in both if a.quads is not None and b.quads is not None]
    if opinions:
        ours, others = [a for a, _ in opinions], [b for _, b in opinions]
        found = count_quads(ours, others)
        if not all(any(q.category for quads in side for q in quads) for side in (ours, others)):
            del found["quad"]
        found = {name: found[name] for name in MEASURES if name in found}
    entities = [
        (a.entities, b.entities)
        for a, b in both
        if a.entities is not None and b.entities is not None
    ]
    if entities:
        found["entity"] = count_entities([a for a, _ in entities], [b for _, b in entities])
    return {
        name: SpanAgreement(len(counts), PRF.of(counts), interval(counts, seed=seed))
        for name, counts in found.items()
        if counts.any()  # nothing marked by either is no disagreement, and no F1
    }


def _classes(both: Sequence[tuple[Labelled, Labelled]]) -> dict[str, ClassAgreement]:
    called: dict[str, list[tuple[str, str]]] = {}
    for one, other in both:
        if one.quads is not None and other.quads is not None:
            for ours, theirs in found_pairs([one.quads], [other.quads], None):
                called.setdefault("polarity", []).append((ours.polarity, theirs.polarity))
                if ours.category and theirs.category:
                    pair = (ours.category, theirs.category)
                    called.setdefault("category", []).append(pair)
            for part in ("aspect", "expression"):
                insides = [_inside(quads, part, one.text) for quads in (one.quads, other.quads)]
                called.setdefault(f"{part} characters", []).extend(zip(*insides, strict=True))
        for name, pair in _whole(one, other).items():
            called.setdefault(name, []).append(pair)
    return {name: _class_agreement(pairs) for name, pairs in called.items()}


def _class_agreement(pairs: Sequence[tuple[str, str]]) -> ClassAgreement:
    same = sum(one == other for one, other in pairs)
    kappa = cohen_kappa([one for one, _ in pairs], [other for _, other in pairs])
    return ClassAgreement(len(pairs), same / len(pairs), kappa)


def _inside(quads: Sequence[Quad], part: str, text: str) -> list[str]:
    inside = ["O"] * len(text)
    for quad in quads:
        if span := getattr(quad, part):
            inside[span.start : span.end] = ["I"] * (span.end - span.start)
    return inside


def _whole(one: Labelled, other: Labelled) -> dict[str, tuple[str, str]]:
    """What both call the whole review: its sentiment and labels."""
    found: dict[str, tuple[str, str]] = {}
    if one.sentiment is not None and other.sentiment is not None:
        found["sentiment"] = (one.sentiment.value, other.sentiment.value)
    for name in one.labels.keys() & other.labels.keys():
        found[f"labels.{name}"] = (_shown(one.labels[name]), _shown(other.labels[name]))
    return dict(sorted(found.items()))


def _shown(value: LabelValue) -> str:
    if isinstance(value, tuple):
        return "; ".join(sorted(value))
    return value if isinstance(value, str) else f"{value:g}"


def _disagreement(one: Labelled, other: Labelled) -> Disagreement:
    known = one.quads is not None and other.quads is not None
    opinions = differences(one.quads or (), other.quads or ()) if known else []
    whole = {name: pair for name, pair in _whole(one, other).items() if pair[0] != pair[1]}
    if one.entities is not None and other.entities is not None:
        ours, theirs = (
            {f"{e.type} {e.span.of(record.text)} [{e.span.start}, {e.span.end}]" for e in found}
            for record, found in ((one, one.entities), (other, other.entities))
        )
        if ours != theirs:
            whole["entities"] = ("; ".join(sorted(ours - theirs)), "; ".join(sorted(theirs - ours)))
    return Disagreement(one, other, tuple(opinions), whole)
