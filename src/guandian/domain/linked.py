"""What a catalogue knows of what a review names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from guandian.domain.records import Entity, Span

NodeKind = Literal["brand", "series", "model", "product", "part"]
"""What an entry of a catalogue is: a brand has series, those models and products, these parts."""
LinkedFrom = Literal["product", "brand", "entity", "aspect", "proposal"]


@dataclass(frozen=True, slots=True)
class LinkCandidate:
    """An entry that may be meant.

    Attributes:
        id: in the catalogue.
        kind: of the entry.
        name: as the catalogue writes it.
        score: up to 1; it ranks candidates, and is no probability.
        how: by which form of its name it was met: `id`, `name`, `full`, `alias`,
            `short`, `near`.
    """

    id: str
    kind: NodeKind
    name: str
    score: float
    how: str


@dataclass(frozen=True, slots=True)
class Link:
    """Words of a review, or of its columns, that entries of a catalogue may be meant by.

    Attributes:
        source: what the words are.
        words: as they stand there.
        span: in the text; None of a column.
        candidates: the best first.
        id: of the entry that is meant; empty where several are as likely, which is not guessed.
        by: what decided among several: `brand` or `product`, empty where nothing had to.
    """

    source: LinkedFrom
    words: str
    span: Span | None
    candidates: tuple[LinkCandidate, ...]
    id: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class KnowledgeNote:
    """Something that knowledge and the model disagree on, for a person; nothing is changed.

    Attributes:
        check: which one found it.
        words: what it says, in English.
        opinion: number of the opinion that it is about, from 0; None where it is about none.
    """

    check: str
    words: str
    opinion: int | None = None


@dataclass(frozen=True, slots=True)
class ReviewKnowledge:
    """What a catalogue and a lexicon say of a mined review, beside what the model said.

    Attributes:
        links: of its columns, entities and aspects.
        proposed: entities that the catalogue sees and the model does not; confidence 0, for nobody
            measured any.
        notes: on what they disagree.
    """

    links: tuple[Link, ...] = ()
    proposed: tuple[Entity, ...] = ()
    notes: tuple[KnowledgeNote, ...] = ()
