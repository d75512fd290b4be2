"""Messages and reviews as they come into the inbox: masked, understood, with drafts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from guandian.assist.answers.answer import ShopAnswer
from guandian.assist.dialogue.conversation import Conversation
from guandian.assist.replies import ReplyDraft, check_reply, draft_reply, pair_of_edit
from guandian.assist.replies.guards import rule_names
from guandian.assist.replies.likeness import likeness
from guandian.assist.replies.named_aspects import NamedAspect
from guandian.assist.understanding import Understanding
from guandian.domain import Mined, Polarity, Review, Span
from guandian.privacy import Masking
from guandian.service.answering.assistants import Assistants, KnownMined
from guandian.store.records.inbox import Draft, InboxItem, InboxKind, NewItem

ANSWER, PUBLIC, PRIVATE = "answer", "public", "private"
URGENT = 0.5
"""From this urgency on a person opens the draft before it is sent."""
_FEW_STARS = 2.0
Turn = tuple[str, str]
"""Who spoke, `customer` or `shop`, and what."""


def message_item(
    assistants: Assistants,
    understood: Understanding,
    turns: Sequence[Turn],
    masking: Masking,
    reference: str | None,
) -> NewItem:
    """A message with the answer that is proposed, where the service knows something."""
    before = [(who, masking.text(text)[0]) for who, text in turns]
    answer = answer_of(assistants, understood.masked, before)
    facts = {} if answer is None else answer.as_json()
    draft = Draft(ANSWER, "" if answer is None else answer.text, facts)
    unsure = answer is None or answer.abstained
    sore = understood.sentiment.label is Polarity.NEGATIVE
    return NewItem(
        InboxKind.MESSAGE, understood.masked, reference,
        {"turns": [{"who": who, "text": text} for who, text in before]},
        understood.urgency.level, understood.as_json(), (draft,),
        unsure or sore or understood.urgency.level >= URGENT,
    )  # fmt: skip


def answer_of(assistants: Assistants, question: str, turns: Iterable[Turn]) -> ShopAnswer | None:
    """The answer to a question after some turns; None where the service knows nothing."""
    if assistants.answerer is None:
        return None
    conversation = Conversation()
    said = [*turns]
    for number, (who, text) in enumerate(said):
        if who == "customer":
            after = said[number + 1] if number + 1 < len(said) else ("", "")
            reply = after[1] if after[0] == "shop" else ""
            conversation.remember(text, conversation.resolve(text), reply)
    return assistants.answerer.answer(question, conversation)


def review_item(
    assistants: Assistants, review: Review, mined: Mined, earlier: Sequence[str]
) -> NewItem:
    """A review with the replies that are proposed.

    Args:
        assistants: with the house style.
        review: masked already.
        mined: what was found in it.
        earlier: public answers to other reviews, which this one shall not be like.
    """
    known = assistants.understander(KnownMined([mined]), Masking("off"))
    understood = known.understand(review.text)
    draft = draft_reply(review, mined, assistants.style, earlier)
    facts = draft.to_dict()
    about = {
        name: value
        for name in ("product", "brand", "rating", "scale", "time", "source")
        if (value := getattr(review, name)) is not None
    }
    return NewItem(
        InboxKind.REVIEW, review.text, review.id or None, about, understood.urgency.level,
        understood.as_json(),
        (Draft(PUBLIC, draft.public, facts), Draft(PRIVATE, draft.private, facts)),
        draft.needs_person or few_stars(about),
    )  # fmt: skip


def few_stars(about: dict[str, Any]) -> bool:
    """Whether a review has two stars of five, or fewer."""
    rating, scale = about.get("rating"), about.get("scale") or 5
    return rating is not None and rating / scale * 5 <= _FEW_STARS


def violations_of(item: InboxItem, text: str) -> list[dict[str, Any]]:
    """The guards that a reply to a review breaks; an answer to a message has sources instead."""
    if item.given.kind is not InboxKind.REVIEW:
        return []
    return [
        {"rule": broken.rule, "words": broken.words, "start": broken.span.start,
         "end": broken.span.end, "why": rule_names()[broken.rule]}
        for broken in check_reply(text, item.given.text)
    ]  # fmt: skip


def training_line(item: InboxItem) -> list[dict[str, Any]]:
    """What was sent of an item, as lines to learn from: the draft and what a person made of it."""
    lines = []
    for draft in item.given.drafts:
        sent = item.sent(draft.channel)
        if sent is None:
            continue
        if item.given.kind is InboxKind.REVIEW:
            lines.append(_reply_line(item, draft, sent.text) | {"who": sent.who})
        else:
            changed = 0.0 if sent.text == draft.text else 1 - likeness(draft.text, sent.text)
            sources = [sentence["source"] for sentence in draft.facts.get("sentences", ())]
            lines.append({
                "kind": "message", "id": item.id, "question": item.given.text, "reply": sent.text,
                "draft": draft.text, "sources": sources, "changed": round(changed, 4),
                "who": sent.who,
            })  # fmt: skip
    return lines


def _reply_line(item: InboxItem, draft: Draft, sent: str) -> dict[str, Any]:
    facts = draft.facts
    texts = {draft.channel: draft.text for draft in item.given.drafts}
    proposed = ReplyDraft(
        item.id, facts["language"], facts["mood"], texts[PUBLIC], texts[PRIVATE],
        bool(facts["needs_person"]), tuple(facts["reasons"]),
        tuple(
            NamedAspect(
                name["text"], name["text"], Span(name["start"], name["end"]), name["category"],
                Polarity(name["polarity"]),
            )
            for name in facts["named"]
        ),
        tuple(facts["guards"]),
    )  # fmt: skip
    review = Review(item.id, item.given.text)
    channel: Any = draft.channel
    pair = pair_of_edit(review, proposed, sent, channel)
    reference = item.given.reference or item.id
    return {"kind": "review"} | replace(pair, review_id=reference).to_dict()
