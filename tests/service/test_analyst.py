"""Summaries and questions over HTTP: the same as from Python, by key, of the tenant alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.analyst.made_shop import TODAY, made_reviews
from tests.client.bridge import Bridge
from tests.service.callers import Caller, new_caller, problem

from guandian.analyst.digests.key_points import DigestSize, make_digest
from guandian.client import Client
from guandian.service.parts import Service
from guandian.service.settings import Limits
from guandian.store import Selection


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    opened = Service.open(tmp_path_factory.mktemp("analyst") / "data", Limits(threads=1))
    opened.store.load(made_reviews(150))
    yield opened
    opened.close()


@pytest.fixture
def caller(stocked: Service) -> Caller:
    return new_caller(stocked, "read")


def test_a_summary_is_that_of_the_store(stocked: Service, caller: Caller) -> None:
    params = {"product": "Kite 14", "points": 3, "corrected": "false"}
    answer = caller.get("/v1/summarise", params=params)
    reader = stocked.readings.reader("main")
    made = make_digest(reader, Selection(products=("Kite 14",)), DigestSize(points=3)).to_json()
    assert answer["points"] == made["points"] and len(answer["points"]) == 6
    assert answer["overview"] == made["overview"]


def test_a_question_is_answered_or_refused(caller: Caller) -> None:
    with Client("http://guandian", caller.key, transport=Bridge(caller)) as client:
        asked = client.ask("上个月Kite 14的净情感是多少", today=TODAY.isoformat())
        assert asked["call"] == {
            "tool": "net", "products": ["Kite 14"], "since": "2026-07-01", "until": "2026-07-31",
        }  # fmt: skip
        assert asked["rows"][0]["net"]["low"] < asked["rows"][0]["net"]["value"]
        refused = client.ask("Why did it fall?")
        assert refused["call"] is None and refused["refusal"]["kind"] == "cause"
        assert client.summarise(by="category", points=1)["by"] == "category"


def test_another_tenant_sees_nothing(stocked: Service) -> None:
    other = new_caller(stocked, "read", tenant="other")
    assert other.get("/v1/summarise")["points"] == []
    answer = other.post("/v1/ask", {"question": "How is Kite 14 doing?"})
    assert answer["refusal"]["kind"] == "unknown" and answer["refusal"]["exists"] == {}


def test_what_is_not_declared_is_refused(stocked: Service, caller: Caller) -> None:
    problem(caller("GET", "/v1/summarise", params={"points": 0}), 422, "invalid")
    problem(caller("POST", "/v1/ask", json={"question": "x" * 501}), 422, "invalid")
    problem(caller("POST", "/v1/ask", json={"question": " "}), 422, "invalid")
    problem(caller("POST", "/v1/ask", json={"question": "?", "sql": "select"}), 422, "invalid")
    unread = new_caller(stocked, "mine")
    problem(unread("POST", "/v1/ask", json={"question": "hm"}), 403, "scope")
