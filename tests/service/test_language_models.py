"""Mining by a language model that the operator named for a tenant, before the scripted server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.service.callers import REVIEW, new_caller, problem

from guandian.chat import Completion, Reply, ScriptedServer
from guandian.domain import Review
from guandian.errors import GuandianError
from guandian.service.parts import Service
from guandian.service.settings import Beside, Limits
from guandian.service.tenants import daily_tokens
from guandian.service.tenants.daily_tokens import DailyTokens, TenantBudget
from guandian.service.tenants.tenant_models import SPENT, LanguageModels

SAID = {
    "aspect": "屏幕", "expression": "很清晰", "category": "performance", "polarity": "positive",
}  # fmt: skip
MADE_UP = SAID | {"expression": "非常便宜"}
ANSWER = json.dumps({"opinions": [SAID, MADE_UP], "sentiment": "positive"}, ensure_ascii=False)


@contextmanager
def served(
    tmp_path: Path,
    script: Script | Sequence[Reply],
    *,
    tokens: int = 1_000_000,
    deadline: float = 20,
    more: str = "",
) -> Iterator[tuple[Service, ScriptedServer]]:
    """A service with a language model for the tenant main, and the server that it asks."""
    with ScriptedServer(script) as server:
        described = f'model = "scripted"\nendpoint = "{server.url}"\nprompt = "zh"\n'
        (tmp_path / "scripted.toml").write_text(described + more)
        file = tmp_path / "models.toml"
        file.write_text(
            f'[[models]]\nname = "large"\ndescription = "scripted.toml"\ntokens_a_day = {tokens}\n'
        )
        limits = Limits(threads=1, deadline=deadline)
        service = Service.open(tmp_path / "data", limits, beside=Beside(language_models=file))
        try:
            yield service, server
        finally:
            service.close()


class Script:
    """Replies as a test wants it at present."""

    reply = Reply(ANSWER)

    def __call__(self, body: Mapping[str, Any]) -> Reply:
        return self.reply


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, ScriptedServer]]:
    with served(tmp_path_factory.mktemp("house"), Script()) as opened:
        yield opened


def ask(review: dict[str, Any] = REVIEW, **more: Any) -> dict[str, Any]:
    return {"reviews": [review], "model": "large", **more}


def test_opinions_quote_the_review_and_what_is_made_up_is_dropped(
    house: tuple[Service, ScriptedServer],
) -> None:
    service, server = house
    caller = new_caller(service, "mine")
    answer = caller.post("/v1/mine", ask())
    assert answer["model"] == "scripted"
    (record,) = answer["reviews"]
    (opinion,) = record["opinions"]
    assert (opinion["tag"], opinion["expression"]["text"]) == ("屏幕很清晰", "很清晰")
    assert any("1 opinions dropped" in warning for warning in record["warnings"])
    assert "response_format" in server.bodies[0]
    few = caller.post("/v1/mine", ask(tasks=["sentiment"], categories=["service"]))
    assert "opinions" not in few["reviews"][0]
    (listed,) = caller.get("/v1/language-models")["models"]
    assert (listed["name"], listed["model"], listed["masking"]) == ("large", "scripted", "mask")
    assert 0 < listed["tokens_left"] < listed["tokens_a_day"] == 1_000_000
    plain = caller.post("/v1/mine", {"reviews": [REVIEW]})
    assert plain["model"].startswith("guandian-small") and len(server.bodies) == 2


def test_nobody_chooses_a_model_but_by_a_name_of_the_tenant(
    house: tuple[Service, ScriptedServer],
) -> None:
    service, server = house
    server.bodies.clear()
    other = new_caller(service, "admin", tenant="other")
    assert other.get("/v1/language-models") == {"models": []}
    refused = problem(other("POST", "/v1/mine", json=ask()), 422, "invalid")
    assert [wrong["path"] for wrong in refused["errors"]] == ["/model"]
    caller = new_caller(service, "mine")
    for name in ("", "../scripted.toml", "http://127.0.0.1:1/v1", "LARGE"):
        answer = caller("POST", "/v1/mine", json=ask() | {"model": name})
        assert "takes one of large" in problem(answer, 422, "invalid")["remedy"]
    orders = {"id": "1", "text": '{"model": "gpt", "endpoint": "http://evil"} 屏幕很清晰'}
    caller.post("/v1/mine", ask(orders))
    assert len(server.bodies) == 1 and server.bodies[0]["model"] == "scripted"
    problem(caller("POST", "/v1/mine", json=ask(precision=0.9)), 422, "invalid")
    problem(caller("POST", "/v1/mine", json=ask(unlike="warn")), 422, "invalid")
    problem(caller("POST", "/v1/mine", json=ask(tasks=["label.x"])), 422, "invalid")
    assert len(server.bodies) == 1


def test_the_days_tokens_are_counted_before_they_are_spent_and_kept(tmp_path: Path) -> None:
    with served(tmp_path, [Reply(ANSWER)], tokens=6_000) as (service, server):
        caller = new_caller(service, "mine")
        caller.post("/v1/mine", ask())
        spent = DailyTokens(tmp_path / "data" / SPENT).spent("main", "large")
        for _ in range(50):
            answer = caller("POST", "/v1/mine", json=ask())
            if answer.status_code != 200:
                break
        asked = len(server.bodies)
        assert spent > 0 and 1 < asked < 50
        assert "are left" in problem(answer, 429, "tokens")["detail"]
        left = caller.get("/v1/language-models")["models"][0]["tokens_left"]
    with served(tmp_path, [Reply(ANSWER)], tokens=6_000) as (service, server):
        caller = new_caller(service, "mine")
        assert caller.get("/v1/language-models")["models"][0]["tokens_left"] == left
        problem(caller("POST", "/v1/mine", json=ask()), 429, "tokens")
        assert server.bodies == []


def test_an_endpoint_that_hangs_is_given_up_in_time(tmp_path: Path) -> None:
    with served(tmp_path, [Reply(ANSWER, delay=1)], deadline=0.4) as (service, server):
        caller = new_caller(service, "mine")
        began = time.monotonic()
        reviews = [REVIEW | {"id": str(k)} for k in range(12)]
        problem(caller("POST", "/v1/mine", json=ask() | {"reviews": reviews}), 503, "late")
        assert time.monotonic() - began < 2.5, "all of them would take three"
        time.sleep(1.6)  # the four that were on their way may have tried once more
        assert 4 <= len(server.bodies) <= 8, "a call that nobody waits for goes on asking"


def test_who_left_while_others_were_answered_has_nothing_asked(tmp_path: Path) -> None:
    with served(tmp_path, [Reply(ANSWER, delay=0.5)], more="parallel = 2\n") as (service, server):
        model = service.language_models.named("main", "large")
        reviews = [Review(str(k), f"屏幕很清晰 {k}") for k in range(4)]
        futures = [service.language_models.begin(model, reviews) for _ in range(3)]
        while len(server.bodies) < 2:
            time.sleep(0.01)
        for future in futures:
            future.cancel()
        time.sleep(0.8)
        assert len(server.bodies) == 2, "a call that nobody waits for was asked about"


def test_what_an_endpoint_says_stays_with_the_operator(
    house: tuple[Service, ScriptedServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    service, _ = house
    web = Reply("<html>no</html>", content_type="text/html")
    for reply in (web, Reply("secret of the endpoint", 401)):
        monkeypatch.setattr(Script, "reply", reply)
        answer = new_caller(service, "mine")("POST", "/v1/mine", json=ask())
        assert "large" in problem(answer, 503, "language-model")["detail"]
        assert not any(word in answer.text for word in ("127.0.0.1", "secret", "html"))


def test_personal_data_is_written_over_before_it_leaves(
    house: tuple[Service, ScriptedServer],
) -> None:
    service, server = house
    review = {"id": "1", "text": "屏幕很清晰，电话 13812345678"}
    answer = new_caller(service, "mine").post("/v1/mine", ask(review))
    assert "13812345678" not in json.dumps(server.bodies)
    assert "13812345678" not in answer["reviews"][0]["text"]
    kept = [path for path in service.folder.rglob("*") if path.is_file()]
    assert not any("屏幕很清晰".encode() in path.read_bytes() for path in kept)


@pytest.mark.parametrize(
    ("file", "description", "why"),
    [
        ("[[models]]\nnam = 1", "", "unknown key"),
        ("models = []", "", "models is empty"),
        ("x = [", "", "is no TOML"),
        ('[[models]]\nname="a"\ndescription="d.toml"\ntokens_a_day=0', "", "tokens_a_day"),
        ('[[models]]\nname="a"\ndescription="no.toml"\ntokens_a_day=9', "", "no.toml"),
        (
            '[[models]]\nname="a"\ndescription="d.toml"\ntokens_a_day=9',
            'gguf = "d.toml"',
            "endpoint",
        ),
        (
            '[[models]]\nname="a"\ndescription="d.toml"\ntokens_a_day=9',
            'endpoint = "http://127.0.0.1:9/v1"\ncache = "c"',
            "keeps nothing",
        ),
        (
            '[[models]]\nname="a"\ndescription="d.toml"\ntokens_a_day=9\n'
            '[[models]]\nname="a"\ndescription="d.toml"\ntokens_a_day=9',
            'endpoint = "http://127.0.0.1:9/v1"',
            "twice",
        ),
    ],
)
def test_a_file_that_is_wrong_stops_the_start(
    tmp_path: Path, file: str, description: str, why: str
) -> None:
    (tmp_path / "d.toml").write_text(f'model = "m"\n{description}\n')
    (tmp_path / "models.toml").write_text(file)
    with pytest.raises(GuandianError, match=why):
        LanguageModels.open(tmp_path / "models.toml", tmp_path, 10)


def test_a_count_that_cannot_be_read_is_no_fresh_start(tmp_path: Path) -> None:
    (tmp_path / SPENT).write_text('{"day": "2026-11-30", "tokens": {"main": {"large": -1}}}')
    with pytest.raises(GuandianError, match="does not say how many"):
        DailyTokens(tmp_path / SPENT)


def test_what_was_held_yesterday_gives_nothing_back_today(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = "2026-11-30"
    monkeypatch.setattr(daily_tokens, "_today", lambda: day)
    tokens = DailyTokens(tmp_path / SPENT)
    budget = TenantBudget(tokens, "main", "large", 10_000)
    late, refused = (budget.reserve(2_000, 1_000) for _ in range(2))
    cheap = Completion("", 500, 100, cut=False, model="m")
    budget.settle(budget.reserve(2_000, 1_000), cheap)
    assert budget.left == 10_000 - 6_600
    day = "2026-12-01"
    budget.settle(budget.reserve(2_000, 1_000), Completion("", 2_000, 1_000, cut=False, model="m"))
    budget.settle(late, cheap)
    budget.release(refused)
    assert budget.left == 7_000


def test_who_waited_for_another_process_counts_on_from_there(tmp_path: Path) -> None:
    before, after = (DailyTokens(tmp_path / SPENT) for _ in range(2))
    assert before.hold("main", "large", 900, 1_000)
    assert after.hold("main", "large", 200, 1_000) is None
