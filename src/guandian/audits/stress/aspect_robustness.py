"""Does a model judge the aspect that is asked about, or the words around it?

After ARTS (Xing et al. 2020, arXiv:2009.07964): the polarity of a target is reversed, that of the
other opinions is, or a distractor is added that says the opposite of something else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from guandian.domain import Labelled, Polarity, Quad
from guandian.evaluation import QuadPredictor
from guandian.evaluation.intervals.clustered import IntervalEstimate, proportion
from guandian.evaluation.metrics.matching import spans_meet
from guandian.evaluation.metrics.tuples import QuadLike, judging_words
from guandian.text.edits import Edit, edited

REVERSED, OTHERS, DISTRACTOR = "target reversed", "others reversed", "distractor added"
_OPPOSITE = {Polarity.POSITIVE: Polarity.NEGATIVE, Polarity.NEGATIVE: Polarity.POSITIVE}
_JUDGED = {
    "zh": {Polarity.POSITIVE: ("很好", "非常不错"), Polarity.NEGATIVE: ("很差", "非常糟糕")},
    "en": {Polarity.POSITIVE: ("great", "excellent"), Polarity.NEGATIVE: ("terrible", "awful")},
}
_DISTRACTORS = {
    "zh": {
        Polarity.POSITIVE: ("，不过赠品很好", "，另外老板的态度非常不错"),
        Polarity.NEGATIVE: ("，不过赠品很差", "，另外老板的态度非常糟糕"),
    },
    "en": {
        Polarity.POSITIVE: (", but the free gift was great", ", though the manual is excellent"),
        Polarity.NEGATIVE: (", but the free gift was terrible", ", though the manual is awful"),
    },
}
_BETWEEN = re.compile(r"(?:\s*(?:is|are|was|were|looks?|feels?|sounds?)\s+)?|[也都还是真的]{0,2}")
_HAN = re.compile("[\u4e00-\u9fff]")
_ENDS = "。！？!?.~～… "


@dataclass(frozen=True, slots=True)
class AspectRow:
    """Targets that a model judges rightly, before and after one kind of change.

    Attributes:
        change: what was done.
        targets: how many.
        before: share judged rightly in the review as it came.
        after: share judged rightly, as the changed review has it, with its 95 % interval.
    """

    change: str
    targets: int
    before: float
    after: IntervalEstimate | None

    @property
    def drop(self) -> float:
        """How much less is judged rightly, in points of 100."""
        return 100 * (self.before - self.after.value) if self.after else 0.0


@dataclass(frozen=True, slots=True)
class Target:
    """A changed review and the opinion of it that is asked about.

    Attributes:
        record: as it came.
        index: of the opinion among the record's.
        change: what was done.
        copy: the changed record; its opinion of that index has the polarity that is right there.
    """

    record: Labelled
    index: int
    change: str
    copy: Labelled


def aspect_targets(records: Sequence[Labelled]) -> list[Target]:
    """Every change of every opinion whose words follow those of its aspect."""
    targets = []
    for record in records:
        able = _reversible(record)
        for number, index in enumerate(able):
            targets.append(Target(record, index, REVERSED, _reversed(record, [index], number)))
            others = [other for other in able if other != index]
            if others:
                targets.append(Target(record, index, OTHERS, _reversed(record, others, number)))
            targets.append(Target(record, index, DISTRACTOR, _distracted(record, index, number)))
    return targets


def aspect_rows(predictor: QuadPredictor, records: Sequence[Labelled]) -> list[AspectRow]:
    """A row for each kind of change, and one of the targets that hold under every kind.

    Args:
        predictor: asked for opinions.
        records: labelled with opinions.
    """
    targets = aspect_targets(records)
    texts = list(dict.fromkeys([t.record.text for t in targets] + [t.copy.text for t in targets]))
    answers = dict(zip(texts, predictor.predict(texts), strict=True))

    def right(record: Labelled, index: int) -> bool:
        quad = (record.quads or ())[index]
        return judged_rightly(quad, answers[record.text].opinions or ())

    rows = []
    for change in (REVERSED, OTHERS, DISTRACTOR):
        chosen = [target for target in targets if target.change == change]
        before = [right(target.record, target.index) for target in chosen]
        after = [right(target.copy, target.index) for target in chosen]
        rows.append(_row(change, before, after))
    by_target: dict[tuple[str, int], list[bool]] = {}
    first: dict[tuple[str, int], bool] = {}
    for target in targets:
        key = (target.record.id, target.index)
        by_target.setdefault(key, []).append(right(target.copy, target.index))
        first[key] = right(target.record, target.index)
    rows.append(_row("all", [*first.values()], [all(held) for held in by_target.values()]))
    return rows


def judged_rightly(quad: Quad, opinions: Sequence[QuadLike]) -> bool:
    """Tell whether opinions on the same words have its polarity, and none the opposite one."""
    polarities = {
        opinion.polarity
        for opinion in opinions
        if spans_meet(judging_words(opinion), judging_words(quad))
    }
    return quad.polarity in polarities and _OPPOSITE[quad.polarity] not in polarities


def _reversible(record: Labelled) -> list[int]:
    """The opinions whose words can be replaced: behind their aspect, shared with no other."""
    quads = record.quads or ()
    able = []
    for index, quad in enumerate(quads):
        if quad.aspect is None or quad.expression is None or quad.polarity not in _OPPOSITE:
            continue
        between = record.text[quad.aspect.end : quad.expression.start]
        behind = quad.aspect.end <= quad.expression.start
        alone = not any(
            spans_meet(quad.expression, span)
            for other, also in enumerate(quads)
            if other != index
            for span in (also.aspect, also.expression)
            if span is not None
        )
        if behind and alone and _BETWEEN.fullmatch(between):
            able.append(index)
    return able


def _reversed(record: Labelled, indices: Sequence[int], number: int) -> Labelled:
    """The record with the opposite said of some opinions."""
    quads = list(record.quads or ())
    edits = []
    for index in indices:
        quad = quads[index]
        polarity = _OPPOSITE[quad.polarity]
        words = _JUDGED[_language(quad.expression.of(record.text) if quad.expression else "")]
        said = words[polarity]
        if quad.expression is not None:
            new = said[number % len(said)]
            edits.append(Edit(quad.expression.start, quad.expression.end, new))
        quads[index] = replace(quad, polarity=polarity)
    return edited(replace(record, quads=tuple(quads)), edits)


def _distracted(record: Labelled, index: int, number: int) -> Labelled:
    """The record with the opposite said, at its end, of what it does not speak of."""
    quad = (record.quads or ())[index]
    end = len(record.text.rstrip(_ENDS))
    said = _DISTRACTORS[_language(record.text)][_OPPOSITE[quad.polarity]]
    return edited(record, [Edit(end, end, said[number % len(said)])])


def _row(change: str, before: Sequence[bool], after: Sequence[bool]) -> AspectRow:
    share = sum(before) / len(before) if before else 0.0
    return AspectRow(change, len(before), share, proportion(sum(after), len(after)))


def _language(text: str) -> str:
    return "zh" if _HAN.search(text) else "en"
