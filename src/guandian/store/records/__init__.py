"""Records that change: keys, jobs, corrections, names of aspects, answers, settings, audit log.

SQLite in the data folder, or PostgreSQL; both by SQLAlchemy's core.
"""

from guandian.store.records.all_records import Records
from guandian.store.records.api_keys import ApiKey, KeyTerms, Refusal, Scope, scopes_of
from guandian.store.records.aspect_robustness import (
    AspectAction,
    AspectEdit,
    NewAspectEdit,
    renamed_things,
)
from guandian.store.records.audit_log import AuditEntry
from guandian.store.records.corrections import CorrectionAction, CorrectionRecord, NewCorrection
from guandian.store.records.database import RecordsError
from guandian.store.records.job_records import JobCounts, JobRecord, JobState
from guandian.store.records.stored_answers import Claim

__all__ = [
    "ApiKey",
    "AspectAction",
    "AspectEdit",
    "AuditEntry",
    "Claim",
    "CorrectionAction",
    "CorrectionRecord",
    "JobCounts",
    "JobRecord",
    "JobState",
    "KeyTerms",
    "NewAspectEdit",
    "NewCorrection",
    "Records",
    "RecordsError",
    "Refusal",
    "Scope",
    "renamed_things",
    "scopes_of",
]
