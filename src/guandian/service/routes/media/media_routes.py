"""`/v1/media`: where the opinions of a review stand in its picture or its recording."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from guandian.service.answering.media_folder import places_in
from guandian.service.auth import Principal, Reader
from guandian.service.parts import Parts, Service
from guandian.service.problems import not_there
from guandian.service.schemas.media_schemas import MediaAnswer, MediaQuery, SoundQuery
from guandian.service.schemas.problem_schema import problems
from guandian.service.strict_body import StrictRoute
from guandian.store import StoredReview
from guandian.store.readings import refuse_incomplete

router = APIRouter(prefix="/v1/media", tags=["media"], route_class=StrictRoute)


@router.get("", responses=problems(409))
def get_media(query: Annotated[MediaQuery, Query()], caller: Reader, service: Parts) -> MediaAnswer:
    """The places of a review's opinions: boxes in its picture, times in its recording."""
    stored = _stored(query.review, caller, service)
    places = places_in(stored)
    return MediaAnswer.of(stored, places, served=service.media.has(caller.tenant, places))


@router.get(
    "/picture",
    response_class=Response,
    responses=problems(409)
    | {200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}},
)
def get_picture(query: Annotated[MediaQuery, Query()], caller: Reader, service: Parts) -> Response:
    """The picture of a review, all but its text painted grey."""
    places = places_in(_stored(query.review, caller, service))
    content = service.media.picture(caller.tenant, places)
    return Response(content, media_type="image/jpeg", headers=_PRIVATE)


@router.get(
    "/sound",
    response_class=Response,
    responses=problems(409)
    | {200: {"content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}}},
)
def get_sound(query: Annotated[SoundQuery, Query()], caller: Reader, service: Parts) -> Response:
    """A part of the recording of a review."""
    places = places_in(_stored(query.review, caller, service))
    content = service.media.sound(caller.tenant, places, query.begin, query.end)
    return Response(content, media_type="audio/wav", headers=_PRIVATE)


_PRIVATE = {"cache-control": "no-store"}


def _stored(id: str, caller: Principal, service: Service) -> StoredReview:
    reader = service.readings.reader(caller.tenant)
    stored = reader.review(id)
    if stored is None:
        refuse_incomplete(reader)
        raise not_there(f"there is no review {id[:80]!r}")
    return stored
