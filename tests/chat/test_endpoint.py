"""The endpoint against a server on this machine."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from guandian.chat import (
    AnswerCache,
    Budget,
    BudgetSpent,
    ChatEndpoint,
    ChatRequest,
    Completion,
    Message,
    Reply,
    ScriptedServer,
    WithinBudget,
)
from guandian.errors import GuandianError

SCHEMA = {"type": "object", "properties": {}, "additionalProperties": False}
ASKED = ChatRequest((Message("user", "屏幕怎么样？😀"),), SCHEMA, max_tokens=50, temperature=0.0)


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("THE_KEY", "secret-1")


def endpoint(server: ScriptedServer, **changes: Any) -> ChatEndpoint:
    return ChatEndpoint(server.url, "m-1", **({"pause": 0.01, "retries": 2} | changes))


def test_an_answer_is_put_together_from_its_pieces_and_counted() -> None:
    with ScriptedServer([Reply("屏幕很清晰😀，电池不耐用，客服态度好")]) as server:
        answer = endpoint(server, key_variable="THE_KEY").complete(ASKED)
    assert answer == Completion("屏幕很清晰😀，电池不耐用，客服态度好", 7, 18, False, "m-1")
    (body,) = server.bodies
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA
    assert (body["max_tokens"], body["temperature"], "seed" in body) == (50, 0.0, False)
    assert server.keys == ["Bearer secret-1"]


@pytest.mark.parametrize(
    ("form", "sent"), [("json_object", {"type": "json_object"}), ("text", None)]
)
def test_an_endpoint_that_knows_no_schema_is_asked_for_less(form: Any, sent: Any) -> None:
    with ScriptedServer([Reply("{}")]) as server:
        endpoint(server, form=form).complete(ASKED)
    assert server.bodies[0].get("response_format") == sent


def test_an_endpoint_that_does_not_stream_is_read_too() -> None:
    whole = {
        "choices": [{"message": {"content": " 好 "}, "finish_reason": "length"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 2},
        "model": "another",
    }
    reply = Reply(json.dumps(whole), content_type="application/json")
    with ScriptedServer([reply]) as server:
        assert endpoint(server).complete(ASKED) == Completion(" 好 ", 5, 2, True, "another")


def test_what_fails_for_now_is_asked_again_after_the_time_that_it_states() -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    failures = [
        Reply("slow down", status=429, headers={"retry-after": until}),
        Reply("not yet", status=503, headers={"retry-after": "0"}),
        Reply("好"),
    ]
    started = time.monotonic()
    with ScriptedServer(failures) as server:
        assert endpoint(server).complete(ASKED).text == "好"
    assert len(server.bodies) == 3
    assert time.monotonic() - started > 0.9  # the date has whole seconds


def test_a_refusal_is_told_with_its_repair() -> None:
    for status, words, told in (
        (400, "response_format is not supported", 'form = "json_object"'),
        (404, "no such model", "HTTP 404: no such model"),
    ):
        refusal = Reply(words, status=status)
        with ScriptedServer([refusal]) as server, pytest.raises(GuandianError, match=told):
            endpoint(server).complete(ASKED)
        assert len(server.bodies) == 1


def test_a_web_page_is_no_answer() -> None:
    page = Reply("<html><body>Log in</body></html>", content_type="text/html")
    with ScriptedServer([page]) as server, pytest.raises(GuandianError, match="no chat completion"):
        endpoint(server).complete(ASKED)


def test_a_redirection_is_not_followed_with_the_key() -> None:
    with ScriptedServer([Reply("好")]) as other:
        away = Reply("", status=307, headers={"location": f"{other.url}/chat/completions"})
        with ScriptedServer([away]) as server, pytest.raises(GuandianError, match="HTTP 307"):
            endpoint(server, key_variable="THE_KEY").complete(ASKED)
        assert other.keys == []


def test_an_answer_that_breaks_off_or_is_late_is_asked_for_again_and_then_told() -> None:
    with ScriptedServer([Reply("屏幕很清晰，电池", broken=True), Reply("好")]) as server:
        assert endpoint(server).complete(ASKED).text == "好"
    with ScriptedServer([Reply("好", delay=0.6)]) as server:
        with pytest.raises(GuandianError, match="does not answer"):
            endpoint(server, timeout=0.2, retries=1).complete(ASKED)
        assert len(server.bodies) == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"choices": [{"message": {"content": "好"}}], "usage": [1]}, "好"),
        ({"choices": [{"message": {"content": None}}]}, ""),
        ({"choices": []}, None),
        ({"choices": ["好"]}, None),
        ([], None),
        ("[" * 100_000, None),
    ],
    ids=["usage", "nothing", "no choice", "a text", "a list", "deep"],
)
def test_an_answer_in_another_form_is_read_or_told(body: Any, said: str | None) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    with ScriptedServer([Reply(text, content_type="application/json")]) as server:
        if said is None:
            with pytest.raises(GuandianError, match="no chat completion"):
                endpoint(server).complete(ASKED)
        else:
            assert endpoint(server).complete(ASKED).text == said
    events = Reply(f"data: {text}\n\ndata: [DONE]\n\n", content_type="text/event-stream")
    with ScriptedServer([events]) as server, pytest.raises(GuandianError):
        endpoint(server, retries=0).complete(ASKED)


def test_half_an_emoji_in_each_event_is_one() -> None:
    halves = [
        {"choices": [{"delta": {"content": half}, "finish_reason": "stop"}]}
        for half in ("好\ud83d", "\ude00")
    ]
    text = "".join(f"data: {json.dumps(half)}\n\n" for half in halves)
    with ScriptedServer([Reply(text, content_type="text/event-stream")]) as server:
        assert endpoint(server).complete(ASKED).text == "好😀"


def test_a_refusal_that_repeats_the_key_is_shown_without_it() -> None:
    refusal = Reply("wrong key: secret-1", status=401)
    with ScriptedServer([refusal]) as server, pytest.raises(GuandianError) as told:
        endpoint(server, key_variable="THE_KEY").complete(ASKED)
    assert "secret-1" not in str(told.value)


def test_a_key_of_two_lines_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_KEY", "secret-1\nabc")
    with pytest.raises(GuandianError, match="holds no key") as told:
        ChatEndpoint("http://127.0.0.1:1/v1", "m", "THE_KEY")
    assert "secret" not in str(told.value)


def test_endless_white_space_is_cut() -> None:
    with ScriptedServer([Reply('{"opinions": []' + " \n" * 50_000)]) as server:
        answer = endpoint(server).complete(ASKED)
    assert answer.cut
    assert len(answer.text) < 1000


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a/v1",
        "127.0.0.1:80",
        "http://",
        "http://a:99999/v1",
        "http://me:pass@a/v1",
        "http://a..b/v1",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(GuandianError, match="is no endpoint"):
        ChatEndpoint(url, "m")


def test_a_key_that_is_not_there_is_told_before_anything_is_sent() -> None:
    with pytest.raises(GuandianError, match="NO_SUCH_KEY holds no key"):
        ChatEndpoint("http://127.0.0.1:1/v1", "m", "NO_SUCH_KEY")


def test_a_budget_refuses_what_could_pass_it(tmp_path: Any) -> None:
    with ScriptedServer([Reply("一二三四五六七八九十")]) as server:
        budget = Budget(tokens=150)
        chat = AnswerCache(endpoint(server, budget=budget), tmp_path / "kept")
        chat.complete(ASKED)
        assert (budget.prompt_tokens, budget.answer_tokens, budget.requests) == (7, 10, 1)
        chat.complete(ASKED)  # recalled: nothing is asked or paid
        assert (chat.recalled, budget.requests, len(server.bodies)) == (1, 1, 1)
        for seed in (1, 2):
            chat.complete(ChatRequest(ASKED.messages, max_tokens=50, seed=seed))
        with pytest.raises(BudgetSpent, match="150 tokens"):
            chat.complete(ChatRequest(ASKED.messages, max_tokens=100, seed=3))
        money = Budget(money=1.0, prompt_price=0, answer_price=10_000)
        with pytest.raises(BudgetSpent, match="budget of 1 "):
            WithinBudget(endpoint(server), money).complete(
                ChatRequest(ASKED.messages, max_tokens=101)
            )


@pytest.mark.parametrize(
    ("failure", "lost"),
    [
        (Reply("一二三四五六七八九十", broken=True), 1),
        (Reply("bad gateway", status=502), 1),
        (Reply("too many", status=429), 0),
        (Reply("overloaded", status=503), 0),
    ],
)
def test_a_failed_attempt_costs_what_it_may_have_cost(
    tmp_path: Any, failure: Reply, lost: int
) -> None:
    most = ASKED.estimated_tokens + 50
    with ScriptedServer([failure, Reply("好")]) as server:
        budget = Budget(tokens=10 * most)
        chat = AnswerCache(endpoint(server, budget=budget), tmp_path)
        assert chat.complete(ASKED).lost_tokens == lost * most
        assert chat.complete(ASKED).lost_tokens == 0  # recalled
    assert (budget.lost_requests, budget.lost_tokens) == (lost, lost * most)
    assert budget.prompt_tokens + budget.answer_tokens == 8 + lost * most


def test_retries_end_where_the_budget_does_and_the_loss_is_told() -> None:
    most = ASKED.estimated_tokens + 50
    with ScriptedServer([Reply("一二三", broken=True)]) as server:
        budget = Budget(tokens=2 * most)
        with pytest.raises(BudgetSpent, match=f"failed were counted with {2 * most} tokens"):
            endpoint(server, budget=budget, retries=5).complete(ASKED)
        assert len(server.bodies) == 2
        with pytest.raises(GuandianError, match=f"failed were counted with {2 * most} tokens"):
            endpoint(server, retries=1).complete(ASKED)


def test_an_address_where_nobody_listens_costs_nothing() -> None:
    budget = Budget(tokens=100)
    with pytest.raises(GuandianError, match="does not answer"):
        ChatEndpoint("http://127.0.0.1:9/v1", "m", retries=2, pause=0.01, budget=budget).complete(
            ASKED
        )
    assert (budget.prompt_tokens, budget.lost_requests) == (0, 0)


def test_who_cuts_an_endless_answer_counts_it_to_its_bound() -> None:
    budget, asked = Budget(), ChatRequest(ASKED.messages, max_tokens=500)
    with ScriptedServer([Reply("好" + " " * 400)]) as server:
        answer = endpoint(server, budget=budget).complete(asked)
    assert (answer.cut, answer.answer_tokens, budget.answer_tokens) == (True, 500, 500)


def test_a_damaged_answer_is_asked_for_anew(tmp_path: Any) -> None:
    with ScriptedServer([Reply("好")]) as server:
        chat = AnswerCache(endpoint(server), tmp_path)
        chat.complete(ASKED)
        (kept,) = tmp_path.rglob("*.json")
        kept.write_text('{"text": "half')
        assert chat.complete(ASKED).text == "好"
        assert len(server.bodies) == 2
