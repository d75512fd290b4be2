"""The task `entities`: products, brands and models that a review names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from guandian.domain import Entity, Labelled, Span
from guandian.tasks.candidates import grid_entities
from guandian.tasks.decode import Arrays, Named, Range
from guandian.tasks.head_spec import HeadSpec
from guandian.tasks.tags import apart, tagged

if TYPE_CHECKING:
    from guandian.tasks.inference import Findings
    from guandian.text.alignment import Alignment

TokenSpan = tuple[int, int, int]
"""Type, first token, last token; types as in `HeadSpec.types`."""


def targets(
    example: Labelled, spec: HeadSpec, tokens_of: Callable[[Span], Range | None]
) -> tuple[set[TokenSpan], int]:
    """The annotated entities over tokens, and how many are lost as tags cannot hold both of two.

    Args:
        example: the annotated review.
        spec: the label spaces; types that it lacks are left out.
        tokens_of: the tokens of characters, None where the window does not hold them.
    """
    placed = {
        (spec.types.index(entity.type), *at)
        for entity in example.entities or ()
        if (at := tokens_of(entity.span)) is not None and entity.type in spec.types
    }
    crowded = {span for span in placed if span[0] >= len(spec.span_types)}
    separate = placed - (crowded - {*apart([*crowded])})
    return separate, len(placed) - len(separate)


def decode(arrays: Arrays, spec: HeadSpec) -> list[list[Named]]:
    """The entities of each window over its tokens, from tags where the model has them."""
    if spec.tag_types:
        return [tagged(arrays, row, spec) for row in range(len(arrays["tags"]))]
    return grid_entities(arrays, spec)


def over_raw(findings: Findings, alignment: Alignment) -> tuple[Entity, ...]:
    """The entities over the raw text, those that are told."""
    return _over_raw(findings, alignment, heard=True)


def withdrawn(findings: Findings, alignment: Alignment) -> tuple[Entity, ...]:
    """What the model alone would name and its gazetteer speaks against, over the raw text."""
    return _over_raw(findings, alignment, heard=False)


def _over_raw(findings: Findings, alignment: Alignment, *, heard: bool) -> tuple[Entity, ...]:
    return tuple(
        Entity(
            alignment.to_raw(span),
            named.type,
            round(named.probability, 6),
            None if named.alone is None else round(named.alone, 6),
        )
        for named in findings.named
        if named.heard is heard and (span := findings.span(named.range)) is not None
    )


def entity_scores(
    examples: Sequence[Labelled], findings: Sequence[Findings], _: HeadSpec
) -> Mapping[str, float]:
    """The micro F1 on the reviews that are annotated, of the types that they are annotated for."""
    right = predicted = gold = annotated = 0
    for example, answer in zip(examples, findings, strict=True):
        if example.entities is None:
            continue
        annotations = {(entity.type, entity.span) for entity in example.entities}
        named = {
            (entity.type, answer.span(entity.range))
            for entity in answer.named
            if entity.type in example.entity_types and entity.heard
        }
        right += len(annotations & named)
        predicted += len(named)
        gold += len(annotations)
        annotated += 1
    return {"entities": 2 * right / max(predicted + gold, 1)} if annotated else {}
