"""Five hundred numbers drawn by lot, and the rows behind each: they say the same number."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from tests.service.callers import Caller, new_caller
from tests.store.mined_pairs import CLAUSES, generated

from guandian.service.parts import Service
from guandian.service.settings import Limits

pytestmark = pytest.mark.slow
CELLS = 500
DIMENSIONS = ("category", "aspect", "product", "brand", "source", "language")
POLARITIES = ("positive", "neutral", "negative")
PRODUCTS = ("星河 X2", "O'Brien; drop table", "Kite 14")
Query = dict[str, Any]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """Reviews with copies, boilerplate, odd names and days that are none."""
    service = Service.open(tmp_path_factory.mktemp("cells") / "data", Limits(threads=1))
    service.store.load(list(generated(800)))
    yield new_caller(service, "read")
    service.close()


def chosen(dice: random.Random) -> Query:
    """What a person may have filtered by."""
    query: Query = {}
    if dice.random() < 0.4:
        query["product"] = dice.sample(PRODUCTS, dice.randint(1, 2))
    if dice.random() < 0.2:
        query["category"] = [dice.choice(CLAUSES)[2]]
    if dice.random() < 0.2:
        query["source"] = [dice.choice(["app", "论坛"])]
    if dice.random() < 0.2:
        query["language"] = [dice.choice(["zh", "en", "mixed"])]
    if dice.random() < 0.3:
        query |= {
            "since": f"2025-0{dice.randint(1, 4)}-15",
            "until": f"2025-0{dice.randint(5, 9)}-03",
        }
    if dice.random() < 0.2:
        query["containing"] = dice.choice(["屏幕", "screen", "😀", "好评返现"])
    if dice.random() < 0.2:
        query["confidence"] = 0.5
    return query


def cells(reader: Caller, query: Query, dice: random.Random) -> Iterator[tuple[Query, int]]:
    """The numbers of a table or of a line over time: what opens each, and what it says."""
    if dice.random() < 0.7:
        by = dice.choice(DIMENSIONS)
        for row in reader.get("/v1/breakdown", params=query | {"by": by})["rows"]:
            yield query | {by: [row["key"]]}, row["opinions"]
            for polarity in POLARITIES:
                yield query | {by: [row["key"]], "polarity": polarity}, row[polarity]
        return
    by = dice.choice(("none", *DIMENSIONS))
    trend = reader.get("/v1/trends", params=query | {"unit": "month", "by": by})
    for period in trend["periods"]:
        days = query | {
            "since": max(period["start"], query.get("since", "")),
            "until": min(period["end"], query.get("until", "9999-12-31")),
        }
        yield days, period["opinions"]
        for key, part in period["by"].items():
            yield days | {by: [key]}, part["opinions"]


def test_rows_say_what_their_number_says(reader: Caller) -> None:
    dice = random.Random(17)
    wrong, asked, sum_of = [], 0, 0
    while asked < CELLS:
        listed = list(cells(reader, chosen(dice), dice))
        for query, number in dice.sample(listed, min(5, len(listed), CELLS - asked)):
            asked += 1
            sum_of += number
            page = reader.get("/v1/opinions", params=query | {"limit": 500})
            rows = [
                item
                for item in page["items"]
                if query.get("polarity") in (None, item["polarity"])
                and item["review"]["product"]
                in (query.get("product") or [item["review"]["product"]])
            ]
            if not page["total"] == len(rows) == number:
                wrong.append((query, number, page["total"], len(rows)))
    assert wrong == []
    assert sum_of > 10 * CELLS, "few cells are empty"
