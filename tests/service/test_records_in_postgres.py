"""The service over records in PostgreSQL: from a key to a deletion, and a new start."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.service.callers import REVIEW, Caller, new_caller, problem, started
from tests.store.records.postgres_server import Server, lacking, postgres_server

from guandian.data.corpora import load
from guandian.service.app import create_app
from guandian.service.parts import Service
from guandian.service.settings import Limits

LIMITS = Limits(threads=1)
TABLE = "id,text,product\n7,屏幕很清晰，但是电池不耐用,手机\n8,物流很快,手机\n".encode()


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    if why := lacking():
        pytest.skip(why)
    with postgres_server() as server:
        yield server


@pytest.fixture
def address(postgres: Server) -> str:
    return postgres.new_database()


def test_all_that_changes_stands_in_postgres(data: Path, address: str, tmp_path: Path) -> None:
    service = Service.open(data, LIMITS, records_at=address)
    key = service.first_key()
    assert key and not (data / "records.sqlite").exists()
    admin = Caller(create_app(service), key)
    assert admin.job(TABLE, "reviews.csv")["state"] == "done"
    quotes = admin.get("/v1/opinions", params={"category": "performance"})["items"]
    battery = next(quote for quote in quotes if quote["polarity"] == "negative")
    said = {"opinion": battery["id"], "action": "fix", "opinion_fields": {"category": "price"}}
    correction = admin.post("/v1/corrections", said)["correction"]
    for quote in quotes:
        if quote["id"] != battery["id"]:
            admin.post("/v1/corrections", {"opinion": quote["id"], "action": "accept"})
    assert battery["id"] in {
        quote["id"] for quote in admin.get("/v1/opinions?category=price")["items"]
    }
    labelled = tmp_path / "corrections.jsonl"
    labelled.write_bytes(admin("GET", "/v1/corrections/export?trusted=0").content)
    (record,) = load(str(labelled), Path(), on_error="stop")
    assert record.id == "7" and record.quads and {q.category for q in record.quads} >= {"price"}
    assert admin("DELETE", f"/v1/corrections/{correction['id']}").status_code == 200
    admin.post("/v1/aspects", {"action": "rename", "aspect": "电池", "name": "电量"})
    service.close()

    again = Service.open(data, LIMITS, records_at=address)
    admin = Caller(create_app(again), key)
    assert again.first_key() is None
    assert [job["state"] for job in admin.get("/v1/jobs")["items"]] == ["done"]
    assert "电量" in {row["key"] for row in admin.get("/v1/breakdown?by=aspect")["rows"]}
    assert admin("DELETE", "/v1/reviews/7").status_code == 200
    assert admin.get("/v1/corrections")["total"] == 0
    assert again.records.corrections.list("main", undone=True) == []
    other = new_caller(again, "admin", tenant="other")
    assert other.get("/v1/jobs")["total"] == 0
    again.close()


@pytest.mark.parametrize("id", ["k_none", "%00", "%ED%A0%80", "a'b;--", "k" * 3000])
def test_an_address_that_names_nothing_is_answered(data: Path, address: str, id: str) -> None:
    service = Service.open(data, LIMITS, records_at=address)
    admin = new_caller(service, "admin")
    for method, path in (("DELETE", "keys"), ("DELETE", "corrections"), ("GET", "jobs")):
        answer = admin(method, f"/v1/{path}/{id}")
        assert 400 <= answer.status_code < 500, (path, answer.text)
    answer = admin("POST", "/v1/jobs", json={"upload": "u_none"},
                   headers={"idempotency-key": "a'b;--"})  # fmt: skip
    problem(answer, 404, "not-found")
    service.close()


@pytest.mark.slow
def test_the_command_takes_the_address_and_no_password_is_told(data: Path, address: str) -> None:
    address = address.replace("guandian@", "guandian:hushhush@")
    with started(data, "--records", address) as process:
        assert process.ask("GET", "/readyz").status_code == 200
        mined = process.ask("POST", "/v1/mine", json={"reviews": [REVIEW]})
        assert json.loads(mined.content)["reviews"][0]["opinions"]
        assert process.end() == 0
    assert "hushhush" not in process.errors.read_text("utf-8")
    assert not (data / "records.sqlite").exists()
