"""Clauses of different reviews set beside each other.

In most reviews all judgements have one side, and a reader of few layers learns to give a clause the
side of its review. Here the clauses of a text are strangers, and their sides turn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random

from guandian.domain import Labelled, Polarity, Quad, Span
from guandian.text.language import language
from guandian.text.sentences import clauses

_LONGEST = {"zh": 22, "en": 60}
_FEWEST = 10
_MARKS = {
    "zh": (("，", 6.0), ("。", 2.0), (" ", 1.5), ("，但", 1.0), ("；", 0.5)),
    "en": ((", ", 4.0), (". ", 4.0), (" but ", 1.0), (" and ", 1.0)),
}
# Before a clause of the same side as the one before it, and at the end of a text.
_PLAIN, _STOP = {"zh": "，", "en": ", "}, {"zh": "。", "en": "."}
_TURNING = ("，但", " but ")
# What leans on the clause before it says nothing beside another.
_LEANING = (
    *("但", "不过", "可是", "而且", "还有", "也", "就是", "所以", "因为", "然而"),
    *("but", "and", "so", "because"),
)
_MOST_OF_A_GROUP = 600
_TURNS = 0.7
_SIDES = (Polarity.POSITIVE, Polarity.NEGATIVE)


@dataclass(frozen=True, slots=True)
class _Clause:
    text: str
    quads: tuple[Quad, ...]

    @property
    def polarity(self) -> Polarity:
        return self.quads[0].polarity


def clauses_beside(records: Iterable[Labelled], texts: int, seed: int) -> Iterator[Labelled]:
    """Make texts of two to four clauses of different reviews of one kind of goods.

    A clause is taken where its opinions, one or two of one side, lie in it wholly and are
    half of it at least. Its neighbour has the other side in seven of ten places. The sentiment is
    that of clauses of one side, and unmarked where both stand: nobody wrote the text as a whole.

    Args:
        records: annotated with opinions; others are passed over.
        texts: how many, at most; none where no kind of goods has ten clauses of either side.
        seed: equal seeds and records give equal texts.
    """
    pools = _pools(records)
    random = Random(f"{seed}:beside")  # noqa: S311
    kinds = list(pools)
    weights = [min(sum(map(len, pools[kind].values())), _MOST_OF_A_GROUP) for kind in kinds]
    for number in range(texts if kinds else 0):
        kind = random.choices(kinds, weights)[0]
        yield replace(_text(pools[kind], kind, random), id=f"beside-{number}")


_Kind = tuple[str, str, str, str]
_Pool = dict[Polarity, list[_Clause]]


def _pools(records: Iterable[Labelled]) -> dict[_Kind, _Pool]:
    pools: dict[_Kind, _Pool] = defaultdict(lambda: {side: [] for side in _SIDES})
    for record in records:
        tongue = language(record.text).value
        if record.quads is None or tongue not in _LONGEST:
            continue
        for clause in _clauses(record, _LONGEST[tongue]):
            kind = (record.dataset, record.custom, record.group, tongue)
            pools[kind][clause.polarity].append(clause)
    return {kind: pool for kind, pool in pools.items() if min(map(len, pool.values())) >= _FEWEST}


def _clauses(record: Labelled, longest: int) -> Iterator[_Clause]:
    for span in clauses(record.text):
        text = record.text[span.start : span.end]
        quads = [quad for quad in record.quads or () if any(_meets(s, span) for s in _spans(quad))]
        if not 3 <= len(text) <= longest or not 1 <= len(quads) <= 2:
            continue
        if text.lower().startswith(_LEANING) or quads[0].polarity not in _SIDES:
            continue
        spans = [s for quad in quads for s in _spans(quad)]
        whole = all(span.start <= s.start and s.end <= span.end for s in spans)
        ample = sum(s.end - s.start for s in spans) >= len(text) / 2
        sides = {quad.polarity for quad in quads}
        if whole and ample and len(sides) == 1 and all(quad.expression for quad in quads):
            yield _Clause(text, tuple(_moved(quad, -span.start) for quad in quads))


def _text(pool: _Pool, kind: _Kind, random: Random) -> Labelled:
    dataset, custom, group, tongue = kind
    marks, odds = zip(*_MARKS[tongue], strict=True)
    mark = random.choices(marks, odds)[0]
    side, text = random.choice(_SIDES), ""
    quads: list[Quad] = []
    for number in range(random.choices((2, 3, 4), (6, 3, 1))[0]):
        if number and random.random() < _TURNS:
            side = _SIDES[side is _SIDES[0]]
        clause = random.choice(pool[side])
        if clause.text in text:
            continue
        if text:
            turns = quads[-1].polarity is not side
            text += mark if turns or mark not in _TURNING else _PLAIN[tongue]
        quads += (_moved(quad, len(text)) for quad in clause.quads)
        text += clause.text
    if random.random() < 0.3:
        text += _STOP[tongue]
    sentiment = _sentiment(quads)
    return Labelled("", text, dataset, tuple(quads), sentiment, group=group, custom=custom)


def _sentiment(quads: list[Quad]) -> Polarity | None:
    sides = {quad.polarity for quad in quads}
    return sides.pop() if len(sides) == 1 else None


def _spans(quad: Quad) -> list[Span]:
    return [span for span in (quad.aspect, quad.expression) if span is not None]


def _meets(span: Span, clause: Span) -> bool:
    return span.start < clause.end and clause.start < span.end


def _moved(quad: Quad, by: int) -> Quad:
    aspect, expression = (
        None if span is None else Span(span.start + by, span.end + by)
        for span in (quad.aspect, quad.expression)
    )
    return replace(quad, aspect=aspect, expression=expression)
