"""The inbox: messages and reviews with drafts, and what people make of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from guandian.domain import Mined, Review
from guandian.privacy import Masking
from guandian.privacy.masking import find_tokens, mask
from guandian.service.answering.assistants import BatchedMiner
from guandian.service.answering.inbox_drafts import (
    PUBLIC,
    message_item,
    review_item,
    training_line,
    violations_of,
)
from guandian.service.auth import Asker, Corrector, Principal, Reader
from guandian.service.job_runner import masking_of
from guandian.service.parts import Parts, Service
from guandian.service.problems import Problem, not_there, wrong_place
from guandian.service.routes.assist.asking_routes import READ, worked
from guandian.service.schemas.assist_schemas import (
    InboxAdded,
    InboxAnswer,
    InboxChange,
    InboxEntry,
    InboxExportQuery,
    InboxItemAnswer,
    InboxItemOut,
    InboxQuery,
    InboxRemoved,
    InboxRequest,
)
from guandian.service.schemas.problem_schema import problems
from guandian.service.strict_body import StrictRoute
from guandian.store.readings import refuse_incomplete
from guandian.store.records.inbox import InboxItem, InboxKind, InboxState, NewItem
from guandian.store.records.inbox.inbox_items import OPEN

router = APIRouter(prefix="/v1/assist/inbox", tags=["assist"], route_class=StrictRoute)
_ALIKE_TO = 100
"""Newest replies that a draft shall not be like."""


@router.get("", responses=problems())
def get_inbox(query: Annotated[InboxQuery, Query()], caller: Reader, service: Parts) -> InboxAnswer:
    """What came in: what waits first, the most urgent on top."""
    inbox = service.records.inbox
    items = inbox.list(caller.tenant, query.state, query.kind, query.limit, query.offset)
    return InboxAnswer(
        total=inbox.count(caller.tenant, query.state, query.kind),
        waiting=inbox.count(caller.tenant, OPEN),
        items=[InboxItemOut.of(item, checked=False) for item in items],
    )


@router.post("", status_code=201, responses=problems(415))
async def post_inbox(body: InboxRequest, caller: Asker, service: Parts) -> InboxAdded:
    """Take messages and reviews in: masked, understood, with drafts, kept for people to see."""
    comings = await run_in_threadpool(_comings, service, caller, body.items)

    def take(miner: BatchedMiner, masking: Masking) -> InboxAdded:
        items = _taken(service, caller, comings, miner, masking)
        return InboxAdded(items=[InboxItemOut.of(item) for item in items])

    texts = [coming.read for coming in comings if coming.read is not None]
    return await worked(service, caller, texts, take)


@router.get(
    "/export",
    response_class=Response,
    responses=problems()
    | {200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
)
def get_inbox_export(
    query: Annotated[InboxExportQuery, Query()], caller: Reader, service: Parts
) -> Response:
    """What was sent beside its draft, as JSON Lines to learn from."""
    items = service.records.inbox.sent(caller.tenant)
    lines = [
        json.dumps(line, ensure_ascii=False)
        for item in items
        if item.given.kind is query.kind
        for line in training_line(item)
    ]
    name = f"{query.kind}-pairs.jsonl"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    content = "".join(f"{line}\n" for line in lines)
    return Response(content.encode(), headers=headers, media_type="application/x-ndjson")


@router.get("/{id}", responses=problems())
def get_inbox_item(id: str, caller: Reader, service: Parts) -> InboxItemAnswer:
    """One item."""
    return InboxItemAnswer(
        item=InboxItemOut.of(_named(service.records.inbox.get(caller.tenant, id), id))
    )


@router.patch("/{id}", responses=problems(409, 415))
def patch_inbox_item(
    id: str, body: InboxChange, caller: Corrector, service: Parts
) -> InboxItemAnswer:
    """See, edit, send or hand over. Nothing is sent by this service: it gives the text."""
    sent = None
    with service.records.together():
        item = _named(service.records.inbox.hold(caller.tenant, id), id)
        if body.action == "send":
            changed, sent = _sent(service, caller, item, body)
        else:
            changed = _changed(service, caller, item, body)
    return InboxItemAnswer(item=InboxItemOut.of(changed), text=sent)


@router.delete("/{id}", responses=problems())
def delete_inbox_item(id: str, caller: Corrector, service: Parts) -> InboxRemoved:
    """Remove an item with all its texts, edits included."""
    if not service.records.inbox.delete(caller.tenant, id):
        raise not_there(f"there is no item {id[:80]!r} in the inbox")
    service.records.erase()
    return InboxRemoved(removed=id)


@dataclass(frozen=True, slots=True)
class _Coming:
    """What comes in.

    Attributes:
        entry: as it was sent.
        known: what came in before under the same reference.
        review: masked, where it is one.
        mined: what is known of a stored review.
        read: what is mined of it now, None where nothing is.
    """

    entry: InboxEntry
    known: InboxItem | None = None
    review: Review | None = None
    mined: Mined | None = None
    read: str | None = None


def _comings(service: Service, caller: Principal, entries: Sequence[InboxEntry]) -> list[_Coming]:
    masking = masking_of("mask", service.folder)
    return [_coming(service, caller, entry, masking) for entry in entries]


def _coming(service: Service, caller: Principal, entry: InboxEntry, masking: Masking) -> _Coming:
    if entry.reference is not None:
        known = service.records.inbox.by_reference(caller.tenant, entry.kind, entry.reference)
        if known is not None:
            return _Coming(entry, known)
    if entry.kind is InboxKind.MESSAGE:
        return _Coming(entry, read=(entry.text or "")[:READ])
    if entry.text is not None:
        review = masking.review(entry.review())
        return _Coming(entry, review=review, read=review.text)
    reader = service.readings.reader(caller.tenant)
    stored = reader.review(str(entry.reference))
    if stored is None:
        refuse_incomplete(reader)
        raise not_there(f"there is no review {str(entry.reference)[:80]!r}")
    review = masking.review(stored.review)
    if stored.review.text == review.text:
        return _Coming(entry, review=stored.review, mined=stored.mined)
    return _Coming(entry, review=review, read=review.text)


def _taken(
    service: Service,
    caller: Principal,
    comings: Sequence[_Coming],
    miner: BatchedMiner,
    masking: Masking,
) -> list[InboxItem]:
    """Draft all, then keep all or, on an error, none."""
    inbox, assistants = service.records.inbox, service.assistants.of(caller.tenant)
    latest = inbox.newest(caller.tenant, InboxKind.REVIEW, _ALIKE_TO)
    earlier = [text for item in latest if (text := item.text_of(PUBLIC))]
    made: list[InboxItem | NewItem] = []
    for coming in comings:
        entry, review = coming.entry, coming.review
        if coming.known is not None:
            made.append(coming.known)
        elif review is None:
            understood = assistants.understander(miner, masking).understand(entry.text or "")
            turns = [(spoken.who, spoken.text) for spoken in entry.turns]
            made.append(message_item(assistants, understood, turns, masking, entry.reference))
        else:
            mined = coming.mined or miner.mine([review])[0]
            fresh = review_item(assistants, review, mined, earlier)
            earlier = [*(draft.text for draft in fresh.drafts if draft.channel == PUBLIC), *earlier]
            made.append(fresh)
    with service.records.together():
        return [
            inbox.add(caller.tenant, item, caller.name) if isinstance(item, NewItem) else item
            for item in made
        ]


def _changed(service: Service, caller: Principal, item: InboxItem, body: InboxChange) -> InboxItem:
    """What was made of an item that is held."""
    inbox = service.records.inbox
    if body.action == "hand_over":
        _refuse_sent(item, None)
        return inbox.hand_over(caller.tenant, item.id, caller.name)
    channel = _channel(item, body)
    if body.action == "see":
        return inbox.see(caller.tenant, item.id, channel, caller.name)
    _refuse_sent(item, channel)
    if body.text is None:
        raise _lacking("/text", "an edit needs a text")
    return inbox.write(caller.tenant, item.id, channel, mask(body.text)[0], caller.name)


def _sent(
    service: Service, caller: Principal, item: InboxItem, body: InboxChange
) -> tuple[InboxItem, str]:
    """An item that is held with what is sent of it, and that text."""
    channel = _channel(item, body)
    _refuse_sent(item, channel)
    text = item.text_of(channel) if body.text is None else body.text
    if not text.strip():
        raise _lacking("/text", "there is nothing to send")
    _refuse_unseen(item, channel)
    _refuse_masked(text)
    _refuse_guarded(item, text)
    masked, inbox = mask(text)[0], service.records.inbox
    return inbox.write(caller.tenant, item.id, channel, masked, caller.name, sent=True), text


def _named(item: InboxItem | None, id: str) -> InboxItem:
    if item is None:
        raise not_there(f"there is no item {id[:80]!r} in the inbox")
    return item


def _channel(item: InboxItem, body: InboxChange) -> str:
    known = [draft.channel for draft in item.given.drafts]
    channel = body.channel or known[0]
    if channel not in known:
        raise _lacking("/channel", f"takes one of {', '.join(known)}")
    return channel


def _lacking(path: str, detail: str) -> Problem:
    return Problem(
        422, "invalid", "the change does not say enough", "look at errors",
        errors=[wrong_place(path, detail)],
    )  # fmt: skip


def _refuse_sent(item: InboxItem, channel: str | None) -> None:
    """Refuse to change what was sent.

    Raises:
        Problem: 409.
    """
    sent = item.state is InboxState.SENT if channel is None else item.sent(channel) is not None
    if sent:
        raise Problem(409, "sent", "this was sent", "what was sent stays as it is")


def _refuse_unseen(item: InboxItem, channel: str) -> None:
    """Refuse to send unseen what a person has to see.

    Raises:
        Problem: 409.
    """
    if item.given.needs_person and item.look(channel) is None:
        raise Problem(
            409,
            "unseen",
            "a person has to open this draft before it is sent",
            'look at it, then PATCH it with {"action": "see"}',
        )


def _refuse_masked(text: str) -> None:
    """Refuse to send a customer what stands in place of personal data.

    Raises:
        Problem: 409 with each place.
    """
    tokens = find_tokens(text)
    if tokens:
        raise Problem(
            409,
            "masked",
            "the text holds what was written in place of personal data",
            'send it with what belongs there, or without it: {"action": "send", "text": "..."}',
            errors=[wrong_place(f"/text/{span.start}", span.of(text)) for span in tokens],
        )


def _refuse_guarded(item: InboxItem, text: str) -> None:
    """Refuse a reply that breaks a guard.

    Raises:
        Problem: 409 with each place.
    """
    broken = violations_of(item, text)
    if broken:
        raise Problem(
            409,
            "guarded",
            "the reply breaks a rule of the house",
            "write it otherwise",
            errors=[
                wrong_place(
                    f"/text/{violation['start']}", f"{violation['rule']}: {violation['words'][:80]}"
                )
                for violation in broken
            ],
        )
