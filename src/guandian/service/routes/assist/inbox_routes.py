"""The inbox: messages and reviews with drafts, and what people make of them."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from guandian.privacy import Masking
from guandian.privacy.masking import mask
from guandian.service.answering.assistants import BatchedMiner
from guandian.service.answering.inbox_drafts import (
    message_item,
    review_item,
    training_line,
    violations_of,
)
from guandian.service.auth import Asker, Corrector, Principal, Reader
from guandian.service.parts import Parts, Service
from guandian.service.problems import Problem, not_there, wrong_place
from guandian.service.routes.assist.asking_routes import worked
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
        items=[InboxItemOut.of(item) for item in items],
    )


@router.post("", status_code=201, responses=problems(415))
async def post_inbox(body: InboxRequest, caller: Asker, service: Parts) -> InboxAdded:
    """Take messages and reviews in: masked, understood, with drafts, kept for people to see."""

    def take(miner: BatchedMiner, masking: Masking) -> InboxAdded:
        items = [_taken(service, caller, entry, miner, masking) for entry in body.items]
        return InboxAdded(items=[InboxItemOut.of(item) for item in items])

    texts = [entry.text for entry in body.items if entry.text is not None]
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
    return InboxItemAnswer(item=InboxItemOut.of(_named(service, caller, id)))


@router.patch("/{id}", responses=problems(409, 415))
def patch_inbox_item(
    id: str, body: InboxChange, caller: Corrector, service: Parts
) -> InboxItemAnswer:
    """See, edit, send or hand over. Nothing is sent by this service: it gives the text."""
    item, inbox = _named(service, caller, id), service.records.inbox
    if body.action == "hand_over":
        _refuse_sent(item, None)
        return _answer(inbox.hand_over(caller.tenant, id, caller.name))
    channel, text = _channel(item, body), body.text
    if body.action == "see":
        return _answer(inbox.see(caller.tenant, id, channel, caller.name))
    _refuse_sent(item, channel)
    if body.action == "edit":
        if text is None:
            raise _lacking("/text", "an edit needs a text")
        return _answer(inbox.write(caller.tenant, id, channel, mask(text)[0], caller.name))
    text = item.text_of(channel) if text is None else text
    if not text.strip():
        raise _lacking("/text", "there is nothing to send")
    _refuse_unseen(item, channel)
    _refuse_guarded(item, text)
    sent = inbox.write(caller.tenant, id, channel, mask(text)[0], caller.name, sent=True)
    return InboxItemAnswer(item=InboxItemOut.of(sent), text=text)


@router.delete("/{id}", responses=problems())
def delete_inbox_item(id: str, caller: Corrector, service: Parts) -> InboxRemoved:
    """Remove an item with all its texts, edits included."""
    if not service.records.inbox.delete(caller.tenant, id):
        raise not_there(f"there is no item {id[:80]!r} in the inbox")
    service.records.erase()
    return InboxRemoved(removed=id)


def _taken(
    service: Service, caller: Principal, entry: InboxEntry, miner: BatchedMiner, masking: Masking
) -> InboxItem:
    inbox, reference = service.records.inbox, entry.reference
    if reference is not None:
        known = inbox.by_reference(caller.tenant, entry.kind, reference)
        if known is not None:
            return known
    if entry.kind is InboxKind.MESSAGE:
        understander = service.assistants.understander(miner, masking)
        understood = understander.understand(entry.text or "")
        turns = [(spoken.who, spoken.text) for spoken in entry.turns]
        item = message_item(service.assistants, understood, turns, masking, reference)
    else:
        item = _review(service, caller, entry, miner, masking)
    return inbox.add(caller.tenant, item, caller.name)


def _review(
    service: Service, caller: Principal, entry: InboxEntry, miner: BatchedMiner, masking: Masking
) -> NewItem:
    latest = service.records.inbox.list(caller.tenant, kind=InboxKind.REVIEW, limit=_ALIKE_TO)
    earlier = [text for item in latest if (text := item.text_of("public"))]
    if entry.text is None:
        reader = service.readings.reader(caller.tenant)
        stored = reader.review(str(entry.reference))
        if stored is None:
            refuse_incomplete(reader)
            raise not_there(f"there is no review {str(entry.reference)[:80]!r}")
        if stored.review.text == masking.review(stored.review).text:
            return review_item(service.assistants, stored.review, stored.mined, earlier)
        review = masking.review(stored.review)
    else:
        review = masking.review(entry.review())
    (mined,) = miner.mine([review])
    return review_item(service.assistants, review, mined, earlier)


def _named(service: Service, caller: Principal, id: str) -> InboxItem:
    item = service.records.inbox.get(caller.tenant, id)
    if item is None:
        raise not_there(f"there is no item {id[:80]!r} in the inbox")
    return item


def _answer(item: InboxItem) -> InboxItemAnswer:
    return InboxItemAnswer(item=InboxItemOut.of(item))


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
