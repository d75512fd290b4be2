"""The categories that a tenant wants to see: names, order, several as one, some not listed."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from guandian.data.own_categories import OwnCategories
from guandian.display.names import category_name
from guandian.service.auth import Corrector, Reader
from guandian.service.parts import Parts, Service
from guandian.service.schemas.answer_schemas import NameOut
from guandian.service.schemas.problem_schema import problems
from guandian.service.schemas.taxonomy_schemas import (
    CategoryMemberOut,
    CategoryOut,
    TaxonomyAnswer,
    TaxonomyRequest,
)
from guandian.service.strict_body import StrictRoute
from guandian.store.readings import TAXONOMY

router = APIRouter(prefix="/v1/taxonomy", tags=["taxonomy"], route_class=StrictRoute)


@router.get("", responses=problems())
def get_taxonomy(caller: Reader, service: Parts) -> TaxonomyAnswer:
    """The categories in their order, also those that are not listed elsewhere."""
    return _answer(service, caller.tenant)


@router.put("", responses=problems(415))
def put_taxonomy(body: TaxonomyRequest, caller: Corrector, service: Parts) -> TaxonomyAnswer:
    """Rename, order, put together or hide categories; all numbers follow at once.

    Opinions stay as they are stored, and models, corrections and quotes keep their categories.
    """
    rows = [category.category() for category in body.categories]
    wanted = OwnCategories.of(rows, _known(service, caller.tenant))
    value = wanted.as_json() or None
    service.records.settings.put(caller.tenant, TAXONOMY, value, caller.key)
    return _answer(service, caller.tenant)


@router.get(
    "/export",
    response_class=Response,
    responses=problems() | {200: {"content": {"application/toml": {"schema": {"type": "string"}}}}},
)
def get_taxonomy_export(caller: Reader, service: Parts) -> Response:
    """The categories as the file of a taxonomy (TOML), for a training of one's own."""
    shown = service.readings.categories(caller.tenant)
    file = shown.completed(_known(service, caller.tenant)).as_toml()
    headers = {"content-disposition": 'attachment; filename="taxonomy.toml"'}
    return Response(file, headers=headers, media_type="application/toml")


def _known(service: Service, tenant: str) -> dict[str, tuple[str, str]]:
    """The names of what the model can answer, and of what is stored."""
    names = dict(service.model.current.miner.labels.names)
    for row in service.readings.as_mined(tenant).breakdown(by="category"):
        names.setdefault(row.key, (row.name.zh, row.name.en))
    return names


def _named(key: str) -> tuple[str, str]:
    name = category_name(key, {})
    return name.zh, name.en


def _answer(service: Service, tenant: str) -> TaxonomyAnswer:
    own, known = service.readings.categories(tenant), _known(service, tenant)
    rows = service.readings.reader(tenant).breakdown(by="category")
    opinions = {row.key: row.tally.opinions for row in rows}
    categories = []
    for row in own.completed(known).rows:
        named = {key: known.get(key) or _named(key) for key in row.members}
        members = [
            CategoryMemberOut(key=key, name=NameOut(zh=zh, en=en))
            for key, (zh, en) in named.items()
        ]
        categories.append(
            CategoryOut(
                key=row.key,
                name=NameOut(zh=row.zh, en=row.en),
                members=members,
                hidden=row.hidden,
                opinions=opinions.get(row.key, 0),
            )
        )
    return TaxonomyAnswer(categories=categories, own=bool(own.rows))
