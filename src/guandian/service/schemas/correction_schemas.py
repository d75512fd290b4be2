"""What people say of opinions, and how they name what is judged."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from guandian.domain import Polarity
from guandian.service.schemas.answer_schemas import NameOut
from guandian.service.schemas.strict import Incoming, Outgoing, Whole, Words
from guandian.store.records import (
    AspectAction,
    AspectEdit,
    CorrectionAction,
    CorrectionRecord,
    NewAspectEdit,
)

OpinionId = Annotated[str, Field(max_length=100, examples=["o_03eabf965369335a9b2acad0"])]
Aspect = Annotated[Words, Field(min_length=1, max_length=200)]


class SpanIn(Incoming):
    """Characters of the review's text, half-open, in Unicode code points."""

    start: Annotated[int, Field(ge=0, le=10**9, strict=True)]
    end: Annotated[int, Field(ge=1, le=10**9, strict=True)]
    text: Annotated[str | None, Field(max_length=20_000, description="Not read.")] = None


class OpinionFields(Incoming):
    """What should stand there; a fix keeps what it leaves out, null says that it is unsaid."""

    aspect: SpanIn | None = None
    expression: SpanIn | None = None
    evidence: SpanIn | None = None
    category: Annotated[Words, Field(min_length=1, max_length=100)] | None = None
    polarity: Polarity | None = None
    tag: Annotated[Words, Field(max_length=500)] | None = None

    def said(self) -> dict[str, Any]:
        """The fields that were given, as the records take them."""
        given = self.model_dump(mode="json", exclude_unset=True)
        for name in ("aspect", "expression", "evidence"):
            if given.get(name):
                given[name].pop("text", None)
        unsaid = ("aspect", "expression")
        return {name: value for name, value in given.items() if value is not None or name in unsaid}


class CorrectionRequest(Incoming):
    """What is said of an opinion; `add` says that its review has another one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "opinion": "o_03eabf965369335a9b2acad0",
                    "action": "fix",
                    "opinion_fields": {"polarity": "negative"},
                }
            ]
        }
    )

    opinion: OpinionId | None = None
    review: Annotated[
        Words | None,
        Field(max_length=500, description="Of an addition to a review without an opinion."),
    ] = None
    action: CorrectionAction
    opinion_fields: OpinionFields | None = None


class CorrectionOut(Outgoing):
    """A correction; `undone` tells since when it no longer counts."""

    id: str
    opinion: str | None
    review: str
    action: CorrectionAction
    fields: dict[str, Any]
    before: dict[str, Any]
    who: str
    made: datetime
    undone: datetime | None

    @classmethod
    def of(cls, record: CorrectionRecord) -> CorrectionOut:
        """A recorded correction."""
        said = record.said
        return cls(
            id=record.id,
            opinion=said.opinion,
            review=said.review,
            action=said.action,
            fields=dict(said.fields),
            before=dict(said.before),
            who=record.who,
            made=record.made,
            undone=record.undone,
        )


class CorrectionAnswer(Outgoing):
    """One correction."""

    correction: CorrectionOut


class CorrectionsAnswer(Outgoing):
    """Corrections that count, the latest first."""

    total: int
    items: list[CorrectionOut]


class ExportQuery(Incoming):
    """Which reviews are exported."""

    trusted: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="The confidence from which an opinion that nobody looked at counts as"
            " right; reviews with a less sure one are left out until somebody decides it.",
        ),
    ] = 0.9
    categories: Annotated[
        Literal["model", "own"],
        Field(description="Those of the model, or the tenant's own of /v1/taxonomy."),
    ] = "model"


class MemberOut(Outgoing):
    """A name by which reviews call a thing."""

    name: str
    opinions: int


class AspectOut(Outgoing):
    """A thing that is judged, and its names."""

    key: str
    name: str
    names: NameOut
    opinions: int
    members: list[MemberOut]


class AspectEditOut(Outgoing):
    """A change of names."""

    id: str
    action: AspectAction
    names: list[str]
    into: str
    who: str
    made: datetime
    undone: datetime | None

    @classmethod
    def of(cls, edit: AspectEdit) -> AspectEditOut:
        """A recorded change."""
        change = edit.change
        return cls(
            id=edit.id,
            action=change.action,
            names=list(change.names),
            into=change.into,
            who=edit.who,
            made=edit.made,
            undone=edit.undone,
        )


class ProposalOut(Outgoing):
    """Keys of things that may be one, by how alike their names are; no more than a proposal."""

    names: list[str]
    similarity: float


class AspectsAnswer(Outgoing):
    """Things, the most opinions first, which may be one, and all changes of their names.

    To accept a proposal is to merge its names.
    """

    aspects: list[AspectOut]
    proposals: list[ProposalOut]
    edits: list[AspectEditOut]


class AspectsQuery(Incoming):
    """How many things."""

    limit: Annotated[Whole, Field(ge=1, le=2000)] = 300


class AspectRequest(Incoming):
    """A change of names.

    `merge` makes one thing of `aspects`, called `name`; `split` takes `members` out of their thing,
    as one called `name` or by the first of them; `rename` calls `aspect` by another `name`; `apart`
    says that `aspects` are several things: they are not proposed as one any more.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"action": "merge", "aspects": ["屏幕", "显示屏"], "name": "屏幕"}]
        }
    )

    action: AspectAction
    aspects: Annotated[list[Aspect], Field(max_length=200)] = []
    aspect: Aspect | None = None
    members: Annotated[list[Aspect], Field(max_length=200)] = []
    name: Aspect | None = None

    def change(self) -> NewAspectEdit:
        """As the records take it; what lacks is refused there."""
        names = {
            AspectAction.MERGE: tuple(self.aspects),
            AspectAction.APART: tuple(self.aspects),
            AspectAction.SPLIT: tuple(self.members),
            AspectAction.RENAME: () if self.aspect is None else (self.aspect,),
        }[self.action]
        if self.action is AspectAction.APART:
            return NewAspectEdit(self.action, names, "")
        into = self.name or (names[0] if names and self.action is AspectAction.SPLIT else "")
        return NewAspectEdit(self.action, names, into)


class AspectEditAnswer(Outgoing):
    """The change that was made or undone."""

    edit: AspectEditOut
