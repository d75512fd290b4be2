"""A tenant's own categories over HTTP: what is shown follows, what is stored stays."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.service.callers import Caller, new_caller, problem

from guandian.data.taxonomy import Category, taxonomy
from guandian.service.parts import Service
from guandian.service.settings import Limits

REVIEWS = "id,text\n1,快递很慢，包装破了，价格很便宜\n2,物流很快\n3,包装精美，电池不耐用\n"
DELIVERY = {
    "key": "delivery", "zh": "到手", "en": "Delivery", "members": ["logistics", "packaging"],
}  # fmt: skip
HIDDEN = {"key": "price", "zh": "价钱", "en": "Cost", "members": ["price"], "hidden": True}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    opened = Service.open(tmp_path_factory.mktemp("taxonomy") / "data", Limits(threads=1))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def caller(service: Service) -> Caller:
    caller = new_caller(service, "admin")
    assert caller.job(REVIEWS.encode(), "x.csv")["state"] == "done"
    return caller


def put(caller: Caller, *rows: object) -> dict[str, dict[str, object]]:
    answer = caller("PUT", "/v1/taxonomy", json={"categories": rows})
    assert answer.status_code == 200, answer.text
    return {row["key"]: row for row in answer.json()["categories"]}


def rows_of(caller: Caller, path: str = "/v1/breakdown") -> dict[str, dict[str, int]]:
    answer = caller.get(path)
    return {row["key"]: row for row in answer.get("rows") or answer["categories"]}


def test_categories_are_renamed_put_together_hidden_and_brought_back(caller: Caller) -> None:
    shipped = caller.get("/v1/taxonomy")
    assert [row["key"] for row in shipped["categories"]] == [*taxonomy()] and not shipped["own"]
    before, total = rows_of(caller), caller.get("/v1/summary")["overview"]["opinions"]
    assert {"logistics", "packaging", "price"} <= before.keys(), "the control"
    rows = put(caller, HIDDEN, DELIVERY)
    assert [*rows][:2] == ["price", "delivery"] and rows["price"]["hidden"]
    number = before["logistics"]["opinions"] + before["packaging"]["opinions"]
    assert rows["delivery"]["opinions"] == number
    for path in ("/v1/breakdown", "/v1/summary"):
        after = rows_of(caller, path)
        assert after.keys() == before.keys() - {"logistics", "packaging", "price"} | {"delivery"}
        assert after["delivery"]["opinions"] == number
        assert after["delivery"]["name"] == {"zh": "到手", "en": "Delivery"}
    assert caller.get("/v1/summary")["overview"]["opinions"] == total, "hidden ones still count"
    trend = caller.get("/v1/trends", params={"by": "category"})
    assert all("price" not in period["by"] for period in trend["periods"])
    query = {"category": "delivery", "limit": 50}
    page = caller.get("/v1/opinions", params=query)
    assert page["total"] == number
    assert {item["category"] for item in page["items"]} == {"logistics", "packaging"}
    put(caller)
    assert rows_of(caller) == before


def test_the_files_of_a_training_of_ones_own(caller: Caller) -> None:
    put(caller, DELIVERY)
    for opinion in caller.get("/v1/opinions", params={"limit": 50})["items"]:
        caller.post("/v1/corrections", {"opinion": opinion["id"], "action": "accept"})
    own, of_model = (
        caller("GET", "/v1/corrections/export", params={"categories": categories}).text
        for categories in ("own", "model")
    )
    categories = [
        {quad["category"] for line in text.splitlines() for quad in json.loads(line)["quads"]}
        for text in (own, of_model)
    ]
    assert "delivery" in categories[0] and not categories[0] & {"logistics", "packaging"}
    assert {"logistics", "packaging"} <= categories[1]
    file = caller("GET", "/v1/taxonomy/export")
    assert file.headers["content-type"].startswith("application/toml")
    rows = {key: Category(key, **row) for key, row in tomllib.loads(file.text).items()}
    assert categories[0] <= rows.keys() and rows["delivery"].en == "Delivery"
    put(caller)


def test_wrong_ones_are_told_and_change_nothing(caller: Caller, service: Service) -> None:
    before = caller.get("/v1/taxonomy")
    for wrong in (
        DELIVERY | {"key": "Delivery Service"},
        DELIVERY | {"members": ["nope"]},
        DELIVERY | {"key": "price"},
        DELIVERY | {"zh": "\n"},
    ):
        answer = caller("PUT", "/v1/taxonomy", json={"categories": [wrong]})
        document = problem(answer, 422, "refused")
        assert document["detail_zh"] and document["remedy_zh"]
    document = problem(
        caller("PUT", "/v1/taxonomy", json={"categories": [DELIVERY | {"members": []}]}),
        422,
        "invalid",
    )
    assert document["errors"][0]["path"] == "/categories/0/members"
    assert caller.get("/v1/taxonomy") == before
    reader = new_caller(service, "read")
    problem(reader("PUT", "/v1/taxonomy", json={"categories": []}), 403, "scope")
    assert reader.get("/v1/taxonomy") == before


def test_tenants_have_their_own_and_who_changed_it_is_known(
    caller: Caller, service: Service
) -> None:
    other = new_caller(service, "admin", tenant="other")
    put(caller, DELIVERY)
    assert not other.get("/v1/taxonomy")["own"]
    (entry, *_) = caller.get("/v1/audit")["items"]
    assert (entry["act"], entry["subject"]) == ("setting.put", "taxonomy")
    assert entry["details"]["value"][0]["key"] == "delivery"
    put(caller)


def test_it_outlives_the_process(data: Path) -> None:
    service = Service.open(data, Limits(threads=1))
    key = new_caller(service, "admin")
    put(key, DELIVERY)
    service.close()
    service = Service.open(data, Limits(threads=1))
    try:
        answer = new_caller(service, "read").get("/v1/taxonomy")
        assert answer["own"] and answer["categories"][0]["key"] == "delivery"
    finally:
        service.close()
