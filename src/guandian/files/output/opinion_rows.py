"""Mined reviews as the rows of a table: one row an opinion, and one for a review without any."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from guandian.domain import Label, LabelHead, Mined, Opinion, Review, Span
from guandian.files.output.json_record import to_wire
from guandian.wording import say

Cell = str | float | int | None

COLUMNS: tuple[tuple[str, type], ...] = (
    ("id", str),
    ("text", str),
    ("product", str),
    ("brand", str),
    ("rating", float),
    ("scale", float),
    ("time", str),
    ("user", str),
    ("source", str),
    ("language", str),
    ("sentiment", str),
    ("negative", float),
    ("neutral", float),
    ("positive", float),
    ("aspect", str),
    ("aspect_start", int),
    ("aspect_end", int),
    ("expression", str),
    ("expression_start", int),
    ("expression_end", int),
    ("evidence", str),
    ("evidence_start", int),
    ("evidence_end", int),
    ("category", str),
    ("polarity", str),
    ("confidence", float),
    ("tag", str),
    ("part", str),
    ("entities", str),
    ("warnings", str),
    ("model", str),
)
"""Names and types of the columns; offsets are Unicode code points of `text`, half-open.

`part` names the column of the input that the opinion stands in, where the text was several."""

REST = "extra"
"""The last column: what was passed through without a column of its own, as a JSON object."""


LONG = 1000
"""A cell about the review that has more characters stands in its first row alone; in every row it
would make the table grow with the square of a review."""


def label_columns(heads: Sequence[LabelHead]) -> tuple[tuple[str, type], ...]:
    """Names and types of the columns of declared labels, which stand behind `COLUMNS`.

    Of several classes that apply, names and probabilities are joined by `; `.
    """
    columns: list[tuple[str, type]] = []
    for head in heads:
        if not head.classes:
            columns.append((head.output, float))
        else:
            sure = str if head.kind == "multi" else float
            columns += [(head.output, str), (f"{head.output}.probability", sure)]
    return tuple(columns)


def header(passed: Sequence[str], heads: Sequence[LabelHead] = ()) -> tuple[str, ...]:
    """All column names; a passed-through column whose name is taken is called `extra.NAME`."""
    own = [name for name, _ in (*COLUMNS, *label_columns(heads))]
    return (*own, *(f"extra.{name}" if name in (*own, REST) else name for name in passed), REST)


def rows(
    review: Review, mined: Mined, passed: Sequence[str], heads: Sequence[LabelHead] = ()
) -> Iterator[tuple[Cell, ...]]:
    """The rows of one review, cells in the order of `header`; None is an empty cell.

    Cells about the review that are longer than `LONG` are empty after its first row.
    """
    wire = to_wire(review, mined)
    scores = wire["sentiment"]["scores"]
    about_review = (
        review.id,
        review.text,
        review.product,
        review.brand,
        review.rating,
        review.scale,
        review.time,
        review.user,
        review.source,
        wire["language"],
        wire["sentiment"]["label"],
        scores["negative"],
        scores["neutral"],
        scores["positive"],
    )
    rest = {name: value for name, value in review.extra.items() if name not in passed}
    after = (
        _json(wire["entities"]),
        "; ".join(mined.warnings) or None,
        mined.model,
        *(cell for head in heads for cell in _label(mined.labels.get(head.name), head)),
        *(review.extra.get(name) for name in passed),
        _json(rest),
    )
    first, *others = mined.opinions or (None,)
    yield (*about_review, *_opinion(first, review), *after)
    before, behind = _short(about_review), _short(after)
    for opinion in others:
        yield (*before, *_opinion(opinion, review), *behind)


def note(reviews: int) -> list[str]:
    """Tell the reader of a table where `reviews` of it have a long text."""
    if not reviews:
        return []
    return [
        say(
            "the text stands in the first row alone of {reviews:,} reviews of more "
            "than {LONG:,} characters; their other rows have the same id",
            reviews=reviews,
            LONG=LONG,
        )
    ]


def is_long(review: Review, mined: Mined) -> bool:
    """Tell whether rows of the review lack its text."""
    return len(review.text) > LONG and len(mined.opinions) > 1


def _short(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    return tuple(None if isinstance(cell, str) and len(cell) > LONG else cell for cell in cells)


def _opinion(opinion: Opinion | None, review: Review) -> tuple[Cell, ...]:
    if opinion is None:
        return (None,) * 14
    text = review.text
    return (
        *_span(opinion.aspect, text),
        *_span(opinion.expression, text),
        *_span(opinion.evidence, text),
        opinion.category,
        str(opinion.polarity),
        round(opinion.confidence, 6),
        opinion.tag,
        review.part(opinion.evidence) or None,
    )


def _label(label: Label | None, head: LabelHead) -> tuple[Cell, ...]:
    if label is None:
        return (None,) * len(label_columns([head]))
    if not head.classes:
        return (float(label.value),) if isinstance(label.value, int | float) else (None,)
    return tuple(
        "; ".join(map(str, part)) if isinstance(part, tuple) else part
        for part in (label.value, label.probability)
    )


def _span(span: Span | None, text: str) -> tuple[Cell, ...]:
    return (None, None, None) if span is None else (span.of(text), span.start, span.end)


def _json(value: object) -> str | None:
    return json.dumps(value, ensure_ascii=False) if value else None
