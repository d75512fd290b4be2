"""Series over HTTP: every one that is watched, with the band of the detector that judges it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date

import httpx2
import numpy as np
import pytest
from tests.client.bridge import Bridge
from tests.monitor.expected_sale import SALE, SURGE, TERMS, watched_sale
from tests.service.callers import new_caller, problem

from guandian.client import AsyncClient, Client
from guandian.monitor.alerts.replayed_history import table_of
from guandian.monitor.alerts.watch_pass import resumed_watch
from guandian.service.parts import Service
from guandian.service.settings import Limits
from guandian.store.records.watching import AlertKind


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service.open(tmp_path_factory.mktemp("series"), Limits(threads=1))
    watched_sale(service.store, service.records, "battery", "display")
    yield service
    service.close()


def test_a_series_is_shown_with_the_figures_of_what_judges_it(watched: Service) -> None:
    reader = new_caller(watched, "read")
    page = reader.get("/v1/series", params={"words": "电池 app", "order": "unusual"})
    assert (page["unit"], page["units"], page["until"]) == ("day", ["day"], "2025-12-06")
    (row,) = page["items"]
    assert (row["aspect"], row["source"], row["firing"]) == ("电池", "app", True)
    answer = reader.get(f"/v1/series/{row['id']}", params={"buckets": 60})
    points = answer["points"]
    assert len(points) == 60 and points[-1]["end"] == page["until"]

    store = watched.readings.reader("main")
    table = table_of(store, TERMS, date(2025, 12, 7))
    watching = resumed_watch(watched.records, "main", table, TERMS)
    (number,) = [k for k, key in enumerate(table.keys) if key.aspect == "电池"]
    alone = table.part([number])
    figures = watching.judged(AlertKind.SURGE, alone, table.buckets.number - 60)
    assert np.allclose([point["expected"] for point in points], figures.expected[0])
    assert [point["observed"] for point in points] == alone.complaints[0, -60:].tolist()
    judged = np.isfinite(figures.chance[0])  # days of episodes are no history of their own
    assert judged.sum() == 60 - (SURGE[1] - SURGE[0]).days - 1
    rare = figures.chance[0] <= answer["level"]
    above = np.array([point["observed"] > point["upper"] for point in points])
    assert (rare == above)[judged].all()


def test_an_expected_sale_lies_in_its_band_and_a_surge_above_it(watched: Service) -> None:
    reader = new_caller(watched, "read")
    row = reader.get("/v1/series", params={"words": "电池"})["items"][0]
    answer = reader.get(f"/v1/series/{row['id']}")
    sale = [p for p in answer["points"] if SALE[0] <= date.fromisoformat(p["start"]) <= SALE[1]]
    assert {name["zh"] for point in sale for name in point["special"]} == {"双十一"}
    assert all(point["observed"] <= point["upper"] for point in sale)
    usual = [p["observed"] for p in answer["points"] if not p["special"]]
    assert np.mean([p["observed"] for p in sale]) > 2 * np.mean(usual)
    (episode,) = answer["episodes"]
    assert (episode["since"], episode["kind"]) == (SURGE[0].isoformat(), "surge")
    assert "budget" in episode["why"]["en"] and "电池" in episode["sentence"]["zh"]
    assert episode["fired"] not in [point["end"] for point in sale]
    (fired,) = [point for point in answer["points"] if point["end"] == episode["fired"]]
    assert fired["observed"] > fired["upper"]


def test_lists_are_pages_in_the_order_that_is_asked_for(watched: Service) -> None:
    reader = new_caller(watched, "read")
    whole = reader.get("/v1/series")
    sizes = [row["complaints"] for row in whole["items"]]
    assert sizes == sorted(sizes, reverse=True) and whole["total"] == len(sizes) == 5
    parts = [reader.get("/v1/series", params={"limit": 3, "offset": k}) for k in (0, 3, 6)]
    assert [row for part in parts for row in part["items"]] == whole["items"]
    firing = [row["firing"] for row in reader.get("/v1/series?order=unusual")["items"]]
    assert firing == sorted(firing, reverse=True) and any(firing) and not all(firing)
    assert reader.get("/v1/series", params={"words": "no such"})["total"] == 0
    hours = reader.get("/v1/series", params={"unit": "hour"})
    assert (hours["total"], hours["units"]) == (0, ["day"])


def test_unknown_series_and_other_tenants_see_nothing(watched: Service) -> None:
    reader, other = new_caller(watched, "read"), new_caller(watched, "read", tenant="other")
    rows = reader.get("/v1/series")["items"]
    answer = problem(reader("GET", "/v1/series/s_0"), 404, "not-found")
    assert "'s_0' among the 5 that are watched" in answer["detail"]
    assert answer["exists"] == [row["id"] for row in rows[:5]]
    week = f"/v1/series/{rows[0]['id']}?unit=week"
    assert "watch --unit week" in problem(reader("GET", week), 404, "not-found")["detail"]
    problem(reader("GET", f"/v1/series/{rows[0]['id']}?buckets=401"), 422, "invalid")
    problem(new_caller(watched, "mine")("GET", "/v1/series"), 403, "scope")
    assert other.get("/v1/series")["items"] == []
    answer = problem(other("GET", f"/v1/series/{rows[0]['id']}"), 404, "not-found")
    assert "nobody watches yet" in answer["detail"] and not answer["exists"]


def test_both_faces_of_the_client_ask_for_series(watched: Service) -> None:
    caller = new_caller(watched, "read")

    async def ask(id: str) -> object:
        transport = httpx2.ASGITransport(caller.app)
        async with AsyncClient("http://guandian", caller.key, transport=transport) as client:
            page = await client.series("屏幕", order="unusual", limit=1)
            return page, await client.band(id, unit="day", buckets=9)

    with Client("http://guandian", caller.key, transport=Bridge(caller)) as client:
        page = client.series("屏幕", order="unusual", limit=1)
        band = client.band(page["items"][0]["id"], unit="day", buckets=9)
    assert asyncio.run(ask(page["items"][0]["id"])) == (page, band)
    assert len(band["points"]) == 9 and band["series"] == page["items"][0]


def test_a_new_look_is_seen_and_deleted_reviews_are_not_counted(watched: Service) -> None:
    reader = new_caller(watched, "read")
    before = reader.get("/v1/series")["items"][0]
    quote = reader.get("/v1/opinions", params={"polarity": "negative"})["items"][0]
    admin = new_caller(watched, "admin")
    assert admin("DELETE", f"/v1/reviews/{quote['review']['id']}").status_code == 200
    assert reader.get("/v1/series")["items"][0]["complaints"] == before["complaints"] - 1
