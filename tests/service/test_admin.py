"""Keys and models: made, changed, refused; health and numbers."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.service.callers import REVIEW, Caller, problem

from guandian.bundle import shipped
from guandian.service.parts import Service


def test_a_key_is_made_used_rotated_and_revoked(admin: Caller) -> None:
    body = {"name": "shop", "scopes": ["read", "mine"]}
    made = admin.post("/v1/keys", body)
    key, id = made["key"], made["record"]["id"]
    assert key.startswith("gd_live_") and key not in str(admin.get("/v1/keys"))
    shop = Caller(admin.app, key)
    assert shop.get("/v1/me") | {"name": "shop", "scopes": ["mine", "read"]} == shop.get("/v1/me")
    rotated = admin.post(f"/v1/keys/{id}/rotate?overlap=600")
    assert rotated["record"]["replaces"] == id
    assert Caller(admin.app, rotated["key"]).get("/v1/me")["name"] == "shop"
    assert shop("GET", "/v1/me").status_code == 200, "both are good for the overlap"
    assert admin("DELETE", f"/v1/keys/{id}").status_code == 200
    problem(shop("GET", "/v1/me"), 401, "no-key")
    problem(admin("DELETE", "/v1/keys/k_0"), 404, "not-found")
    problem(admin("POST", f"/v1/keys/{id}/rotate"), 422, "refused")


def test_keys_that_are_refused(admin: Caller) -> None:
    good = {"name": "x", "scopes": ["read"]}
    past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    for wrong in (
        {"scopes": []}, {"scopes": ["root"]}, {"name": ""}, {"name": "a\x00"}, {"rate": 0},
        {"expires": "tomorrow"}, {"expires": "2030-01-01T00:00:00"}, {"tenant": "other"},
    ):  # fmt: skip
        problem(admin("POST", "/v1/keys", json=good | wrong), 422, "invalid")
    problem(admin("POST", "/v1/keys", json=good | {"expires": past}), 422, "refused")
    soon = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert admin("POST", "/v1/keys", json=good | {"expires": soon}).status_code == 201


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A copy of the shipped bundle."""
    return Path(shutil.copytree(shipped(), tmp_path / "bundle"))


def damage(bundle: Path) -> None:
    (weights,) = bundle.glob("*.safetensors")
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)


def test_a_model_is_switched_and_rolled_back(admin: Caller, service: Service, bundle: Path) -> None:
    before = service.model.current
    problem(admin("POST", "/v1/models/rollback"), 409, "model")
    assert admin.post("/v1/models", {"path": str(bundle)})["model"]["path"] == str(bundle)
    assert service.model.current is not before
    first, second = admin.get("/v1/models")["models"][:2]
    assert (first["active"], second["previous"]) == (True, True)
    assert admin.post("/v1/mine", {"reviews": [REVIEW]})["reviews"][0]["opinions"]
    admin.post("/v1/models/rollback")
    assert service.model.current is before
    acts = admin.get("/v1/audit", params={"limit": 2})["items"]
    assert [entry["act"] for entry in acts] == ["model.rollback", "model.switch"]


def test_a_damaged_model_is_refused_while_the_old_one_serves(
    admin: Caller, service: Service, bundle: Path
) -> None:
    before = service.model.current
    damage(bundle)
    told = problem(admin("POST", "/v1/models", json={"path": str(bundle)}), 422, "model")
    assert "weights" in told["detail"]
    for path in ("nowhere", "/", "/etc/passwd", "../..", "a\x00b"):
        answer = admin("POST", "/v1/models", json={"path": path})
        assert answer.status_code == 422, answer.text
    assert service.model.current is before
    assert admin("POST", "/v1/mine", json={"reviews": [REVIEW]}).status_code == 200


def test_health_and_numbers(admin: Caller) -> None:
    anyone = Caller(admin.app)
    assert anyone.get("/healthz")["status"] == "ok"
    assert anyone.get("/readyz")["status"] == "ready"
    problem(anyone("GET", "/metrics"), 401, "no-key")
    admin.post("/v1/mine", {"reviews": [REVIEW]})
    text = admin("GET", "/metrics").text
    for line in (
        'http_server_request_duration_seconds_bucket{http_request_method="POST",'
        'http_response_status_code="200",http_route="/v1/mine",le="0.075"}',
        "guandian_queue_reviews 0.0",
        'guandian_reviews_total{language="zh",model="guandian-small@',
        'guandian_model_info{model="guandian-small@',
    ):
        assert line in text, line
    assert REVIEW["text"] not in text


def test_readiness_asks_the_store_itself(admin: Caller, service: Service) -> None:
    manifest = service.folder / "opinions" / "main"
    manifest.mkdir(parents=True, exist_ok=True)
    kept = manifest.rename(service.folder / "away")
    try:
        manifest.mkdir()
        (manifest / "MANIFEST.json").write_text("{")
        problem(Caller(admin.app)("GET", "/readyz"), 503, "not-ready")
        assert Caller(admin.app)("GET", "/healthz").status_code == 200
    finally:
        shutil.rmtree(manifest)
        kept.rename(manifest)
    assert Caller(admin.app)("GET", "/readyz").status_code == 200


def test_the_addresses_are_described_without_a_script(admin: Caller) -> None:
    document = Caller(admin.app).get("/v1/openapi.json")
    page = Caller(admin.app)("GET", "/v1/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "<script" not in page.text and "http://" not in page.text
    for path in document["paths"]:
        assert path in page.text
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["description"]
            for status, answer in operation["responses"].items():
                problems = status >= "400"
                assert ("application/problem+json" in answer["content"]) is problems
