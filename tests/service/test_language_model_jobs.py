"""Files, summaries and questions by a language model that the operator named."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.analyst.made_shop import TODAY, made_reviews
from tests.client.bridge import Bridge
from tests.service.callers import Caller, new_caller, problem

from guandian.chat import Reply, ScriptedServer
from guandian.client import Client
from guandian.service.parts import Service
from guandian.service.settings import Beside, Limits

FILE = "id,text\n" + "\n".join(
    f"{k},屏幕很清晰，第{k}次买，电话 1381234{k:04d}" for k in range(1, 13)
)
SCREEN = {
    "aspect": "屏幕", "expression": "很清晰", "category": "performance", "polarity": "positive",
}  # fmt: skip
MADE_UP = SCREEN | {"expression": "非常便宜"}


class Script:
    """Answers as a model would: opinions, a call, or sentences of a summary, one of them wrong."""

    def __init__(self) -> None:
        self.delay, self.failing, self.call = 0.0, False, dict[str, Any]()

    def __call__(self, body: Mapping[str, Any]) -> Reply:
        if self.failing:
            return Reply("secret of the endpoint", 401)
        asked = json.loads(body["messages"][-1]["content"])
        if "review" in asked:
            said: Any = {"opinions": [SCREEN, MADE_UP], "sentiment": "positive"}
        elif "question" in asked:
            said = self.call
        else:
            said = {"sentences": [*map(self._sentence, asked["points"])]}
            said["sentences"][0]["text"] += " 99%"
        return Reply(json.dumps(said, ensure_ascii=False), delay=self.delay)

    def _sentence(self, point: dict[str, Any]) -> dict[str, Any]:
        quote = point["quotes"][0]
        text = f"{point['reviews']}条评论说“{quote['text']}”"
        return {"point": point["id"], "text": text, "cites": [quote["id"]]}


def opened(tmp_path: Path, server: ScriptedServer, tokens: int) -> Service:
    """A service with a language model for the tenant main."""
    described = f'model = "scripted"\nendpoint = "{server.url}"\nprompt = "zh"\n'
    (tmp_path / "scripted.toml").write_text(described)
    file = tmp_path / "models.toml"
    file.write_text(
        f'[[models]]\nname = "large"\ndescription = "scripted.toml"\ntokens_a_day = {tokens}\n'
    )
    beside = Beside(language_models=file)
    return Service.open(tmp_path / "data", Limits(threads=1, deadline=20), beside=beside)


@contextmanager
def served(
    tmp_path: Path, script: Script, *, tokens: int = 1_000_000
) -> Iterator[tuple[Service, ScriptedServer]]:
    """Such a service, and the server that it asks."""
    with ScriptedServer(script) as server:
        service = opened(tmp_path, server, tokens)
        try:
            yield service, server
        finally:
            service.close()


@pytest.fixture(scope="module")
def script() -> Script:
    return Script()


@pytest.fixture(scope="module")
def house(
    tmp_path_factory: pytest.TempPathFactory, script: Script
) -> Iterator[tuple[Service, ScriptedServer]]:
    with served(tmp_path_factory.mktemp("house"), script) as opened:
        opened[0].store.load(made_reviews(120))
        yield opened


def begin(caller: Caller, content: str = FILE, **choices: Any) -> dict[str, Any]:
    """Drop a file and start its job."""
    upload = caller("POST", "/v1/uploads", params={"name": "r.csv"}, content=content.encode())
    body = {"upload": upload.json()["upload"], "model": "large", **choices}
    job: dict[str, Any] = caller.post("/v1/jobs", body)["job"]
    return job


def test_a_file_is_mined_by_a_language_model_and_stored(tmp_path: Path) -> None:
    with served(tmp_path, Script()) as (service, server):
        caller = new_caller(service, "read", "mine")
        job = caller.wait(begin(caller)["id"])
        assert (job["state"], job["model"]) == ("done", "scripted")
        assert (job["reviews"], job["opinions"], job["rejected"]) == (12, 12, 0)
        assert len(server.bodies) == 12
        assert "1381234" not in json.dumps(server.bodies), "masked before it leaves"
        overview = caller.get("/v1/summary")["overview"]
        assert (overview["reviews"], overview["opinions"]) == (12, 12)
        (first, *_) = caller.get(f"/v1/jobs/{job['id']}/results")["items"]
        assert [o["tag"] for o in first["opinions"]] == ["屏幕很清晰"]
        assert any("1 opinions dropped" in warning for warning in first["warnings"])
        plain = caller.wait(begin(caller, model=None)["id"])
        assert plain["model"].startswith("guandian-small@") and len(server.bodies) == 12


def test_a_job_names_a_model_of_its_tenant_and_asks_for_no_promise(
    house: tuple[Service, ScriptedServer],
) -> None:
    service, server = house
    server.bodies.clear()
    caller = new_caller(service, "read", "mine")
    upload = caller("POST", "/v1/uploads", params={"name": "r.csv"}, content=FILE.encode())
    body = {"upload": upload.json()["upload"], "model": "large"}
    for wrong in ({"model": "../scripted.toml"}, {"precision": 0.9}, {"unlike": "warn"}):
        problem(caller("POST", "/v1/jobs", json=body | wrong), 422, "invalid")
    other = new_caller(service, "read", "mine", tenant="other")
    problem(other("POST", "/v1/jobs", json=body), 422, "invalid")
    assert server.bodies == []


def test_spent_tokens_end_a_job_declared_and_what_was_mined_is_stored(tmp_path: Path) -> None:
    rows = "\n".join(f"{k},屏幕很清晰 {k}" for k in range(100))
    with served(tmp_path, Script(), tokens=90_000) as (service, server):
        caller = new_caller(service, "read", "mine")
        job = caller.wait(begin(caller, f"id,text\n{rows}")["id"])
        assert job["state"] == "failed" and "are left" in job["error"]
        stored = caller.get("/v1/summary")["overview"]["reviews"]
        assert 0 < stored == job["reviews"] < len(server.bodies) < 100


def test_a_model_that_fails_ends_a_job_in_words_of_ours(tmp_path: Path) -> None:
    script = Script()
    script.failing = True
    with served(tmp_path, script) as (service, _):
        caller = new_caller(service, "read", "mine")
        job = caller.wait(begin(caller)["id"])
        assert job["state"] == "failed" and "'large' does not answer" in job["error"]
        assert not any(word in job["error"] for word in ("127.0.0.1", "secret"))


def test_a_slow_job_holds_up_no_other_and_is_cancelled_in_time(tmp_path: Path) -> None:
    script = Script()
    script.delay = 1.0
    with served(tmp_path, script) as (service, server):
        caller = new_caller(service, "read", "mine")
        slow = begin(caller)
        while not server.bodies:
            time.sleep(0.02)
        quick = caller.wait(begin(caller, model=None)["id"])
        assert quick["state"] == "done"
        assert caller.get(f"/v1/jobs/{slow['id']}")["job"]["state"] == "running"
        caller("DELETE", f"/v1/jobs/{slow['id']}")
        time.sleep(1.5)
        asked = len(server.bodies)
        time.sleep(1.2)
        assert len(server.bodies) == asked < 12, "a cancelled job goes on asking"


def test_a_job_goes_on_after_the_service_ended(tmp_path: Path) -> None:
    script = Script()
    script.delay = 0.1
    rows = "\n".join(f"{k},屏幕很清晰 {k}" for k in range(60))
    with ScriptedServer(script) as server:
        service = opened(tmp_path, server, 1_000_000)
        caller = new_caller(service, "read", "mine")
        job = begin(caller, f"id,text\n{rows}")
        while caller.get(f"/v1/jobs/{job['id']}")["job"]["opinions"] < 40:
            time.sleep(0.02)
        service.close()
        before, script.delay = len(server.bodies), 0.0
        service = opened(tmp_path, server, 1_000_000)
        done = new_caller(service, "read", "mine").wait(job["id"])
        service.close()
    assert 40 <= before < 60 and (done["state"], done["reviews"]) == ("done", 60)
    assert len(server.bodies) - before == 20, "what was kept is asked about again"


def test_a_summary_is_written_and_checked(
    house: tuple[Service, ScriptedServer], script: Script
) -> None:
    service, server = house
    server.bodies.clear()
    caller = new_caller(service, "read", "mine")
    with Client("http://guandian", caller.key, transport=Bridge(caller)) as client:
        told = client.summarise(product="Kite 14", points=2, model="large")
    assert told["writing"] is not None and told["writing"]["model"] == "scripted"
    assert told["writing"]["dropped"]["number"] == 1
    first, *others = told["points"]
    assert first["written"] is None and others
    for point in others:
        if point["written"]:
            assert str(point["reviews"]) in point["written"] and len(point["cited"]) == 1
    assert told["writing"]["kept"] == sum(bool(point["written"]) for point in others) > 0
    assert len(server.bodies) == 1
    plain = caller.get("/v1/summarise", params={"product": "Kite 14", "points": 2})
    assert plain["writing"] is None and plain["overview"] == told["overview"]
    assert len(server.bodies) == 1


def test_a_question_becomes_the_call_that_the_model_chooses_or_that_of_the_rules(
    house: tuple[Service, ScriptedServer], script: Script
) -> None:
    service, server = house
    caller = new_caller(service, "read", "mine")
    asked = {"question": "Kite 14 怎么样啊，13812345678", "today": TODAY.isoformat()}
    script.call = {"tool": "share", "products": ["Kite 14"], "by": "aspect"}
    answer = caller.post("/v1/ask", asked | {"model": "large"})
    assert answer["planner"] == "model" and answer["call"] == script.call
    assert answer["question"] == asked["question"]
    assert "13812345678" not in json.dumps(server.bodies)
    plain = asked | {"question": "上个月Kite 14的净情感是多少"}
    for wrong in (
        {"tool": "sql", "words": "drop table"},
        {"tool": "share", "products": ["nobody's"], "by": "aspect"},
        {"tool": "volume", "sql": "select"},
    ):
        script.call = wrong
        ruled = caller.post("/v1/ask", plain | {"model": "large"})
        assert ruled["planner"] == "rules" and ruled["call"]["tool"] == "net"


def test_who_may_not_spend_asks_no_model(house: tuple[Service, ScriptedServer]) -> None:
    service, server = house
    server.bodies.clear()
    reader = new_caller(service, "read")
    body = {"question": "How many reviews?", "model": "large"}
    problem(reader("POST", "/v1/ask", json=body), 403, "scope")
    problem(reader("GET", "/v1/summarise", params={"model": "large"}), 403, "scope")
    caller = new_caller(service, "read", "mine")
    problem(caller("POST", "/v1/ask", json=body | {"model": "other"}), 422, "invalid")
    problem(caller("GET", "/v1/summarise", params={"model": "x"}), 422, "invalid")
    assert server.bodies == []


def test_an_endpoint_that_fails_is_told_without_its_words(
    house: tuple[Service, ScriptedServer], script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, _ = house
    monkeypatch.setattr(script, "failing", True)
    caller = new_caller(service, "read", "mine")
    body = {"question": "How many reviews?", "model": "large"}
    answer = caller("POST", "/v1/ask", json=body)
    problem(answer, 503, "language-model")
    problem(caller("GET", "/v1/summarise", params={"model": "large"}), 503, "language-model")
    assert "secret" not in answer.text
