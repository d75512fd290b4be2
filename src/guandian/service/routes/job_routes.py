"""Files to be mined: uploads, jobs with their progress, results and rejects."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response, StreamingResponse

from guandian.errors import GuandianError
from guandian.files import safe, to_wire
from guandian.service.auth import Asker, Principal
from guandian.service.idempotency import IdempotencyKey, once, request_digest
from guandian.service.job_files import REJECTS
from guandian.service.parts import Parts, Service
from guandian.service.problems import Problem, not_there
from guandian.service.schemas.answer_schemas import Deleted
from guandian.service.schemas.job_schemas import (
    JobAnswer,
    JobOut,
    JobRequest,
    JobsAnswer,
    PageQuery,
    ResultsAnswer,
    UploadAnswer,
)
from guandian.service.schemas.problem_schema import problems
from guandian.service.strict_body import StrictRoute
from guandian.service.tenants.tenant_models import masking_mode, refuse_promises
from guandian.service.uploads import look, told_of
from guandian.store.records import JobRecord

router = APIRouter(prefix="/v1", tags=["files"], route_class=StrictRoute)
_LOOK = 0.25
"""Seconds between two looks at a job that is watched."""
_BEAT = 15.0
"""Seconds after which a silent stream says that it lives."""
_COLUMNS = ("line", "column", "reason", "row")
_BYTES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("/uploads", status_code=201, responses=problems(), openapi_extra=_BYTES)
async def post_upload(
    request: Request,
    caller: Asker,
    service: Parts,
    name: Annotated[str, Query(min_length=1, max_length=500, examples=["reviews.csv"])],
) -> UploadAnswer:
    """Drop a file, its bytes as the body; the answer says what its columns are taken for."""
    upload = await service.uploads.receive(caller.tenant, name, request.stream())
    try:
        content = await run_in_threadpool(look, upload)
    except GuandianError as error:
        service.uploads.remove(caller.tenant, upload.id)
        repaired = told_of(error, upload)
        raise Problem(422, "unreadable", repaired.problem, repaired.repair) from error
    return UploadAnswer(upload=upload.id, name=upload.name, size=upload.size, **content)


@router.delete("/uploads/{id}", responses=problems(409))
def delete_upload(id: str, caller: Asker, service: Parts) -> Deleted:
    """Forget a file that no job is to read."""
    service.jobs.remove_upload(caller.tenant, id)
    return Deleted(deleted=id)


@router.post("/jobs", status_code=202, responses=problems(409, 415), response_model=JobAnswer)
async def post_job(
    body: JobRequest,
    request: Request,
    caller: Asker,
    service: Parts,
    key: IdempotencyKey = None,
) -> Response:
    """Mine an upload in the background and store its opinions."""
    digest = await request_digest(request)
    if body.model is not None:
        body = _by_language_model(body, body.model, caller, service)
    else:
        served = service.model.of_tenant(caller.tenant)
        await run_in_threadpool(service.promising.caution, served, body)

    def add() -> dict[str, Any]:
        upload = service.uploads.get(caller.tenant, body.upload)
        job = service.records.jobs.add(
            caller.tenant, upload.name, upload.id, body.choices(), caller.key
        )
        return {"job": JobOut.of(job).model_dump(mode="json")}

    answer = await run_in_threadpool(once, service.records, caller.tenant, key, digest, add)
    service.jobs.wake()
    return JSONResponse(answer, 202)


@router.get("/jobs", responses=problems())
def get_jobs(page: Annotated[PageQuery, Query()], caller: Asker, service: Parts) -> JobsAnswer:
    """All jobs, the latest first."""
    records = service.records.jobs
    rows = records.list(caller.tenant, page.limit, page.offset)
    items = [_out(service, job) for job in rows]
    return JobsAnswer(total=records.count(caller.tenant), items=items, jobs=items)


@router.get("/jobs/{id}", responses=problems())
def get_job(id: str, caller: Asker, service: Parts) -> JobAnswer:
    """How far a job is."""
    return JobAnswer(job=_out(service, _job(service, caller, id)))


@router.delete("/jobs/{id}", responses=problems())
def delete_job(id: str, caller: Asker, service: Parts) -> JobAnswer:
    """Cancel a job; one that has ended is forgotten. What it stored stays stored."""
    job = _job(service, caller, id)
    ended = service.jobs.cancel(job)
    return JobAnswer(job=_out(service, ended or job))


@router.get(
    "/jobs/{id}/events",
    response_class=StreamingResponse,
    responses=problems()
    | {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def get_job_events(id: str, caller: Asker, service: Parts) -> Response:
    """The progress of a job as server-sent events: `progress` with the job, and `end` at last."""
    await run_in_threadpool(_job, service, caller, id)
    return StreamingResponse(
        _events(service, caller, id),
        media_type="text/event-stream",
        headers={"x-accel-buffering": "no"},
    )


@router.get("/jobs/{id}/results", responses=problems(409))
def get_job_results(
    id: str, page: Annotated[PageQuery, Query()], caller: Asker, service: Parts
) -> ResultsAnswer:
    """The reviews of a finished job by page, as the store holds them: a deleted one is gone."""
    job = _job(service, caller, id)
    chosen = service.jobs.files.page(job, page.limit, page.offset)
    if chosen is None:
        raise _not_done(job)
    total, names = chosen
    stored = service.readings.as_mined(caller.tenant).mined(names)
    pairs = [stored[name] for name in names if name in stored]
    reviews = [review for review, _ in pairs]
    known = service.beside(caller.tenant, reviews, [mined for _, mined in pairs])
    items = [to_wire(review, mined) for review, mined in zip(reviews, known, strict=True)]
    return ResultsAnswer(total=total, items=items)


@router.get(
    "/jobs/{id}/rejects",
    response_class=Response,
    responses=problems(409) | {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def get_job_rejects(id: str, caller: Asker, service: Parts) -> Response:
    """The rows that could not be read, as CSV that no spreadsheet runs as formulas."""
    job = _job(service, caller, id)
    folder = service.jobs.files.folder_of(job.tenant, job.id)
    if job.finished is None or not folder.is_dir():
        raise _not_done(job)
    name = quote(f"{job.name}.rejects.csv")
    return StreamingResponse(
        _reject_lines(folder / REJECTS, job.name),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f"attachment; filename*=UTF-8''{name}"},
    )


def _by_language_model(
    body: JobRequest, name: str, caller: Principal, service: Service
) -> JobRequest:
    """A job for a language model, masked as the operator wants it where it asks for nothing else.

    Raises:
        Problem: 422 where the tenant has none of this name, or for a promised precision.
    """
    model = service.language_models.named(caller.tenant, name)
    refuse_promises(body)
    return body.model_copy(update={"masking": masking_mode(model, body.masking)})


def _job(service: Service, caller: Principal, id: str) -> JobRecord:
    job = service.records.jobs.get(caller.tenant, id[:100])
    if job is None:
        rows = service.records.jobs.list(caller.tenant, 20)
        raise not_there(f"there is no job {id[:80]!r}", [row.id for row in rows])
    return job


def _out(service: Service, job: JobRecord) -> JobOut:
    return JobOut.of(job, service.jobs.live.get(job.id, 0))


async def _events(service: Service, caller: Principal, id: str) -> AsyncIterator[str]:
    before, silent = "", 0.0
    while not service.ending.is_set():
        try:
            job = await run_in_threadpool(_job, service, caller, id)
        except Problem:  # it was forgotten meanwhile
            yield "event: end\ndata: {}\n\n"
            return
        data = _out(service, job).model_dump_json()
        if data != before:
            yield f"event: progress\ndata: {data}\n\n"
            before, silent = data, 0.0
        if job.finished is not None:
            yield f"event: end\ndata: {data}\n\n"
            return
        await asyncio.sleep(_LOOK)
        silent += _LOOK
        if silent >= _BEAT:
            yield ": still there\n\n"
            silent = 0.0


def _reject_lines(path: Any, name: str) -> Iterator[str]:
    yield "\ufeff" + _csv_line(("file", *_COLUMNS))
    if path.is_file():
        with path.open(encoding="utf-8") as file:
            for line in file:
                entry = json.loads(line)
                yield _csv_line((name, *(str(entry[column]) for column in _COLUMNS)))


def _csv_line(cells: tuple[str, ...]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([safe(cell.encode(errors="replace").decode()) for cell in cells])
    return line.getvalue()


def _not_done(job: JobRecord) -> Problem:
    return Problem(
        409,
        "not-done",
        f"the job {job.id} is {job.state.value}: it has no results",
        f"wait for its end: GET /v1/jobs/{job.id}/events",
    )
