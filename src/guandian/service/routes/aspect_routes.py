"""What is judged, under one name each: listed, merged, split, renamed, and each of it undone."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from guandian.service.auth import Corrector, Reader
from guandian.service.parts import Parts
from guandian.service.problems import Problem
from guandian.service.schemas.answer_schemas import NameOut
from guandian.service.schemas.correction_schemas import (
    AspectEditAnswer,
    AspectEditOut,
    AspectOut,
    AspectRequest,
    AspectsAnswer,
    AspectsQuery,
    MemberOut,
    ProposalOut,
)
from guandian.service.schemas.problem_schema import problems
from guandian.service.strict_body import StrictRoute

router = APIRouter(prefix="/v1/aspects", tags=["aspects"], route_class=StrictRoute)


@router.get("", responses=problems())
def get_aspects(
    query: Annotated[AspectsQuery, Query()], caller: Reader, service: Parts
) -> AspectsAnswer:
    """The things that reviews judge with the names that they go by, the most opinions first."""
    reader = service.readings.reader(caller.tenant)
    rows = reader.breakdown(by="aspect", limit=query.limit)
    spellings = reader.spellings([row.key for row in rows])
    aspects = [
        AspectOut(
            key=row.key,
            name=row.name.zh or row.name.en,
            names=NameOut(zh=row.name.zh or row.name.en, en=row.name.en or row.name.zh),
            opinions=row.tally.opinions,
            members=[
                MemberOut(name=spelling.name, opinions=spelling.opinions)
                for spelling in spellings[row.key]
            ],
        )
        for row in rows
    ]
    edits = service.records.aspects.list(caller.tenant)
    apart = service.records.aspects.apart(caller.tenant)
    return AspectsAnswer(
        aspects=aspects,
        proposals=[
            ProposalOut(names=[*proposal.names], similarity=round(proposal.similarity, 4))
            for proposal in reader.proposals(rows)
            if not any(several.issuperset(proposal.names) for several in apart)
        ],
        edits=[AspectEditOut.of(edit) for edit in edits],
    )


@router.post("", status_code=201, responses=problems(415))
def post_aspects(body: AspectRequest, caller: Corrector, service: Parts) -> AspectEditAnswer:
    """Merge, split, rename, or say that things are several; all numbers follow at once."""
    edit = service.records.aspects.add(caller.tenant, body.change(), caller.key)
    return AspectEditAnswer(edit=AspectEditOut.of(edit))


@router.post("/undo", responses=problems(409))
def undo_aspects(
    caller: Corrector,
    service: Parts,
    id: Annotated[str | None, Query(max_length=100, pattern=r"^[^\x00]*$")] = None,
) -> AspectEditAnswer:
    """Undo the last change that counts, or the one that is named."""
    edit = service.records.aspects.undo(caller.tenant, caller.key, id)
    if edit is None:
        raise Problem(
            409, "nothing-to-undo", "there is no such change of names", "list them: GET /v1/aspects"
        )
    return AspectEditAnswer(edit=AspectEditOut.of(edit))
