"""Entity spans: exact F1, and the way to tags, one a character."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from guandian.domain import Entity, Span
from guandian.evaluation.metrics.scores import PRF, Counts


@dataclass(frozen=True, slots=True)
class EntityScores:
    """Exact span-and-type scores: pooled, and of each type (`macro_f1` is their mean)."""

    micro: PRF
    macro_f1: float
    by_type: Mapping[str, PRF]

    def to_json(self) -> dict[str, object]:
        """Every figure by its name."""
        return {
            "micro": self.micro.to_json(),
            "macro_f1": self.macro_f1,
            "by_type": {name: prf.to_json() for name, prf in self.by_type.items()},
        }


def score_entities(
    gold: Sequence[Sequence[Entity]],
    predicted: Sequence[Sequence[Entity]],
    *,
    types: Iterable[str] | None = None,
) -> EntityScores:
    """Score entities review by review; an entity is right when span and type are.

    Args:
        gold: the annotated entities of each review.
        predicted: those found in the same reviews.
        types: the annotated types; others are left out on both sides. None: every type counts.

    Raises:
        ValueError: when the lengths differ.
    """
    allowed = None if types is None else set(types)
    seen = {entity.type for entities in (*gold, *predicted) for entity in entities}
    names = sorted(seen if allowed is None else seen & allowed)
    by_type = {name: PRF.of(count_entities(gold, predicted, types={name})) for name in names}
    mean = float(np.mean([prf.f1 for prf in by_type.values()])) if by_type else 0.0
    return EntityScores(PRF.of(count_entities(gold, predicted, types=allowed)), mean, by_type)


def count_entities(
    gold: Sequence[Sequence[Entity]],
    predicted: Sequence[Sequence[Entity]],
    *,
    types: Iterable[str] | None = None,
) -> Counts:
    """Per-review counts `[n, 3]` for `score_entities` and bootstraps.

    Raises:
        ValueError: when the lengths differ.
    """
    if len(gold) != len(predicted):
        raise ValueError(f"{len(gold)} gold reviews against {len(predicted)} predicted ones")
    allowed = None if types is None else set(types)
    rows = []
    for ours, theirs in zip(gold, predicted, strict=True):
        right, guess = _keys(ours, allowed), _keys(theirs, allowed)
        rows.append((len(right & guess), len(guess), len(right)))
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def bio_tags(length: int, entities: Iterable[Entity]) -> list[str]:
    """Tags `B-type`, `I-type` and `O`, one for each of `length` characters.

    Raises:
        ValueError: when two entities overlap, which tags cannot hold, or one ends past `length`.
    """
    ordered = sorted(entities, key=lambda entity: entity.span)
    for earlier, later in pairwise(ordered):
        if later.span.start < earlier.span.end:
            raise ValueError(f"tags cannot hold overlapping entities: {earlier.span}, {later.span}")
    if ordered and ordered[-1].span.end > length:
        raise ValueError(f"{ordered[-1].span} ends past the text of {length} characters")
    tags = ["O"] * length
    for entity in ordered:
        span = entity.span
        tags[span.start : span.end] = [f"I-{entity.type}"] * (span.end - span.start)
        tags[span.start] = f"B-{entity.type}"
    return tags


def without_overlaps(entities: Iterable[Entity]) -> list[Entity]:
    """The entities that tags can hold, in order: of those that overlap, the most confident."""
    separate: list[Entity] = []
    covered: set[int] = set()
    for entity in sorted(entities, key=lambda entity: (-entity.confidence, entity.span)):
        places = range(entity.span.start, entity.span.end)
        if covered.isdisjoint(places):
            covered.update(places)
            separate.append(entity)
    return sorted(separate, key=lambda entity: entity.span)


def bio_lines(text: str, entities: Iterable[Entity]) -> list[str]:
    """A line `character<TAB>tag` for each character; a blank or line break is written as a blank.

    Raises:
        ValueError: as `bio_tags`.
    """
    tags = bio_tags(len(text), entities)
    return [
        f"{' ' if character.isspace() else character}\t{tag}"
        for character, tag in zip(text, tags, strict=True)
    ]


def _keys(entities: Iterable[Entity], allowed: set[str] | None) -> set[tuple[Span, str]]:
    return {
        (entity.span, entity.type)
        for entity in entities
        if allowed is None or entity.type in allowed
    }
