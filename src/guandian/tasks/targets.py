"""From annotations over characters to the targets of the heads over tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from guandian.domain import Labelled, Quad, Span
from guandian.tasks import named_entities
from guandian.tasks.head_spec import ASPECT, EXPRESSION, NOWHERE, POLARITIES, HeadSpec
from guandian.tasks.sentiment import SENTIMENT
from guandian.text.pieces import Encoded, Pieces
from guandian.text.windows import windows

_UNSAID = ((NOWHERE, NOWHERE), (NOWHERE, NOWHERE))


@dataclass(frozen=True, slots=True)
class Reading:
    """One gold pair: token ranges (inclusive, `NOWHERE` when absent), categories, polarity."""

    aspect: tuple[int, int]
    expression: tuple[int, int]
    categories: tuple[int, ...]
    polarity: int


@dataclass(frozen=True, slots=True)
class Annotated:
    """A text of N tokens, [CLS] and [SEP] included, with its targets.

    Attributes:
        ids: int64 [N].
        spans: (type, first token, last token), types as in `HeadSpec.types`; of those that are
            tags none overlap.
        known: for each of these types, whether the text was annotated for it.
        readings: the gold pairs, None when opinions were not annotated.
        implicit: something is judged with neither aspect nor expression said.
        sentiment: 0 negative, 1 neutral, 2 positive, -1 unknown.
        lost: annotations of the text that no window holds, counted in its first window, and
            entities that tags cannot hold as they overlap a longer one.
        labels: for each declared label what its array should be, None where it is not annotated.
    """

    ids: NDArray[np.int64]
    spans: tuple[tuple[int, int, int], ...]
    known: tuple[bool, ...]
    readings: tuple[Reading, ...] | None
    implicit: bool
    sentiment: int
    lost: int = 0
    labels: tuple[tuple[float, ...] | None, ...] = ()


def annotate(
    example: Labelled, pieces: Pieces, spec: HeadSpec, max_tokens: int = 256
) -> list[Annotated]:
    """The targets of an example; a long text gives several windows, cut between tokens.

    Each quad goes to the window that holds both its parts; one that no window holds is counted
    in `lost`. What stands nowhere in particular, the sentiment, declared labels and opinions of
    which neither part is said, is learned from the longest window.

    Raises:
        ValueError: a category or a class that the heads do not have.
    """
    encoded = pieces.encode(example.text)
    cuts = [
        (window.own_start, window.own_end)
        for window in windows(encoded, example.text, max_tokens - 2, 0)
    ]
    longest = max(cuts, key=lambda cut: cut[1] - cut[0], default=None)
    parts = [_window(example, pieces, spec, encoded, cut) for cut in cuts]
    parts = [w if cut == longest else _placed(w) for w, cut in zip(parts, cuts, strict=True)]
    annotated: list[tuple[Span | None, ...]] = [(e.span,) for e in example.entities or ()]
    annotated += [(quad.aspect, quad.expression) for quad in example.quads or ()]
    lost = sum(
        not any(all(_place(encoded, span, cut) for span in spans) for cut in cuts)
        for spans in annotated
    )
    return [replace(parts[0], lost=lost + parts[0].lost), *parts[1:]] if parts else []


def join(parts: Sequence[Annotated]) -> Annotated:
    """Texts that are annotated for the same as one text, one after the other.

    Sentiment and declared labels are of a whole text, so the joined one has none.

    Args:
        parts: at least one; none with an opinion of which neither part is said.
    """
    ids = [parts[0].ids[:1], *(part.ids[1:-1] for part in parts), parts[0].ids[-1:]]
    spans: list[tuple[int, int, int]] = []
    readings: list[Reading] = []
    moved = 0

    def move(at: tuple[int, int]) -> tuple[int, int]:
        return at if at[0] == NOWHERE else (at[0] + moved, at[1] + moved)

    for part in parts:
        spans += [(kind, first + moved, last + moved) for kind, first, last in part.spans]
        readings += [
            replace(r, aspect=move(r.aspect), expression=move(r.expression))
            for r in part.readings or ()
        ]
        moved += len(part.ids) - 2
    return Annotated(
        ids=np.concatenate(ids),
        spans=tuple(spans),
        known=parts[0].known,
        readings=None if parts[0].readings is None else tuple(readings),
        implicit=False,
        sentiment=-1,
        lost=sum(part.lost for part in parts),
        labels=(None,) * len(parts[0].labels),
    )


def token_range(encoded: Encoded, span: Span) -> tuple[int, int] | None:
    """First and last token (inclusive) that overlap the characters, or None."""
    first = int(np.searchsorted(encoded.ends, span.start, side="right"))
    last = int(np.searchsorted(encoded.starts, span.end, side="left")) - 1
    return (first, last) if first <= last else None


def _window(
    example: Labelled, pieces: Pieces, spec: HeadSpec, encoded: Encoded, window: tuple[int, int]
) -> Annotated:
    begin, end = window
    ids = np.concatenate(
        (
            [spec.marker(example.custom, pieces.cls_id)],
            np.asarray(encoded.ids[begin:end], dtype=np.int64),
            [pieces.sep_id],
        )
    )
    spans, lost = named_entities.targets(example, spec, lambda span: _place(encoded, span, window))
    merged: dict[tuple[tuple[int, int], tuple[int, int], int], list[int]] = {}
    for quad in example.quads or ():
        aspect = _place(encoded, quad.aspect, window)
        expression = _place(encoded, quad.expression, window)
        if aspect is None or expression is None:
            continue
        for name, at in ((ASPECT, aspect), (EXPRESSION, expression)):
            if at[0] != NOWHERE:
                spans.add((spec.span_types.index(name), *at))
        key = (aspect, expression, POLARITIES.index(quad.polarity))
        merged.setdefault(key, []).extend(_category(quad, spec))
    known = tuple(
        example.quads is not None if kind in (ASPECT, EXPRESSION) else kind in example.entity_types
        for kind in spec.types
    )
    readings = tuple(
        Reading(aspect, expression, tuple(categories), polarity)
        for (aspect, expression, polarity), categories in merged.items()
    )
    sentiment = SENTIMENT.targets(example)
    return Annotated(
        ids=ids,
        spans=tuple(sorted(spans)),
        known=known,
        readings=readings if example.quads is not None else None,
        implicit=any((r.aspect, r.expression) == _UNSAID for r in readings),
        sentiment=-1 if sentiment is None else sentiment.index(1.0),
        lost=lost,
        labels=tuple(task.targets(example) for task in spec.tasks),
    )


def _placed(window: Annotated) -> Annotated:
    """The window without what stands nowhere in particular."""
    worded = tuple(r for r in window.readings or () if (r.aspect, r.expression) != _UNSAID)
    readings = None if window.readings is None else worded
    unlabelled = (None,) * len(window.labels)
    return replace(window, readings=readings, implicit=False, sentiment=-1, labels=unlabelled)


def _place(encoded: Encoded, span: Span | None, window: tuple[int, int]) -> tuple[int, int] | None:
    """The tokens of a window that hold the span, [CLS] counted; None where none do."""
    if span is None:
        return (NOWHERE, NOWHERE)
    tokens = token_range(encoded, span)
    if tokens is None or tokens[0] < window[0] or tokens[1] >= window[1]:
        return None
    return tokens[0] - window[0] + 1, tokens[1] - window[0] + 1


def _category(quad: Quad, spec: HeadSpec) -> Sequence[int]:
    return () if quad.category is None else (spec.categories.index(quad.category),)
