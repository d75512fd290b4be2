"""Questions to the store: numbers, periods, and the quotes behind them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from guandian.evaluation.correction import Correction
from guandian.service.auth import Reader
from guandian.service.parts import Parts, Service
from guandian.service.schemas.answer_schemas import (
    BreakdownAnswer,
    OpinionOut,
    OpinionsAnswer,
    OverviewOut,
    RowOut,
    SummaryAnswer,
    TrendAnswer,
)
from guandian.service.schemas.problem_schema import problems
from guandian.service.schemas.view_schemas import (
    BreakdownQuery,
    OpinionsQuery,
    SelectionQuery,
    TrendQuery,
)
from guandian.store.selection import Dimension

router = APIRouter(prefix="/v1", tags=["questions"])
_MOST = 50
"""Lines of each kind in a summary."""


@router.get("/summary", responses=problems())
def get_summary(
    query: Annotated[SelectionQuery, Query()], caller: Reader, service: Parts
) -> SummaryAnswer:
    """The whole of a selection, and its largest categories, aspects, products and sources."""
    reader, selection = service.store.reader(caller.tenant), query.selection()
    correction = correction_of(service, query)

    def rows(by: Dimension) -> list[RowOut]:
        return [RowOut.of(row) for row in reader.breakdown(selection, by, _MOST, correction)]

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
    reader = service.store.reader(caller.tenant)
    correction = correction_of(service, query)
    rows = reader.breakdown(query.selection(), query.by, query.limit, correction)
    return BreakdownAnswer(rows=[RowOut.of(row) for row in rows])


@router.get("/trends", responses=problems())
def get_trends(
    query: Annotated[TrendQuery, Query()], caller: Reader, service: Parts
) -> TrendAnswer:
    """The numbers by day, week, month or year."""
    by = None if query.by == "none" else query.by
    reader = service.store.reader(caller.tenant)
    trend = reader.trend(query.selection(), query.unit, by, correction_of(service, query))
    return TrendAnswer.of(trend)


@router.get("/opinions", responses=problems())
def get_opinions(
    query: Annotated[OpinionsQuery, Query()], caller: Reader, service: Parts
) -> OpinionsAnswer:
    """The opinions behind a number, each with its review; as many as the number says."""
    reader = service.store.reader(caller.tenant)
    page = reader.opinions(query.selection(), query.order, query.limit, query.offset)
    return OpinionsAnswer(total=page.total, items=[OpinionOut.of(item) for item in page.items])


def correction_of(service: Service, query: SelectionQuery) -> Correction | None:
    """By what the model says of itself; None where that is not wanted, or nobody measured it."""
    if query.corrected is False:
        return None
    miner = service.model.current.miner
    return Correction.of(miner.rates, miner.model)
