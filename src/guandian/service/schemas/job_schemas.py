"""Uploads and the jobs over them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from guandian.service.schemas.mining_schemas import KeptOpinions, MaskingChoice, ServedModel
from guandian.service.schemas.strict import Incoming, Outgoing, Whole, Words
from guandian.store.records import JobRecord, JobState

Column = Annotated[Words, Field(min_length=1, max_length=1000)]
UploadId = Annotated[str, Field(max_length=100, examples=["u_0123456789abcdef01234567"])]


class UploadAnswer(Outgoing):
    """What an upload holds; `guess` tells which column is taken for what, `text` may be several."""

    upload: str
    name: str
    size: int
    columns: list[str]
    guess: dict[str, str | list[str]]
    sample: list[dict[str, str]]
    sheets: list[str]
    rows: Annotated[int | None, Field(description="About how many; null where it is unknown.")]


class ColumnsChosen(Incoming):
    """Names of columns; those that are left out are guessed."""

    text: Annotated[list[Column], Field(min_length=1, max_length=20)] | None = None
    id: Column | None = None
    product: Column | None = None
    brand: Column | None = None
    rating: Column | None = None
    time: Column | None = None
    user: Column | None = None
    source: Column | None = None


class JobRequest(KeptOpinions):
    """An upload to be mined."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "upload": "u_0123456789abcdef01234567",
                    "columns": {"text": ["评价内容"], "product": "商品"},
                    "masking": "mask",
                }
            ]
        }
    )

    upload: UploadId
    columns: ColumnsChosen | None = None
    sheet: Column | None = None
    masking: MaskingChoice = "off"
    model: ServedModel = None

    def choices(self) -> dict[str, Any]:
        """As the records keep them."""
        return self.model_dump(exclude={"upload"}, exclude_none=True)


class JobOut(Outgoing):
    """A job.

    `total` is about how many rows there are, exactly once the job is done, null where nobody
    knows; `skipped` counts those that hold no review, as they have no text, once it is done.
    `repeated` counts reviews that bear the id of an earlier one of the file: the store keeps the
    last of an id.
    """

    id: str
    name: str
    state: JobState
    reviews: int
    opinions: int
    rejected: int
    skipped: int | None
    repeated: int
    total: int | None
    created: datetime
    finished: datetime | None
    error: str | None
    model: str | None

    @classmethod
    def of(cls, job: JobRecord, live: int = 0) -> JobOut:
        """A recorded job, with the reviews that were answered since."""
        counts = job.counts
        reviews = max(counts.reviews, live)
        is_read = job.state is JobState.DONE and counts.total is not None
        return cls(
            id=job.id,
            name=job.name,
            state=job.state,
            reviews=reviews,
            opinions=counts.opinions,
            rejected=counts.rejected,
            skipped=(counts.total or 0) - reviews - counts.rejected if is_read else None,
            repeated=counts.repeated,
            total=None if counts.total is None else max(counts.total, reviews),
            created=job.created,
            finished=job.finished,
            error=job.error,
            model=job.model,
        )


class JobAnswer(Outgoing):
    """One job."""

    job: JobOut


class JobsAnswer(Outgoing):
    """Jobs, the latest first."""

    total: int
    items: list[JobOut]
    jobs: Annotated[list[JobOut], Field(description="The same as `items`.")]


class ResultsAnswer(Outgoing):
    """Records of `guandian mine`, in the order of the file."""

    total: int
    items: list[dict[str, Any]]


class PageQuery(Incoming):
    """Some of many."""

    limit: Annotated[Whole, Field(ge=1, le=1000)] = 100
    offset: Annotated[Whole, Field(ge=0, le=2**53)] = 0
