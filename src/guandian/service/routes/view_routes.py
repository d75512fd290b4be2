"""Questions to the store: numbers, periods, and the quotes behind them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query

from guandian.evaluation.correction import Correction
from guandian.service.auth import Administrator, Reader
from guandian.service.parts import Parts, Service
from guandian.service.problems import Problem, not_there
from guandian.service.schemas.answer_schemas import (
    BreakdownAnswer,
    Deleted,
    HitOut,
    OpinionOut,
    OpinionsAnswer,
    OverviewOut,
    PairOut,
    RowOut,
    SearchAnswer,
    StoredReviewOut,
    SummaryAnswer,
    TogetherAnswer,
    TrendAnswer,
)
from guandian.service.schemas.problem_schema import problems
from guandian.service.schemas.view_schemas import (
    BreakdownQuery,
    OpinionsQuery,
    SearchQuery,
    SelectionQuery,
    TogetherQuery,
    TrendQuery,
)
from guandian.store.readings import refuse_incomplete
from guandian.store.selection import Dimension

router = APIRouter(prefix="/v1", tags=["questions"])
_MOST = 50
"""Lines of each kind in a summary."""


@router.get("/summary", responses=problems())
def get_summary(
    query: Annotated[SelectionQuery, Query()], caller: Reader, service: Parts
) -> SummaryAnswer:
    """The whole of a selection, and its largest categories, aspects, products and sources."""
    reader, selection = service.readings.reader(caller.tenant), query.selection()
    correction = correction_of(service, caller.tenant, query)

    hidden = service.readings.categories(caller.tenant).hidden

    def rows(by: Dimension) -> list[RowOut]:
        listed = reader.breakdown(selection, by, _MOST, correction)
        return [RowOut.of(row) for row in listed if by != "category" or row.key not in hidden]

    return SummaryAnswer(
        overview=OverviewOut.of(reader.overview(selection, correction)),
        categories=rows("category"),
        aspects=rows("aspect"),
        products=rows("product"),
        sources=rows("source"),
    )


@router.get("/breakdown", responses=problems())
def get_breakdown(
    query: Annotated[BreakdownQuery, Query()], caller: Reader, service: Parts
) -> BreakdownAnswer:
    """The numbers by category, aspect, product and so on, the most opinions first."""
    reader = service.readings.reader(caller.tenant)
    correction = correction_of(service, caller.tenant, query)
    hidden = service.readings.categories(caller.tenant).hidden if query.by == "category" else ()
    rows = reader.breakdown(query.selection(), query.by, query.limit + len(hidden), correction)
    listed = [row for row in rows if row.key not in hidden][: query.limit]
    return BreakdownAnswer(rows=[RowOut.of(row) for row in listed])


@router.get("/trends", responses=problems())
def get_trends(
    query: Annotated[TrendQuery, Query()], caller: Reader, service: Parts
) -> TrendAnswer:
    """The numbers by day, week, month or year."""
    by = None if query.by == "none" else query.by
    reader = service.readings.reader(caller.tenant)
    trend = reader.trend(
        query.selection(), query.unit, by, correction_of(service, caller.tenant, query)
    )
    hidden = service.readings.categories(caller.tenant).hidden if by == "category" else ()
    return TrendAnswer.of(trend, hidden)


@router.get("/opinions", responses=problems())
def get_opinions(
    query: Annotated[OpinionsQuery, Query()], caller: Reader, service: Parts
) -> OpinionsAnswer:
    """The opinions behind a number, each with its review; as many as the number says."""
    reader = service.readings.reader(caller.tenant)
    page = reader.opinions(query.selection(), query.order, query.limit, query.offset)
    return OpinionsAnswer(total=page.total, items=[OpinionOut.of(item) for item in page.items])


@router.get("/search", responses=problems())
def get_search(
    query: Annotated[SearchQuery, Query()], caller: Reader, service: Parts
) -> SearchAnswer:
    """The reviews that hold some words, the latest first, and where they hold them."""
    reader = service.readings.reader(caller.tenant)
    page = reader.search(query.words, query.selection(), query.limit, query.offset)
    return SearchAnswer(total=page.total, items=[HitOut.of(item) for item in page.items])


@router.get("/together", responses=problems())
def get_together(
    query: Annotated[TogetherQuery, Query()], caller: Reader, service: Parts
) -> TogetherAnswer:
    """Aspects that the same reviews speak of."""
    pairs = service.readings.reader(caller.tenant).together(query.selection(), query.limit)
    return TogetherAnswer(pairs=[PairOut.of(pair) for pair in pairs])


@router.get("/reviews/{id:path}", responses=problems())
def get_review(id: str, caller: Reader, service: Parts) -> StoredReviewOut:
    """A review with all its opinions, marks, and what the tenant's catalogue and lexicon say."""
    reader = service.readings.reader(caller.tenant)
    stored = reader.review(id)
    if stored is None:
        refuse_incomplete(reader)
        raise not_there(f"there is no review {id[:80]!r}")
    (mined,) = service.beside(caller.tenant, [stored.review], [stored.mined])
    return StoredReviewOut.of(replace(stored, mined=mined))


@router.delete("/reviews/{id:path}", responses=problems())
def delete_review(id: str, caller: Administrator, service: Parts) -> Deleted:
    """Delete a review: its text, its opinions, what was said of them and what was counted.

    Files that were dropped and wait for a job are removed with it; a job that still runs passes
    over it, and its file is removed at its end.
    """
    if not service.jobs.deletion.delete(caller.tenant, [id], caller.key):
        raise not_there(f"there is no review {id[:80]!r}")
    return Deleted(deleted=id)


def correction_of(service: Service, tenant: str, query: SelectionQuery) -> Correction | None:
    """By what the model says of itself; None where that is not wanted, or nobody measured it."""
    return None if query.corrected is False else correction_for(service, tenant)


def correction_for(service: Service, tenant: str) -> Correction | None:
    """By what the model that answers a tenant says of itself; None where nobody measured it.

    With an adapter it finds and misses other opinions than its base, of which that was measured.
    """
    try:
        miner = service.model.of_tenant(tenant).miner
    except Problem:  # numbers are there all the same while an adapter cannot be used
        return None
    return Correction.of(miner.rates, miner.model)
