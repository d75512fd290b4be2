"""What people annotated: the gold that training learns from and evaluation compares with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from guandian.domain.labels import LabelValue
from guandian.domain.records import Entity, Polarity, Span

_NONE: Mapping[str, LabelValue] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Quad:
    """An annotated (or predicted) opinion without its display parts.

    `category` is None in a set that has no categories. Aspect, expression or both may be None.
    """

    aspect: Span | None
    expression: Span | None
    category: str | None
    polarity: Polarity


@dataclass(frozen=True, slots=True)
class Labelled:
    """A review text with its annotations; None stands for "not annotated for this task".

    Attributes:
        id: unique within its set.
        text: raw text; every span points into it.
        dataset: the name of the set it came from.
        quads: the opinions, None when the set annotates none.
        sentiment: the review's sentiment.
        entities: the entities (confidence 1.0).
        entity_types: the types that the set annotates; absent types say nothing.
        group: the product category or domain that the set puts it in, empty where it has none.
        labels: of the whole review, by name; those that do not stand here are not annotated.
        custom: of annotation, by which the set was labelled, empty where it names none.
        original: the text that this one was made from by changing it, empty where it was not.
    """

    id: str
    text: str
    dataset: str
    quads: tuple[Quad, ...] | None = None
    sentiment: Polarity | None = None
    entities: tuple[Entity, ...] | None = None
    entity_types: tuple[str, ...] = ()
    group: str = ""
    labels: Mapping[str, LabelValue] = field(default_factory=lambda: _NONE, hash=False)
    original: str = ""
    custom: str = ""
