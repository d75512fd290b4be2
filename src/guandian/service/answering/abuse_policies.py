"""Marks reviews as abusive by what two people of a tenant have decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Lock

from guandian.domain import Mined, Review
from guandian.mining.abuse.abuse_detector import shipped_detector
from guandian.mining.abuse.abuse_marks import ABUSE, abuse_scores
from guandian.service.schemas.admin.policy_schemas import text_digest_of
from guandian.store.records import Records
from guandian.store.records.policies.policy_records import PolicyName

BORDERLINE = "abuse: borderline; two people decide (/v1/policies)"


@dataclass(frozen=True, slots=True)
class AbusePolicy:
    """What counts for a tenant.

    Attributes:
        threshold: reviews at least so likely are marked; None marks none but decided cases.
        borderline: reviews at least so likely, and not marked, wait for people.
        cases: by the digest of a text whether it is abusive.
    """

    threshold: float | None
    borderline: float
    cases: dict[str, bool]


class AbusePolicies:
    """The policies of tenants, read from the records when they change."""

    def __init__(self, records: Records) -> None:
        self._records, self._lock = records, Lock()
        self._known: dict[str, AbusePolicy] = {}

    def forget(self, tenant: str) -> None:
        """Read a tenant's policies anew when they are needed next."""
        with self._lock:
            self._known.pop(tenant, None)

    def of(self, tenant: str) -> AbusePolicy:
        """What counts for a tenant now."""
        with self._lock:
            policy = self._known.get(tenant)
            if policy is None:
                policy = self._known[tenant] = self._read(tenant)
        return policy

    def marks(self, tenant: str) -> bool:
        """Tell whether anything counts for a tenant."""
        policy = self.of(tenant)
        return policy.threshold is not None or bool(policy.cases)

    def marked(
        self, tenant: str, reviews: Sequence[Review], answers: Sequence[Mined]
    ) -> list[Mined]:
        """What was mined, with warnings where a review is abusive or waits for people.

        Nothing is dropped or lowered; without a policy in force nothing is marked.
        """
        policy = self.of(tenant)
        scores = abuse_scores(reviews, answers, shipped_detector())
        return [
            _marked(review, mined, score, policy)
            for review, mined, score in zip(reviews, answers, scores, strict=True)
        ]

    def _read(self, tenant: str) -> AbusePolicy:
        threshold: float | None = None
        borderline, cases = 1.0, {}
        for policy in self._records.policies.in_force(tenant):
            value = policy.proposal.value
            if policy.proposal.name is PolicyName.CASE:
                cases[policy.proposal.subject] = bool(value["abusive"])
            else:
                threshold, borderline = float(value["threshold"]), float(value["borderline"])
        return AbusePolicy(threshold, borderline, cases)


def _marked(review: Review, mined: Mined, score: float | None, policy: AbusePolicy) -> Mined:
    decided = policy.cases.get(text_digest_of(review.text))
    likely = score is not None and policy.threshold is not None and score >= policy.threshold
    if decided or (decided is None and likely):
        return replace(mined, warnings=(*mined.warnings, ABUSE))
    waits = policy.threshold is not None and score is not None and score >= policy.borderline
    if decided is None and waits:
        return replace(mined, warnings=(*mined.warnings, BORDERLINE))
    return mined
