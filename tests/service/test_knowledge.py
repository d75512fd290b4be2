"""A tenant's catalogue and lexicon over HTTP: given, shown beside what is mined, forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.service.callers import new_caller, problem

from guandian.service.parts import Service
from guandian.service.settings import Limits
from guandian.service.tenants.tenant_knowledge import TenantKnowledge

CATALOGUE = """品牌,系列,型号,部件,别名
华为,Mate 系列,Mate 60 Pro,屏幕;电池,M60P
小米,,小米14,屏幕;电池,mi14
"""
LEXICON = "word,polarity\n很清晰,negative\n不耐用,也许\n"
TEXT = "😀屏幕很清晰，比小米14强，电池不耐用"
REVIEW = {"id": "k1", "text": TEXT, "product": "华为 Mate60Pro"}
ROWS = f"id,text,product\nk1,{TEXT},华为 Mate60Pro\n".encode()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    opened = Service.open(tmp_path_factory.mktemp("known") / "data", Limits(threads=1))
    yield opened
    opened.close()


def checked(knowledge: dict[str, Any]) -> None:
    """What both files say of the review."""
    links = {link["text"]: link for link in knowledge["links"]}
    assert links["屏幕"]["id"] == "part:华为 mate 系列 mate 60 pro 屏幕"
    assert (links["屏幕"]["start"], links["屏幕"]["by"]) == (1, "product")
    assert TEXT[links["小米14"]["start"] : links["小米14"]["end"]] == "小米14"
    assert any(note["check"] == "other polarity" for note in knowledge["notes"])


def test_knowledge_stands_beside_calls_jobs_and_stored_reviews(service: Service) -> None:
    caller = new_caller(service, "mine", "read", "correct", "admin")
    stranger = new_caller(service, "mine", "read", tenant="other")
    empty = {"catalogue": None, "lexicon": None, "rejected": 0, "bad": []}
    assert caller.get("/v1/knowledge") == empty
    (bare,) = caller.post("/v1/mine", {"reviews": [REVIEW]})["reviews"]
    assert "knowledge" not in bare
    assert caller.job(ROWS, "reviews.csv")["state"] == "done"
    assert caller.get("/v1/reviews/k1")["knowledge"] is None

    for kind, content in (("catalogue", CATALOGUE), ("lexicon", LEXICON)):
        answer = caller("PUT", f"/v1/knowledge/{kind}", params={"name": "a.csv"}, content=content)
        assert answer.status_code == 200, answer.text
    held = caller.get("/v1/knowledge")
    assert held["catalogue"]["entries"] == {"brand": 2, "series": 1, "model": 2, "part": 4}
    assert (held["lexicon"]["words"], held["rejected"]) == (1, 1)
    assert held["bad"] == [{"line": 3, "column": "polarity", "reason": "'也许' is no polarity"}]

    (record,) = caller.post("/v1/mine", {"reviews": [REVIEW]})["reviews"]
    checked(record.pop("knowledge"))
    assert record == bare, "nothing that was mined changes"
    (few,) = caller.post("/v1/mine", {"reviews": [REVIEW], "tasks": ["opinions"]})["reviews"]
    assert "knowledge" not in few
    other = next(name for name in service.model.current.miner.labels.names if name not in
                 {opinion["category"] for opinion in bare["opinions"]})  # fmt: skip
    asked = {"reviews": [REVIEW], "categories": [other]}
    (few,) = caller.post("/v1/mine", asked)["reviews"]
    assert few["opinions"] == [] and few["knowledge"]["links"]
    assert not few["knowledge"]["notes"], "a note is on an opinion that is told"

    stored = caller.get("/v1/reviews/k1")["knowledge"]
    checked(stored)
    noted = next(note for note in stored["notes"] if note["check"] == "other polarity")
    assert "词典" in noted["note_zh"] and "lexicon" in noted["note"]
    job = caller.get("/v1/jobs")["items"][0]["id"]
    checked(caller.get(f"/v1/jobs/{job}/results")["items"][0]["knowledge"])
    (theirs,) = stranger.post("/v1/mine", {"reviews": [REVIEW]})["reviews"]
    assert "knowledge" not in theirs, "a catalogue is its tenant's alone"

    caller("DELETE", "/v1/knowledge/lexicon")
    notes = caller.get("/v1/reviews/k1")["knowledge"]["notes"]
    assert all(note["check"] != "other polarity" for note in notes)
    caller("DELETE", "/v1/knowledge/catalogue")
    assert caller.get("/v1/reviews/k1")["knowledge"] is None
    problem(caller("DELETE", "/v1/knowledge/catalogue"), 404, "not-found")
    acts = [entry["act"] for entry in caller.get("/v1/audit", params={"limit": 4})["items"]]
    assert acts == ["knowledge.remove", "knowledge.remove", "knowledge.put", "knowledge.put"]


def test_what_cannot_be_read_is_refused_and_what_was_there_stays(service: Service) -> None:
    caller = new_caller(service, "read", "correct", tenant="careful")
    reader = new_caller(service, "read", tenant="careful")

    def put(kind: str, name: str, content: bytes | str) -> Any:
        return caller("PUT", f"/v1/knowledge/{kind}", params={"name": name}, content=content)

    assert put("catalogue", "c.csv", CATALOGUE).status_code == 200
    before = caller.get("/v1/knowledge")
    for kind, name, content, refused in (
        ("catalogue", "c.xlsx", CATALOGUE, "invalid"),
        ("catalogue", "../c.csv", "a,b\n1,2\n", "unreadable"),
        ("catalogue", "c.json", "{", "unreadable"),
        ("lexicon", "l.csv", "", "unreadable"),
        ("lexicon", "l.csv", "word\n好\n", "unreadable"),
    ):
        told = problem(put(kind, name, content), 422, refused)
        assert str(service.folder) not in told["detail"], "no path of the service is told"
    assert caller.get("/v1/knowledge") == before
    forbidden = reader("PUT", "/v1/knowledge/lexicon", params={"name": "l.csv"}, content=LEXICON)
    problem(forbidden, 403, "scope")
    assert put("catalogue", "c.jsonl", '{"brand": "苹果"}\n').status_code == 200
    assert caller.get("/v1/knowledge")["catalogue"]["entries"] == {"brand": 1}
    folder = service.folder / "knowledge" / "careful"
    assert [path.name for path in folder.iterdir()] == ["catalogue.jsonl"], "nothing else is left"


def test_what_was_given_is_there_after_a_start(tmp_path: Path) -> None:
    TenantKnowledge(tmp_path).put("main", "catalogue", "c.csv", CATALOGUE.encode())
    again = TenantKnowledge(tmp_path)
    assert again.holds("main") and not again.holds("other")
    held = again.of("main")
    assert held is not None and held.things.linker is not None and again.of("main") is held
    assert again.of("other") is None
