"""Asks a `guandian serve` over HTTP, in step (`Client`) or not (`AsyncClient`)."""

from guandian.client.faces import AsyncClient, Client
from guandian.client.requests import ServiceError
from guandian.client.shapes import (
    IntervalShape,
    JobStatus,
    NumbersRow,
    OpinionShape,
    OverviewShape,
    RecommendationsShape,
    ReviewShape,
    SummaryShape,
    UploadShape,
)

__all__ = [
    "AsyncClient",
    "Client",
    "IntervalShape",
    "JobStatus",
    "NumbersRow",
    "OpinionShape",
    "OverviewShape",
    "RecommendationsShape",
    "ReviewShape",
    "ServiceError",
    "SummaryShape",
    "UploadShape",
]
