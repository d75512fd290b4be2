"""What is known of a review as JSON, and back."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field, FiniteFloat

from guandian.domain import Entity, Span
from guandian.domain.linked import (
    KnowledgeNote,
    Link,
    LinkCandidate,
    LinkedFrom,
    NodeKind,
    ReviewKnowledge,
)

CATALOGUE = "catalogue"
"""The source of entities that are proposed."""


def knowledge_out(knowledge: ReviewKnowledge, text: str) -> dict[str, Any]:
    """The object under `knowledge`; spans carry their text."""
    return {
        "links": [
            {
                "of": link.source,
                "text": link.words,
                **({} if link.span is None else _place(link.span)),
                "id": link.id or None,
                **({"by": link.by} if link.by else {}),
                "candidates": [
                    {"id": c.id, "kind": c.kind, "name": c.name, "score": c.score, "how": c.how}
                    for c in link.candidates
                ],
            }
            for link in knowledge.links
        ],
        "proposed": [
            {**_place(e.span), "text": e.span.of(text), "type": e.type, "source": CATALOGUE}
            for e in knowledge.proposed
        ],
        "notes": [
            {
                "check": note.check,
                "note": note.words,
                **({} if note.opinion is None else {"opinion": note.opinion}),
            }
            for note in knowledge.notes
        ],
    }


class KnowledgeWire(BaseModel):
    """The object that `knowledge_out` made, checked."""

    links: list[_LinkWire]
    proposed: list[_ProposedWire]
    notes: list[_NoteWire]

    def value(self, text: str) -> ReviewKnowledge:
        """What it says, of a review's text.

        Raises:
            ValueError: a span that is not in the text.
        """
        links = tuple(
            Link(
                link.of,
                link.text,
                None if link.start is None or link.end is None else Span(link.start, link.end),
                tuple(LinkCandidate(**dict(candidate)) for candidate in link.candidates),
                link.id or "",
                link.by,
            )
            for link in self.links
        )
        proposed = tuple(Entity(Span(p.start, p.end), p.type, 0.0) for p in self.proposed)
        spans = [link.span for link in links if link.span] + [entity.span for entity in proposed]
        if any(span.end > len(text) for span in spans):
            raise ValueError("knowledge: a span ends behind the text")
        notes = tuple(KnowledgeNote(note.check, note.note, note.opinion) for note in self.notes)
        return ReviewKnowledge(links, proposed, notes)


class _CandidateWire(BaseModel):
    id: str
    kind: NodeKind
    name: str
    score: FiniteFloat
    how: str


class _LinkWire(BaseModel):
    of: LinkedFrom
    text: str
    start: int | None = None
    end: int | None = None
    id: str | None
    by: str = ""
    candidates: list[_CandidateWire]


class _ProposedWire(BaseModel):
    start: int
    end: int
    text: str
    type: str


class _NoteWire(BaseModel):
    check: str
    note: str
    opinion: int | None = Field(None, ge=0)


def _place(span: Span) -> dict[str, int]:
    return {"start": span.start, "end": span.end}
