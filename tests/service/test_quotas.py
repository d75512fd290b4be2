"""A key sends as many reviews a day as it may, whatever becomes of the service meanwhile."""

from __future__ import annotations

from pathlib import Path

from tests.service.callers import Caller, problem

from guandian.service.app import create_app
from guandian.service.parts import Service
from guandian.service.settings import Limits
from guandian.store.records import KeyTerms, Scope

LIMITS = Limits(threads=1)


def reviews(number: int) -> dict[str, object]:
    return {"reviews": [{"id": str(k), "text": "屏幕很清晰"} for k in range(number)]}


def test_a_quota_is_kept_and_told(data: Path) -> None:
    service = Service.open(data, LIMITS)
    key, text = service.records.keys.create(
        "main", KeyTerms("shop", (Scope.MINE,), quota=10), "test"
    )
    shop = Caller(create_app(service), text)
    assert len(shop.post("/v1/mine", reviews(6))["reviews"]) == 6
    refused = problem(shop("POST", "/v1/mine", json=reviews(5)), 429, "quota")
    assert "10 reviews mined a day" in refused["detail"] and refused["detail_zh"]
    fields = shop("POST", "/v1/mine", json=reviews(5)).headers["ratelimit"]
    assert fields.startswith('"quota";r=4;'), "four more would be taken"
    assert shop.post("/v1/mine", {"reviews": []})["reviews"] == []
    wrong = shop("POST", "/v1/mine", json={**reviews(4), "tasks": ["none"]})
    problem(wrong, 422, "invalid")
    assert service.records.usage.spent("main", key.id) == 6
    service.close()

    again = Service.open(data, LIMITS)
    shop = Caller(create_app(again), text)
    answer = shop("POST", "/v1/mine", json=reviews(5))
    problem(answer, 429, "quota")
    assert 0 < int(answer.headers["retry-after"]) <= 86_400
    assert shop.job("text\n屏幕很清晰\n电池不耐用\n".encode(), "a.csv")["state"] == "done"
    assert again.records.usage.spent("main", key.id) == 8
    table = "text\n音质很差\n做工很好\n味道不错\n".encode()
    failed = shop.job(table, "b.csv")
    assert failed["state"] == "failed" and "10 reviews mined a day" in failed["error"]
    assert len(shop.post("/v1/mine", reviews(2))["reviews"]) == 2
    problem(shop("POST", "/v1/mine", json=reviews(1)), 429, "quota")
    again.close()
