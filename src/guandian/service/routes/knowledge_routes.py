"""`/v1/knowledge`: a tenant's catalogue and lexicon, which stand beside all that is mined."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from guandian.service.auth import Corrector, Reader
from guandian.service.parts import Parts
from guandian.service.problems import not_there
from guandian.service.schemas.knowledge_schemas import KnowledgeAnswer
from guandian.service.schemas.problem_schema import problems
from guandian.service.strict_body import StrictRoute
from guandian.service.tenants.tenant_knowledge import KnowledgeKind

router = APIRouter(prefix="/v1/knowledge", tags=["knowledge"], route_class=StrictRoute)
_BYTES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("", responses=problems())
def get_knowledge(caller: Reader, service: Parts) -> KnowledgeAnswer:
    """The catalogue and the lexicon that count now."""
    return KnowledgeAnswer.of(service.knowledge.of(caller.tenant))


@router.put("/{kind}", responses=problems(), openapi_extra=_BYTES)
async def put_knowledge(
    kind: KnowledgeKind,
    request: Request,
    caller: Corrector,
    service: Parts,
    name: Annotated[str, Query(min_length=1, max_length=500, examples=["catalogue.csv"])],
) -> KnowledgeAnswer:
    """Give a catalogue (.csv, .tsv, .jsonl, JSON-LD) or a lexicon, its bytes as the body.

    It counts at once: what is mined, and every stored review, is shown with what it says of it.
    Opinions stay as they are.
    """
    content = await request.body()
    held = await run_in_threadpool(service.knowledge.put, caller.tenant, kind, name, content)
    answer = KnowledgeAnswer.of(held)
    of = answer.catalogue if kind == "catalogue" else answer.lexicon
    details = {"key": "" if of is None else of.key}
    await run_in_threadpool(
        service.records.audit.add, caller.tenant, caller.key, "knowledge.put", kind, details
    )
    return answer


@router.delete("/{kind}", responses=problems())
def delete_knowledge(kind: KnowledgeKind, caller: Corrector, service: Parts) -> KnowledgeAnswer:
    """Forget the catalogue or the lexicon; nothing is shown of it any more."""
    if not service.knowledge.remove(caller.tenant, kind):
        raise not_there(f"there is no {kind}")
    service.records.audit.add(caller.tenant, caller.key, "knowledge.remove", kind)
    return KnowledgeAnswer.of(service.knowledge.of(caller.tenant))
