"""Messages and reviews to be answered, and what is proposed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, FiniteFloat, model_validator

from guandian.assist.replies.guards import rule_names
from guandian.assist.replies.second_look import reason_names
from guandian.domain import Review
from guandian.service.answering.inbox_drafts import violations_of
from guandian.service.schemas.answer_schemas import NameOut
from guandian.service.schemas.job_schemas import PageQuery
from guandian.service.schemas.mining_schemas import Short
from guandian.service.schemas.strict import Incoming, Outgoing, Words
from guandian.store.records.inbox import Draft, InboxItem, InboxKind, InboxState

LONGEST_MESSAGE = 100_000
LONGEST_REVIEW = 20_000
LONGEST_REPLY = 5_000
AT_ONCE = 16
"""Items that come in with one call."""
_MESSAGE = "订单 2026113012345 的快递还没到，急用！"
Message = Annotated[str, Field(max_length=LONGEST_MESSAGE, examples=[_MESSAGE])]
Channel = Literal["answer", "public", "private"]


class TurnIn(Incoming):
    """What was said before."""

    who: Literal["customer", "shop"]
    text: Annotated[Words, Field(max_length=LONGEST_REPLY)]


Turns = Annotated[
    list[TurnIn], Field(max_length=40, description="The dialogue so far, the oldest first.")
]


class UnderstandRequest(Incoming):
    """A message."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": _MESSAGE}]})

    text: Message


class AnswerRequest(Incoming):
    """A question, and the dialogue before it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"question": "多久能到货？"}]})

    question: Message
    turns: Turns = []


class ReplyRequest(Incoming):
    """A review."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "屏幕很清晰，但是电池不耐用", "rating": 2}]}
    )

    text: Annotated[str, Field(min_length=1, max_length=LONGEST_REVIEW)]
    id: Annotated[Words, Field(min_length=1, max_length=500)] = "1"
    product: Short | None = None
    rating: FiniteFloat | None = None
    scale: Annotated[FiniteFloat, Field(gt=0)] | None = None

    def review(self) -> Review:
        """The review that is answered."""
        return Review(
            self.id, self.text, product=self.product, rating=self.rating, scale=self.scale
        )


class InboxEntry(Incoming):
    """What comes into the inbox: a message, or a review; one of the store by its id alone."""

    kind: InboxKind = InboxKind.MESSAGE
    text: Annotated[str | None, Field(max_length=LONGEST_MESSAGE)] = None
    reference: Annotated[
        Words | None,
        Field(
            min_length=1,
            max_length=500,
            description="By which its owner knows it: the same comes in once. Of a review its id.",
        ),
    ] = None
    product: Short | None = None
    rating: FiniteFloat | None = None
    scale: Annotated[FiniteFloat, Field(gt=0)] | None = None
    time: Short | None = None
    turns: Turns = []

    @model_validator(mode="after")
    def _something(self) -> InboxEntry:
        if self.text is None and (self.kind is InboxKind.MESSAGE or self.reference is None):
            raise ValueError("takes a text, or the reference of a stored review")
        if self.kind is InboxKind.REVIEW and len(self.text or "") > LONGEST_REVIEW:
            raise ValueError(f"takes a review of {LONGEST_REVIEW:,} characters at most")
        return self

    def review(self) -> Review:
        """The review that is answered."""
        return Review(
            self.reference or "",
            self.text or "",
            product=self.product,
            rating=self.rating,
            scale=self.scale,
            time=self.time,
        )


class InboxRequest(Incoming):
    """Messages and reviews."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"items": [{"text": _MESSAGE}]},
                {"items": [{"kind": "review", "text": "电池不耐用", "rating": 2}]},
            ]
        }
    )

    items: Annotated[list[InboxEntry], Field(max_length=AT_ONCE)]


class InboxQuery(PageQuery):
    """Which items; without `state` all."""

    state: Annotated[list[InboxState], Field(max_length=4)] = []
    kind: InboxKind | None = None


class InboxExportQuery(Incoming):
    """Of which kind pairs are exported."""

    kind: InboxKind = InboxKind.REVIEW


class InboxChange(Incoming):
    """What a person does.

    `see`: they opened that draft. `edit`: they wrote `text` in its place. `send`: they took `text`,
    or what stands there, to send it; this service sends nothing. `hand_over`: another one answers.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"action": "send", "channel": "public"}]}
    )

    action: Literal["see", "edit", "send", "hand_over"]
    channel: Channel | None = None
    text: Annotated[Words | None, Field(max_length=LONGEST_REPLY)] = None


class ViolationOut(Outgoing):
    """A guard that a text breaks, and where."""

    rule: str
    words: str
    start: int
    end: int
    why: NameOut


class GuardOut(Outgoing):
    """A guard over a reply: what it forbids, and whether the text keeps it."""

    rule: str
    name: NameOut
    passed: bool


class EditOut(Outgoing):
    """What a person wrote or sent; personal data in it is masked."""

    channel: str
    text: str
    who: str
    made: datetime
    sent: bool


class DraftOut(Outgoing):
    """A text that is proposed; `text` is the draft, `current` what stands there.

    A list does not look for what breaks a guard: `violations` and `guards` are null there.
    """

    channel: str
    text: str
    current: str
    sent: bool
    violations: list[ViolationOut] | None
    guards: list[GuardOut] | None
    opened: datetime | None
    opened_by: str | None
    facts: dict[str, Any]

    @classmethod
    def of(cls, item: InboxItem, draft: Draft, *, checked: bool = True) -> DraftOut:
        """The draft of an item as it is now; `checked` against the guards or not."""
        current, look = item.text_of(draft.channel), item.look(draft.channel)
        violations, guards = _checked(item, current) if checked else (None, None)
        return cls(
            channel=draft.channel,
            text=draft.text,
            current=current,
            sent=item.sent(draft.channel) is not None,
            violations=violations,
            guards=guards,
            opened=None if look is None else look.made,
            opened_by=None if look is None else look.who,
            facts=dict(draft.facts),
        )


def _checked(item: InboxItem, text: str) -> tuple[list[ViolationOut], list[GuardOut]]:
    """What breaks a guard in a text, and which guards it keeps."""
    violations = violations_of(item, text)
    broken_rules = {broken["rule"] for broken in violations}
    guarded = item.given.kind is InboxKind.REVIEW and bool(text)
    return [
        ViolationOut(**(broken | {"why": NameOut(zh=broken["why"].zh, en=broken["why"].en)}))
        for broken in violations
    ], [
        GuardOut(rule=rule, name=NameOut(zh=name.zh, en=name.en), passed=rule not in broken_rules)
        for rule, name in (rule_names() if guarded else {}).items()
    ]


class InboxItemOut(Outgoing):
    """A message or a review with what was understood and proposed. Spans point into `text`."""

    id: str
    kind: InboxKind
    reference: str | None
    text: str
    about: dict[str, Any]
    urgency: float
    understood: dict[str, Any]
    drafts: list[DraftOut]
    needs_person: bool
    reasons: list[NameOut]
    state: InboxState
    made: datetime
    changed: datetime
    who: str
    edits: list[EditOut]

    @classmethod
    def of(cls, item: InboxItem, *, checked: bool = True) -> InboxItemOut:
        """The same; its drafts are `checked` against the guards or not."""
        given, names = item.given, reason_names()
        reasons = given.drafts[0].facts.get("reasons", ()) if given.drafts else ()
        return cls(
            id=item.id,
            kind=given.kind,
            reference=given.reference,
            text=given.text,
            about=dict(given.about),
            urgency=given.urgency,
            understood=dict(given.understood),
            drafts=[DraftOut.of(item, draft, checked=checked) for draft in given.drafts],
            needs_person=given.needs_person,
            reasons=[
                NameOut(zh=names[reason].zh, en=names[reason].en)
                for reason in reasons
                if reason in names
            ],
            state=item.state,
            made=item.made,
            changed=item.changed,
            who=item.who,
            edits=[
                EditOut(
                    channel=edit.channel, text=edit.text, who=edit.who, made=edit.made,
                    sent=edit.sent,
                )
                for edit in item.edits
            ],
        )  # fmt: skip


class InboxAnswer(Outgoing):
    """Some of `total` items: what waits first, the most urgent on top; how many wait."""

    total: int
    waiting: int
    items: list[InboxItemOut]


class InboxAdded(Outgoing):
    """What came in, in the order of the request; of one that was there before, that one."""

    items: list[InboxItemOut]


class InboxItemAnswer(Outgoing):
    """An item; `text` is what is to be sent, where something is."""

    item: InboxItemOut
    text: str | None = None


class InboxRemoved(Outgoing):
    """The id of an item that is gone."""

    removed: str


class UnderstandAnswer(Outgoing):
    """What was understood of a message; spans point into `masked`."""

    masked: str
    language: str
    intent: dict[str, Any] | None
    candidates: list[dict[str, Any]]
    opinions: list[dict[str, Any]]
    entities: list[dict[str, Any]]
    sentiment: str
    urgency: dict[str, Any]
    slots: list[dict[str, Any]]
    notes: list[str]


class ShopAnswerOut(Outgoing):
    """The answer to a question: every sentence with its source, or why a person has to answer."""

    question: str
    abstained: bool
    why: str
    confidence: float
    text: str
    sentences: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    contradictions: list[dict[str, Any]]
    handover: str | None


class ReplyAnswer(Outgoing):
    """The replies that are proposed to a review; `named` points into `review`."""

    review: str
    id: str
    language: str
    mood: str
    public: str
    private: str
    needs_person: bool
    reasons: list[str]
    named: list[dict[str, Any]]
    guards: list[str]
