"""Sums grouped in memory are those that SQL tells of the same opinions, in the same order."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from guandian.store.parts import ranked_sums
from guandian.store.parts.part_files import COLUMNS, SUMS, Kind, schema
from guandian.store.parts.ranked_sums import RankedSums
from guandian.store.parts.sum_changes import summed, sums_between, sums_of

LEVEL = """
with whole as (select row, bool_and(first = again) as alike from opinions group by row),
viewed as (
    select opinions.*, case when alike then 0 else 1 end as view
    from opinions join whole using (row) where first
    union all
    select opinions.*, 2 from opinions join whole using (row) where again and not alike
),
spoken as (
    select view, day, product, brand, source, language, {said}, row,
        count_if(polarity > 0) as p, count_if(polarity < 0) as q, count(*) as n
    from viewed where {where} group by all
)
select {level} as level, view, day, product, brand, source, language, category, aspect,
    count(*) as reviews, count_if(p > 0) as praising, count_if(q > 0) as complaining,
    sum(p) as positive, sum(q) as negative, sum(n) as opinions,
    sum(p * p) as pp, sum(p * q) as pq, sum(p * n) as pn,
    sum(q * q) as qq, sum(q * n) as qn, sum(n * n) as nn
from spoken group by all
order by product, brand, day, category, aspect, source, language, view
"""


def opinions(number: int, seed: int) -> pa.Table:
    """Opinions of reviews; some columns are null, some count for all or for their product alone."""
    rng, rows = random.Random(seed), []
    for row in range(number):
        shared = {
            "row": row,
            "day": rng.choice([None, date(2025, 1, 28) + timedelta(days=rng.randrange(9))]),
            "product": rng.choice([None, "𝔸", "产品", "é", "z"]),
            "brand": rng.choice([None, "b"]),
            "source": rng.choice(["app", None, "论坛"]),
            "language": rng.choice(["zh", "en"]),
        }
        alike = rng.random() < 0.7
        for ordinal in range(rng.randrange(4)):
            first = rng.random() < 0.8
            own = {
                "ordinal": ordinal,
                "category": rng.choice(["screen", "battery", "价格"]),
                "aspect": rng.choice([None, "屏幕", "电池", "Zoom"]),
                "polarity": rng.choice([-1, 0, 1]),
                "first": first,
                "again": first if alike else rng.random() < 0.5,
            }
            rows.append(shared | own)
    return pa.table(
        {name: [row.get(name) for row in rows] for name in COLUMNS["opinions"]},
        schema=schema("opinions"),
    )


def by_sql(opinions: pa.Table) -> pa.Table:
    levels = []
    connection = duckdb.connect(config={"threads": 1})
    connection.register("opinions", opinions)
    for level in range(4):
        said = f"{'category' if level & 1 else 'null'} as category, "
        said += f"{'aspect' if level & 2 else 'null'} as aspect"
        where = "aspect is not null" if level & 2 else "true"
        query = LEVEL.format(level=level, said=said, where=where)
        levels.append(connection.sql(query).to_arrow_table().cast(schema("sums")))
    return pa.concat_tables(levels)


@pytest.mark.parametrize("number", [0, 1, 400])
@pytest.mark.parametrize("most", [1 << 62, 50])
def test_sums_are_those_of_sql(number: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranked_sums, "_MOST", most)  # keys that no whole number tells apart
    table = opinions(number, seed=number)
    assert sums_of(table).to_pylist() == by_sql(table).to_pylist()


@pytest.mark.parametrize(
    ("kind", "day"),
    [
        ("sums_by_day", "day"),
        ("sums_by_month", "date_trunc('month', day)::date"),
        ("sums_of_months", "date_trunc('month', day)::date"),
        ("sums_by_product", None),
        ("sums_by_all", "day"),
    ],
)
def test_roll_ups_are_those_of_sql(kind: Kind, day: str | None) -> None:
    sums = sums_of(opinions(400, seed=5))
    goods = "product" in COLUMNS[kind]
    keys = [name for name in COLUMNS[kind] if name not in SUMS]
    shown = ["0 as view" if n == "view" and not goods else n for n in keys]
    shown = [f"{day} as day" if name == "day" else name for name in shown]
    added = ", ".join(f"sum({name}) as {name}" for name in SUMS)
    query = f"select {', '.join(shown)}, {added} from sums where {goods} or view <> 2 group by all"
    connection = duckdb.connect(config={"threads": 1})
    connection.register("sums", sums)
    expected = connection.sql(f"{query} order by all").to_arrow_table().cast(schema(kind))
    found = summed(kind, RankedSums.read(sums)).table(kind, view=0)
    assert found.to_pylist() == expected.to_pylist()


def test_what_stays_the_same_differs_by_nothing() -> None:
    table = opinions(50, seed=2)
    fewer = table.filter(np.asarray(table["row"]) != 7)
    same = RankedSums.read(sums_between(table, table))
    assert len(summed("sums", same).table("sums")) == 0
    gone: Any = summed("sums", RankedSums.read(sums_between(table, fewer))).table("sums")
    assert min(gone["reviews"].to_pylist()) == -1
