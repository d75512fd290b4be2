"""What two people decide: proposals, what counts, and what waits for them."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from guandian.service.schemas.strict import Incoming, Outgoing, Words
from guandian.store.records.policies.policy_records import Policy, PolicyName, PolicyProposal

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=True)]


def text_digest_of(text: str) -> str:
    """What a case's text is known by."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class PolicyRequest(Incoming):
    """A proposal: from which probability reviews are marked, or whether one text is abusive."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "abuse.threshold", "threshold": 0.8, "borderline": 0.5},
                {"name": "abuse.case", "text": "外地人都是骗子", "abusive": True},
            ]
        }
    )

    name: Literal["abuse.threshold", "abuse.case"]
    threshold: Annotated[
        Share | None, Field(description="Reviews at least so likely are marked.")
    ] = None
    borderline: Annotated[
        Share | None, Field(description="Reviews at least so likely wait for two people.")
    ] = None
    text: Annotated[Words, Field(min_length=1, max_length=20_000)] | None = None
    abusive: bool | None = None
    reason: Annotated[Words, Field(max_length=1000)] = ""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        case = self.name == "abuse.case"
        if case != (self.text is not None) or case != (self.abusive is not None):
            raise ValueError("text and abusive belong to abuse.case, and it needs both")
        if case == (self.threshold is not None) or (case and self.borderline is not None):
            raise ValueError("threshold belongs to abuse.threshold, and it needs one")
        if self.borderline is not None and self.borderline > (self.threshold or 0):
            raise ValueError("borderline lies above threshold")
        return self

    def proposal(self) -> PolicyProposal:
        """As the records take it; of a text its digest alone."""
        if self.text is not None:
            value = {"abusive": bool(self.abusive)}
            return PolicyProposal(PolicyName.CASE, value, text_digest_of(self.text), self.reason)
        low = self.threshold if self.borderline is None else self.borderline
        levels = {"threshold": self.threshold, "borderline": low}
        return PolicyProposal(PolicyName.THRESHOLD, levels, "", self.reason)


class PolicyOut(Outgoing):
    """A proposal or policy."""

    id: str
    name: str
    subject: str
    value: dict[str, Any]
    reason: str
    state: str
    proposed_by: str
    made: datetime
    decided_by: str | None
    decided: datetime | None

    @classmethod
    def of(cls, policy: Policy) -> PolicyOut:
        """A recorded one."""
        proposal = policy.proposal
        return cls(
            id=policy.id,
            name=proposal.name,
            subject=proposal.subject,
            value=dict(proposal.value),
            reason=proposal.reason,
            state=policy.state,
            proposed_by=policy.proposed_by,
            made=policy.made,
            decided_by=policy.decided_by,
            decided=policy.decided,
        )


class PolicyAnswer(Outgoing):
    """A policy as it is now."""

    policy: PolicyOut


class PoliciesAnswer(Outgoing):
    """Proposals and policies, the latest first."""

    items: list[PolicyOut]
