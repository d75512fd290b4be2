"""A tenant's catalogue and lexicon, and what they say of a review."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from guandian.domain import Review
from guandian.domain.linked import NodeKind, ReviewKnowledge
from guandian.errors import BadRow
from guandian.files.output.knowledge_json import knowledge_out
from guandian.service.schemas.strict import Outgoing
from guandian.service.tenants.tenant_knowledge import HeldKnowledge
from guandian.wording import in_chinese

_SHOWN = 20


class BadRowOut(Outgoing):
    """A row that could not be read; the others count."""

    line: int
    column: str
    reason: str

    @classmethod
    def of(cls, row: BadRow) -> BadRowOut:
        """A bad row."""
        return cls(line=row.line, column=row.column, reason=row.reason)


class CatalogueOut(Outgoing):
    """A catalogue: how many entries of each kind."""

    entries: dict[NodeKind, int]
    key: Annotated[str, Field(description="Two catalogues share it only if they say the same.")]


class LexiconOut(Outgoing):
    """A lexicon: how many words."""

    words: int
    key: Annotated[str, Field(description="Two lexicons share it only if they say the same.")]


class KnowledgeAnswer(Outgoing):
    """What a tenant gave; null where it did not."""

    catalogue: CatalogueOut | None = None
    lexicon: LexiconOut | None = None
    rejected: Annotated[int, Field(description="Rows that could not be read.")] = 0
    bad: Annotated[list[BadRowOut], Field(description="The first of them.")] = []

    @classmethod
    def of(cls, held: HeldKnowledge | None) -> KnowledgeAnswer:
        """What is held."""
        if held is None:
            return cls()
        linker, lexicon = held.things.linker, held.things.lexicon
        catalogue = None
        if linker is not None:
            counts = {kind: count for kind, count in linker.graph.counts().items() if count}
            catalogue = CatalogueOut(entries=counts, key=linker.graph.digest())
        words = None
        if lexicon is not None:
            words = LexiconOut(words=len(lexicon.words), key=lexicon.digest())
        return cls(
            catalogue=catalogue,
            lexicon=words,
            rejected=len(held.bad),
            bad=[BadRowOut.of(row) for row in held.bad[:_SHOWN]],
        )


class LinkCandidateOut(Outgoing):
    """An entry that may be meant; the score ranks, and is no probability."""

    id: str
    kind: NodeKind
    name: str
    score: float
    how: str


class LinkOut(Outgoing):
    """Words of a review or of its columns, with the entries that they may mean.

    `id` is null where several are as likely: nothing is guessed. `by` tells what decided.
    """

    of: str
    text: str
    start: int | None = None
    end: int | None = None
    id: str | None
    by: str | None = None
    candidates: list[LinkCandidateOut]


class ProposedOut(Outgoing):
    """A name of the catalogue that the model did not mark; it is no entity of the review."""

    start: int
    end: int
    text: str
    type: str
    source: str


class NoteOut(Outgoing):
    """Something that knowledge and the model disagree on; nothing is changed by it.

    `opinion` is the number of the opinion that it is about, from 0.
    """

    check: str
    note: str
    note_zh: str | None = None
    opinion: int | None = None


class KnowledgeOut(Outgoing):
    """What a catalogue and a lexicon say of a review."""

    links: list[LinkOut]
    proposed: list[ProposedOut]
    notes: list[NoteOut]


def known_out(review: Review, knowledge: ReviewKnowledge | None) -> KnowledgeOut | None:
    """What is known of a review, its notes in Chinese too."""
    if knowledge is None:
        return None
    content: dict[str, Any] = knowledge_out(knowledge, review.text)
    for note in content["notes"]:
        note["note_zh"] = in_chinese(note["note"])
    return KnowledgeOut.model_validate(content)
