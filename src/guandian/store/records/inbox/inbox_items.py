"""A message or a review that waits for an answer, as plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class InboxKind(StrEnum):
    """What is answered."""

    MESSAGE = "message"
    REVIEW = "review"


class InboxState(StrEnum):
    """What became of it; what was sent stays so."""

    NEW = "new"
    EDITED = "edited"
    SENT = "sent"
    HANDED_OVER = "handed_over"


OPEN = (InboxState.NEW, InboxState.EDITED)


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that is proposed.

    Attributes:
        channel: `answer` of a message; `public` or `private` of a review.
        text: as it was proposed; empty where nothing could be.
        facts: plain JSON: sentences with their sources, guards, why nothing is proposed.
    """

    channel: str
    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Look:
    """That somebody opened a draft: its channel, the name of the key, and when, in UTC."""

    channel: str
    who: str
    made: datetime


@dataclass(frozen=True, slots=True)
class DraftEdit:
    """What a person wrote in place of a draft, or sent.

    Attributes:
        channel: of the draft.
        text: what they wrote, masked.
        who: the name of the key.
        made: when, in UTC.
        sent: whether it was marked as sent with that.
    """

    channel: str
    text: str
    who: str
    made: datetime
    sent: bool = False


@dataclass(frozen=True, slots=True)
class NewItem:
    """What comes into the inbox; its texts are masked already.

    Attributes:
        kind: message or review.
        text: of it.
        reference: by which its owner knows it: the same comes in once; None makes each another.
        about: plain JSON: product, rating, time, the turns before.
        urgency: 0 to 1.
        understood: plain JSON of what was understood.
        drafts: what is proposed.
        needs_person: whether it may never be sent unseen.
    """

    kind: InboxKind
    text: str
    reference: str | None
    about: Mapping[str, Any]
    urgency: float
    understood: Mapping[str, Any]
    drafts: tuple[Draft, ...]
    needs_person: bool


@dataclass(frozen=True, slots=True)
class InboxItem:
    """An item as it is recorded.

    Attributes:
        id: such as `m_4fGh...`.
        given: what came in.
        state: what became of it.
        made, changed: when it came in, and when a person last did something.
        who: the name of the key that did it last.
        seen: who opened which draft, the first of each.
        edits: what people wrote and sent, in order.
    """

    id: str
    given: NewItem
    state: InboxState
    made: datetime
    changed: datetime
    who: str
    seen: tuple[Look, ...] = ()
    edits: tuple[DraftEdit, ...] = ()

    def draft(self, channel: str) -> Draft | None:
        """The draft of a channel, None where it has none."""
        return next((draft for draft in self.given.drafts if draft.channel == channel), None)

    def look(self, channel: str) -> Look | None:
        """Who opened a draft first, None where nobody did."""
        return next((look for look in self.seen if look.channel == channel), None)

    def text_of(self, channel: str) -> str:
        """What stands in a channel at present: the last edit, else the draft."""
        written = [edit.text for edit in self.edits if edit.channel == channel]
        draft = self.draft(channel)
        return written[-1] if written else "" if draft is None else draft.text

    def sent(self, channel: str) -> DraftEdit | None:
        """What was sent by a channel, None where nothing was."""
        return next((edit for edit in self.edits if edit.channel == channel and edit.sent), None)
