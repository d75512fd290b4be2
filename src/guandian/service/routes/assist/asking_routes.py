"""Understanding, answers and replies at once; nothing is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from guandian.assist.replies import draft_reply
from guandian.domain import Review
from guandian.privacy import Masking
from guandian.service.answering.assistants import BatchedMiner
from guandian.service.answering.inbox_drafts import answer_of
from guandian.service.auth import Asker, Principal
from guandian.service.job_runner import masking_of
from guandian.service.parts import Parts, Service
from guandian.service.problems import Problem
from guandian.service.quotas import spending
from guandian.service.schemas.assist_schemas import (
    AnswerRequest,
    ReplyAnswer,
    ReplyRequest,
    ShopAnswerOut,
    UnderstandAnswer,
    UnderstandRequest,
)
from guandian.service.schemas.problem_schema import problems
from guandian.service.strict_body import StrictRoute

router = APIRouter(prefix="/v1/assist", tags=["assist"], route_class=StrictRoute)
Result = TypeVar("Result")
READ = 4_000
"""Characters of a message that are read, and count for room and quota; a review is read whole."""


async def worked(
    service: Service,
    caller: Principal,
    texts: Sequence[str],
    work: Callable[[BatchedMiner, Masking], Result],
) -> Result:
    """Do work that mines some texts, within the room that there is and the caller's quota.

    Args:
        service: that mines.
        caller: who asks.
        texts: all that is mined, as long as it is read.
        work: what is done in a thread that may wait.

    Raises:
        Problem: there is no room, the quota is used up, or the deadline passed.
    """
    reviews = [Review(str(number), text) for number, text in enumerate(texts)]
    miner = BatchedMiner(service, caller.tenant, service.limits.deadline)
    masking = masking_of("mask", service.folder)
    with service.admission.room(reviews):
        async with spending(service.records, caller, len(reviews)):
            return await run_in_threadpool(work, miner, masking)


@router.post("/understand", responses=problems(415))
async def post_understand(
    body: UnderstandRequest, caller: Asker, service: Parts
) -> UnderstandAnswer:
    """What a message wants: intent, opinions, urgency and details, personal data masked."""

    def understand(miner: BatchedMiner, masking: Masking) -> UnderstandAnswer:
        understander = service.assistants.of(caller.tenant).understander(miner, masking)
        return UnderstandAnswer(**understander.understand(body.text).as_json())

    return await worked(service, caller, [body.text[:READ]], understand)


@router.post("/answer", responses=problems(409, 415))
async def post_answer(body: AnswerRequest, caller: Asker, service: Parts) -> ShopAnswerOut:
    """Answer from what the shop knows, every sentence with its source, or say why a person must."""
    assistants = service.assistants.of(caller.tenant)
    if assistants.answerer is None:
        raise Problem(
            409,
            "no-knowledge",
            "the service knows nothing to answer from",
            "guandian assist answer --knowledge FAQ.csv --save FOLDER/answers, then guandian serve"
            " --assist FOLDER",
        )

    def answer(_: BatchedMiner, masking: Masking) -> ShopAnswerOut:
        turns = [(entry.who, masking.text(entry.text)[0]) for entry in body.turns]
        answered = answer_of(assistants, body.question, turns)
        assert answered is not None
        return ShopAnswerOut(**answered.as_json())

    return await worked(service, caller, [body.question[:READ]], answer)


@router.post("/reply", responses=problems(415))
async def post_reply(body: ReplyRequest, caller: Asker, service: Parts) -> ReplyAnswer:
    """Draft a public and a private reply to a review, within the guards."""

    def reply(miner: BatchedMiner, masking: Masking) -> ReplyAnswer:
        review = masking.review(body.review())
        (mined,) = miner.mine([review])
        draft = draft_reply(review, mined, service.assistants.of(caller.tenant).style)
        return ReplyAnswer(review=review.text, **draft.to_dict())

    return await worked(service, caller, [body.text], reply)
