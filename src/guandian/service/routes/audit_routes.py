"""`GET /v1/audit`: what administrators did."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from guandian.service.auth import Administrator
from guandian.service.parts import Parts
from guandian.service.schemas.admin.admin_schemas import ActOut, AuditAnswer
from guandian.service.schemas.job_schemas import PageQuery
from guandian.service.schemas.problem_schema import problems

router = APIRouter(prefix="/v1", tags=["keys"])


@router.get("/audit", responses=problems())
def get_audit(
    page: Annotated[PageQuery, Query()], caller: Administrator, service: Parts
) -> AuditAnswer:
    """The tenant's acts: keys, models, names of aspects, deleted reviews; the latest first."""
    entries = service.records.audit.list(caller.tenant, page.limit, page.offset)
    return AuditAnswer(items=[ActOut.of(entry) for entry in entries])
