"""Asks a `guandian serve` over HTTP, in step (`Client`) or not (`AsyncClient`)."""

from guandian.client.faces import AsyncClient, Client
from guandian.client.requests import ServiceError
from guandian.client.shapes import (
    AnsweredShape,
    AnswerShape,
    DigestShape,
    InboxItemShape,
    InboxPage,
    IntervalShape,
    JobStatus,
    KeyPointShape,
    NumbersRow,
    OpinionShape,
    OverviewShape,
    RecommendationsShape,
    ReplyShape,
    ReviewShape,
    SentShape,
    SummaryShape,
    UnderstandingShape,
    UploadShape,
)

__all__ = [
    "AnswerShape",
    "AnsweredShape",
    "AsyncClient",
    "Client",
    "DigestShape",
    "InboxItemShape",
    "InboxPage",
    "IntervalShape",
    "JobStatus",
    "KeyPointShape",
    "NumbersRow",
    "OpinionShape",
    "OverviewShape",
    "RecommendationsShape",
    "ReplyShape",
    "ReviewShape",
    "SentShape",
    "ServiceError",
    "SummaryShape",
    "UnderstandingShape",
    "UploadShape",
]
