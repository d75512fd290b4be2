"""Policies by the two-person rule: one key proposes, another one confirms."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from guandian.service.auth import Corrector, Reader
from guandian.service.parts import Parts, Service
from guandian.service.problems import Problem
from guandian.service.schemas.admin.policy_schemas import (
    PoliciesAnswer,
    PolicyAnswer,
    PolicyOut,
    PolicyRequest,
)
from guandian.service.schemas.job_schemas import PageQuery
from guandian.service.schemas.problem_schema import problems
from guandian.service.strict_body import StrictRoute
from guandian.store.records.policies.policy_records import SamePersonError

router = APIRouter(prefix="/v1/policies", tags=["policies"], route_class=StrictRoute)


@router.get("", responses=problems())
def get_policies(
    page: Annotated[PageQuery, Query()], caller: Reader, service: Parts
) -> PoliciesAnswer:
    """What was proposed, what counts and what did: the latest first."""
    policies = service.records.policies.proposals(caller.tenant, page.limit, page.offset)
    return PoliciesAnswer(items=[PolicyOut.of(policy) for policy in policies])


@router.post("", status_code=201, responses=problems(415))
def post_policy(body: PolicyRequest, caller: Corrector, service: Parts) -> PolicyAnswer:
    """Propose a policy or the answer to a case; it counts once another person has confirmed it."""
    policy = service.records.policies.propose(caller.tenant, body.proposal(), caller.key)
    return PolicyAnswer(policy=PolicyOut.of(policy))


@router.post("/{id}/approve", responses=problems(409))
def approve_policy(id: str, caller: Corrector, service: Parts) -> PolicyAnswer:
    """Confirm what another person proposed: from now on it counts."""
    return _decided(service, caller.tenant, id, caller.key, approve=True)


@router.post("/{id}/refuse", responses=problems(409))
def refuse_policy(id: str, caller: Corrector, service: Parts) -> PolicyAnswer:
    """Refuse a proposal, or withdraw one's own."""
    return _decided(service, caller.tenant, id, caller.key, approve=False)


def _decided(service: Service, tenant: str, id: str, key: str, *, approve: bool) -> PolicyAnswer:
    try:
        policy = service.records.policies.decide(tenant, id, key, approve=approve)
    except SamePersonError as error:
        raise Problem(409, "same-person", error.problem, error.repair) from error
    if policy is None:
        raise Problem(
            409, "not-waiting", f"no proposal {id[:80]!r} waits", "list them: GET /v1/policies"
        )
    service.abuse.forget(tenant)
    return PolicyAnswer(policy=PolicyOut.of(policy))
