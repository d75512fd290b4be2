"""Corrections: what is uncertain, what people say of it, and labels to learn from."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from guandian.domain import Mined, Opinion, Review, Span
from guandian.labelling.choosing.strategies import entropy
from guandian.service.auth import Corrector, Reader
from guandian.service.parts import Parts, Service
from guandian.service.problems import Problem, not_there, wrong_place
from guandian.service.schemas.answer_schemas import OpinionOut, OpinionsAnswer
from guandian.service.schemas.correction_schemas import (
    CorrectionAnswer,
    CorrectionOut,
    CorrectionRequest,
    CorrectionsAnswer,
    ExportQuery,
)
from guandian.service.schemas.job_schemas import PageQuery
from guandian.service.schemas.problem_schema import problems
from guandian.service.schemas.view_schemas import QueueQuery
from guandian.service.strict_body import StrictRoute
from guandian.store import StoredReview
from guandian.store.overlay import opinion_ids
from guandian.store.readings import refuse_incomplete
from guandian.store.records import CorrectionAction, NewCorrection
from guandian.store.records.training_export import export_corrections

router = APIRouter(prefix="/v1", tags=["corrections"], route_class=StrictRoute)
_LEAST_SURE = 2000
"""Opinions that an order other than that of confidence chooses from."""


@router.get("/queue", responses=problems())
def get_queue(
    query: Annotated[QueueQuery, Query()], caller: Reader, service: Parts
) -> OpinionsAnswer:
    """The opinions that the model is least sure of, without those that somebody has looked at."""
    reader = service.readings.reader(caller.tenant)
    if query.by == "confidence":
        page = reader.unseen(query.selection(), query.limit, query.offset)
        return OpinionsAnswer(total=page.total, items=[OpinionOut.of(item) for item in page.items])
    page = reader.unseen(query.selection(), _LEAST_SURE, 0)
    worth = [-entropy([item.opinion.confidence]) for item in page.items]
    order = sorted(range(len(worth)), key=worth.__getitem__)
    chosen = [page.items[row] for row in order[query.offset : query.offset + query.limit]]
    return OpinionsAnswer(total=page.total, items=[OpinionOut.of(item) for item in chosen])


@router.get("/corrections", responses=problems())
def get_corrections(
    page: Annotated[PageQuery, Query()], caller: Reader, service: Parts
) -> CorrectionsAnswer:
    """The corrections that count, the latest first."""
    records = service.records.corrections
    rows = records.list(caller.tenant, page.limit, page.offset)
    items = [CorrectionOut.of(row) for row in rows]
    return CorrectionsAnswer(total=records.count(caller.tenant), items=items)


@router.post("/corrections", status_code=201, responses=problems(409, 415))
def post_correction(body: CorrectionRequest, caller: Corrector, service: Parts) -> CorrectionAnswer:
    """Say that an opinion is right, wrong or other than found, or that one is missing."""
    stored = _review_of(service, caller.tenant, body)
    fields = body.opinion_fields.said() if body.opinion_fields else {}
    _refuse_beyond(stored.review, fields)
    adding = body.action is CorrectionAction.ADD
    before = {} if adding else _before(stored, str(body.opinion))
    said = NewCorrection(
        None if adding else body.opinion, stored.review.id, body.action, fields, before
    )
    record = service.records.corrections.add(caller.tenant, said, caller.key)
    service.rollout.corrected(caller.tenant, stored.review.id)
    return CorrectionAnswer(correction=CorrectionOut.of(record))


@router.get(
    "/corrections/export",
    response_class=Response,
    responses=problems()
    | {200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
)
def get_correction_export(
    query: Annotated[ExportQuery, Query()], caller: Reader, service: Parts
) -> Response:
    """Corrected reviews as JSON Lines that `guandian train` reads."""
    reader = service.readings.as_mined(caller.tenant)

    def read(id: str) -> tuple[Review, Mined] | None:
        stored = reader.review(id)
        return None if stored is None else (stored.review, stored.mined)

    export = export_corrections(
        service.records.corrections.standing(caller.tenant), read, query.trusted
    )
    if query.categories == "own":
        own = service.readings.categories(caller.tenant)
        export = replace(export, records=tuple(map(own.relabelled, export.records)))
    headers = {
        "content-disposition": 'attachment; filename="corrections.jsonl"',
        "guandian-undecided": str(len(export.undecided)),
        "guandian-gone": str(len(export.gone)),
    }
    return Response(export.lines(), headers=headers, media_type="application/x-ndjson")


@router.delete("/corrections/{id}", responses=problems())
def delete_correction(id: str, caller: Corrector, service: Parts) -> CorrectionAnswer:
    """Undo a correction."""
    records = service.records.corrections
    if not records.undo(caller.tenant, id):
        rows = records.list(caller.tenant, 20)
        raise not_there(f"there is no correction {id[:80]!r}", [row.id for row in rows])
    record = records.get(caller.tenant, id)
    assert record is not None
    service.rollout.corrected(caller.tenant, record.said.review)
    return CorrectionAnswer(correction=CorrectionOut.of(record))


def _review_of(service: Service, tenant: str, body: CorrectionRequest) -> StoredReview:
    reader = service.readings.as_mined(tenant)
    if body.opinion is not None:
        stored = reader.review_of(body.opinion)
        if stored is None:
            refuse_incomplete(reader)
            raise not_there(f"there is no opinion {body.opinion[:80]!r}")
        return stored
    if body.review is None or body.action is not CorrectionAction.ADD:
        wrong = wrong_place("/opinion", "it is missing")
        raise Problem(
            422,
            "invalid",
            "the correction names no opinion",
            "give the id of one, or of an addition that of a review",
            errors=[wrong],
        )
    stored = reader.review(body.review)
    if stored is None:
        refuse_incomplete(reader)
        raise not_there(f"there is no review {body.review[:80]!r}")
    return stored


def _before(stored: StoredReview, id: str) -> dict[str, Any]:
    """The opinion as the model found it.

    Raises:
        Problem: 409 for one that a person added, 404 for one that is not found any more.
    """
    opinions = stored.mined.opinions
    by_id = dict(zip(opinion_ids(stored.review, opinions), opinions, strict=True))
    if id.endswith("+"):
        raise Problem(
            409,
            "added",
            "a person added this opinion",
            "undo the addition: DELETE /v1/corrections/ID",
        )
    if id not in by_id:
        raise not_there(f"there is no opinion {id[:80]!r}", by_id)
    return _fields(by_id[id])


def _fields(opinion: Opinion) -> dict[str, Any]:
    def span(value: Span | None) -> dict[str, int] | None:
        return None if value is None else {"start": value.start, "end": value.end}

    return {
        "aspect": span(opinion.aspect),
        "expression": span(opinion.expression),
        "evidence": span(opinion.evidence),
        "category": opinion.category,
        "polarity": str(opinion.polarity),
        "tag": opinion.tag,
    }


def _refuse_beyond(review: Review, fields: dict[str, Any]) -> None:
    """Refuse spans that are none of the review's text.

    Raises:
        Problem: 422 with the place.
    """
    for name in ("aspect", "expression", "evidence"):
        span = fields.get(name)
        if span and not span["start"] < span["end"] <= len(review.text):
            wrong = wrong_place(
                f"/opinion_fields/{name}", f"the text has {len(review.text):,} characters"
            )
            raise Problem(
                422,
                "invalid",
                f"{name} is no span of the review's text",
                "count its Unicode code points, the end not included",
                errors=[wrong],
            )
