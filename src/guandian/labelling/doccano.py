"""Reviews as JSON Lines for a relation extraction project of doccano.

An opinion is a relation from an aspect to an expression; its type is polarity and category
(`positive/price`). A span whose other part is unsaid says them itself
(`expression/positive/price`).
What doccano does not show stands in one more column, `guandian`, which it hands back.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

from guandian.domain import Span
from guandian.labelling.annotation import Item, Notes, carried, opinion_path
from guandian.labelling.label_names import role_of
from guandian.tasks.head_spec import ASPECT, EXPRESSION
from guandian.wording import say

Units = Literal["utf-16", "code-points"]
CARRIED = "guandian"


def write_doccano(items: Sequence[Item], notes: Notes, units: Units = "utf-16") -> bytes:
    """A line for each review, for a relation extraction project of doccano.

    Args:
        items: the reviews.
        notes: told what can be carried but not edited there.
        units: what the offsets count.
    """
    lines = [json.dumps(_row(item, notes, units), ensure_ascii=False) for item in items]
    return "".join(line + "\n" for line in lines).encode(errors="backslashreplace")


def _row(item: Item, notes: Notes, units: Units) -> dict[str, Any]:
    record = item.record
    spans: dict[tuple[str, Span], int] = {}
    relations: list[dict[str, Any]] = []
    unsaid: list[list[str]] = []
    for quad in record.quads or ():
        path = opinion_path(quad)
        if quad.aspect and quad.expression:
            ends = [(ASPECT, quad.aspect), (EXPRESSION, quad.expression)]
            aspect_id, expression_id = (spans.setdefault(end, len(spans)) for end in ends)
            relation = {"id": len(relations), "from_id": aspect_id, "to_id": expression_id}
            relations.append(relation | {"type": "/".join(path)})
        elif part := quad.aspect or quad.expression:
            role = ASPECT if quad.aspect else EXPRESSION
            spans.setdefault(("/".join((role, *path)), part), len(spans))
        else:
            unsaid.append(path)
    for entity in record.entities or ():
        if role_of(entity.type):
            notes.add(f"entities of type {entity.type}, which would be read as opinions", record.id)
        else:
            spans.setdefault((entity.type, entity.span), len(spans))
    fields: dict[str, Any] = {"id": record.id, **carried(item)}
    if unsaid:
        fields["unsaid"] = unsaid
    if record.sentiment is not None:
        fields["sentiment"] = record.sentiment.value
    if record.labels:
        fields["labels"] = dict(record.labels)
    for name in ("unsaid", "sentiment", "labels"):
        if name in fields:
            notes.add(
                say("carried along, not to be edited in doccano") + f": {name}",
                record.id,
            )
    return {
        "text": record.text,
        "entities": [
            {"id": id, "label": label, **_offsets(span, record.text, units)}
            for (label, span), id in spans.items()
        ],
        "relations": relations,
        CARRIED: json.dumps(fields, ensure_ascii=False),
    }


def _offsets(span: Span, text: str, units: Units) -> dict[str, int]:
    start, end = span.start, span.end
    if units == "utf-16":
        start, end = (len(text[:offset].encode("utf-16-le")) // 2 for offset in (start, end))
    return {"start_offset": start, "end_offset": end}
