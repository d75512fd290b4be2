"""A service whose store lost a part marks what it answers, and says why it cannot do more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.service.callers import Caller, new_caller, problem
from tests.store.mined_pairs import generated

from guandian.service.parts import Service
from guandian.service.settings import Limits
from guandian.store import DamagedStore

ADDRESSES = (
    "/v1/summary",
    "/v1/breakdown",
    "/v1/trends",
    "/v1/changes",
    "/v1/opinions",
    "/v1/search?words=a",
    "/v1/together",
    "/v1/queue",
    "/v1/aspects",
    "/v1/corrections/export",
    "/v1/reviews/{left}",
)
"""All that is read of the store."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    opened = Service.open(tmp_path_factory.mktemp("incomplete") / "data", Limits(threads=1))
    yield opened
    opened.close()


def test_every_answer_of_an_incomplete_store_is_marked(service: Service, admin: Caller) -> None:
    service.store.load(generated(30))
    lost = next(review.id for review, _ in service.store.reader().reviews())
    service.store.load(generated(10, seed=5))
    left = [review.id for review, _ in service.store.reader().reviews()][-1]
    paths = [path.format(left=left) for path in ADDRESSES]
    for path in paths:
        answer = admin("GET", path)
        assert answer.status_code == 200, answer.text
        assert "guandian-incomplete" not in answer.headers, path
    assert admin("GET", f"/v1/reviews/{lost}").status_code == 200, "the control"
    parts = service.folder / "opinions" / "main"
    part = parts / service.store.reader().generation.segments[0].parts["texts"]
    content = part.read_bytes()
    part.unlink()
    for path in paths:
        answer = admin("GET", path)
        assert answer.status_code == 200, answer.text
        assert answer.headers["guandian-incomplete"] == "1", path
    for method in ("GET", "DELETE"):
        answer = admin(method, f"/v1/reviews/{lost}")
        document = problem(answer, 503, "incomplete")
        assert "missing" in document["detail"] and "copy" in document["remedy"]
        assert str(service.folder) not in answer.text
        assert document["detail_zh"] and document["remedy_zh"]
    part.write_bytes(content)
    assert admin("DELETE", f"/v1/reviews/{lost}").status_code == 200
    assert "guandian-incomplete" not in admin("GET", "/v1/summary").headers


def test_a_lost_manifest_is_no_empty_store(service: Service) -> None:
    caller = new_caller(service, "admin", tenant="lost")
    service.store.load(generated(10), "lost")
    (service.folder / "opinions" / "lost" / "MANIFEST.json").unlink()
    for path in ("/v1/summary", "/v1/opinions"):
        problem(caller("GET", path), 503, "incomplete")
    assert list((service.folder / "opinions" / "lost").glob("*.parquet"))


def test_a_service_does_not_start_over_a_lost_manifest(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first = Service.open(folder, Limits(threads=1))
    first.store.load(generated(10))
    first.close()
    manifest = folder / "opinions" / "main" / "MANIFEST.json"
    content = manifest.read_bytes()
    manifest.unlink()
    with pytest.raises(DamagedStore, match="is missing"):
        Service.open(folder, Limits(threads=1))
    manifest.write_bytes(content)
    Service.open(folder, Limits(threads=1)).close()


def test_a_damaged_tenant_leaves_the_others_alone(tmp_path: Path) -> None:
    """At the start and while it runs, whichever tenant it is; a job of it fails and says why."""
    folder = tmp_path / "data"
    service = Service.open(folder, Limits(threads=1))
    for tenant in ("main", "other"):
        service.store.load(generated(10), tenant)
    service.close()
    manifest = folder / "opinions" / "main" / "MANIFEST.json"
    content = manifest.read_bytes()
    manifest.write_text("{")
    service = Service.open(folder, Limits(threads=1))
    try:
        mine, other = (new_caller(service, "admin", tenant=name) for name in ("main", "other"))
        assert other.get("/v1/summary")["overview"]["reviews"] == 10
        assert other.job(b"text\n\xe5\xb1\x8f\n", "x.csv")["state"] == "done"
        answer = mine("GET", "/v1/summary")
        problem(answer, 503, "incomplete")
        assert str(folder) not in answer.text
        job = mine.job(b"text\n\xe5\xb1\x8f\n", "x.csv")
        assert job["state"] == "failed" and "missing or cannot be read" in job["error"]
        assert str(folder) not in job["error"]
        nobody = Caller(mine.app)
        assert nobody.get("/readyz")["damaged"] == 1
        assert "guandian_damaged_tenants 1.0" in mine("GET", "/metrics").text
        (folder / "opinions" / "other" / "MANIFEST.json").write_text("{")
        document = problem(nobody("GET", "/readyz"), 503, "not-ready")
        assert str(folder) not in str(document)
        manifest.write_bytes(content)
        assert mine.get("/v1/summary")["overview"]["reviews"] == 10
        assert nobody.get("/readyz")["damaged"] == 1
    finally:
        service.close()
