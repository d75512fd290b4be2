"""Mining at once: the library's answers, deadlines, and calls that nobody waits for any more."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.service.callers import JSON, REVIEW, Caller, new_caller, problem

from guandian.assets import assets
from guandian.domain import Review
from guandian.files import read_reviews, to_wire
from guandian.mining.miner import Miner
from guandian.pipelines import open_miner
from guandian.service.answering.admission import Admission, tokens_of
from guandian.service.answering.batcher import Abandoned, Batcher, TooLate
from guandian.service.parts import Service
from guandian.service.problems import Problem


@pytest.fixture(scope="module")
def reviews() -> list[Review]:
    return list(read_reviews(assets() / "examples" / "reviews.csv"))[:40]


@pytest.fixture(scope="module")
def miner(service: Service) -> Miner:
    return service.model.current.miner


def sent(reviews: list[Review]) -> dict[str, Any]:
    return {"reviews": [{"id": review.id, "text": review.text} for review in reviews]}


def test_answers_are_those_of_the_library(
    admin: Caller, miner: Miner, reviews: list[Review]
) -> None:
    bare = [Review(review.id, review.text) for review in reviews]
    expected = [
        to_wire(review, mined) for review, mined in zip(bare, miner.mine(bare), strict=True)
    ]
    answer = admin.post("/v1/mine", sent(reviews))
    assert answer["model"] == miner.model
    assert answer["reviews"] == expected


def test_many_small_calls_get_what_one_large_call_gets(
    admin: Caller, reviews: list[Review]
) -> None:
    whole = admin.post("/v1/mine", sent(reviews[:16]))["reviews"]

    async def crowd() -> list[Any]:
        calls = (admin.ask("POST", "/v1/mine", json=sent([review])) for review in reviews[:16])
        return [answer.json()["reviews"][0] for answer in await asyncio.gather(*calls)]

    assert asyncio.run(crowd()) == whole


def test_nothing_is_answered_with_nothing(admin: Caller, miner: Miner) -> None:
    assert admin.post("/v1/mine", {"reviews": []}) == {"model": miner.model, "reviews": []}


def test_tasks_and_categories_are_chosen_by_request(admin: Caller) -> None:
    whole = admin.post("/v1/mine", {"reviews": [REVIEW]})["reviews"][0]
    assert {"opinions", "sentiment", "entities"} <= whole.keys()
    body = {"reviews": [REVIEW], "tasks": ["sentiment"]}
    (mined,) = admin.post("/v1/mine", body)["reviews"]
    assert mined["sentiment"] == whole["sentiment"]
    assert not {"opinions", "entities"} & mined.keys()
    body = {"reviews": [REVIEW], "categories": ["price"]}
    assert admin.post("/v1/mine", body)["reviews"][0]["opinions"] == []


def test_personal_data_is_masked_before_it_is_answered(admin: Caller) -> None:
    review = {"id": "1", "text": "屏幕很清晰，有问题打13800138000"}
    (plain,) = admin.post("/v1/mine", {"reviews": [review]})["reviews"]
    assert plain["text"] == review["text"]
    for masking, token in (("mask", "[手机号]"), ("last4", "[手机号8000]")):
        body = {"reviews": [review], "masking": masking}
        (mined,) = admin.post("/v1/mine", body)["reviews"]
        assert token in mined["text"] and "13800138000" not in str(mined)
        span = mined["opinions"][0]["aspect"]
        assert mined["text"][span["start"] : span["end"]] == span["text"] == "屏幕"
    body = {"reviews": [review], "masking": "pseudonym"}
    answers = [admin.post("/v1/mine", body)["reviews"][0]["text"] for _ in range(2)]
    assert answers[0] == answers[1] and "[手机号 " in answers[0]


def test_too_much_at_once_is_refused(admin: Caller, service: Service) -> None:
    many = [{"id": str(k), "text": "好"} for k in range(service.limits.call_reviews + 1)]
    problem(admin("POST", "/v1/mine", json={"reviews": many}), 413, "too-much")
    long = {"reviews": [{"id": "1", "text": "好" * 20_000}]}
    problem(admin("POST", "/v1/mine", json=long), 413, "too-much")
    assert admin("POST", "/v1/mine", json={"reviews": many[:4]}).status_code == 200


def test_a_deadline_is_kept(admin: Caller, reviews: list[Review]) -> None:
    short = {"guandian-deadline": "0.001"}
    answer = admin("POST", "/v1/mine", json=sent(reviews), headers=short)
    problem(answer, 503, "late")
    assert answer.headers["retry-after"] == "1"
    for wrong in ("soon", "-1", "nan", "inf", "0"):
        headers = {"guandian-deadline": wrong}
        problem(admin("POST", "/v1/mine", json=sent([]), headers=headers), 400, "deadline")
    long = {"guandian-deadline": "30"}
    assert admin("POST", "/v1/mine", json=sent(reviews[:1]), headers=long).status_code == 200


def test_a_client_that_left_is_noted_as_such(service: Service) -> None:
    caller = new_caller(service, "admin")
    body = json.dumps(sent([Review(str(k), "屏幕很清晰，但是电池不耐用" * 40) for k in range(20)]))
    messages = iter([{"type": "http.request", "body": body.encode(), "more_body": False}])
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": "/v1/mine",
        "scheme": "http", "raw_path": b"/v1/mine", "query_string": b"",
        "root_path": "", "server": ("guandian", 80),
        "headers": [
            (b"authorization", f"Bearer {caller.key}".encode()), (b"content-type", JSON.encode()),
        ],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        pass

    asyncio.run(caller.app(scope, receive, send))
    lines = caller("GET", "/metrics").text.splitlines()
    assert [line for line in lines if 'route="/v1/mine"' in line and 'status_code="499"' in line], (
        "it left"
    )


def test_a_full_house_refuses_at_once(service: Service) -> None:
    caller = new_caller(service, "mine")
    most, before = service.admission.most_reviews, refusals(service, "busy")
    with service.admission.room([Review(str(k), "好") for k in range(most)]):
        answer = caller("POST", "/v1/mine", json=sent([]))
        problem(answer, 429, "busy")
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.headers["ratelimit"].startswith('"queue";r=0;t=')
    with service.admission.room([Review(str(k), "好") for k in range(most * 4 // 5 - 1)]):
        problem(caller("POST", "/v1/mine", json={"reviews": [REVIEW] * 2}), 429, "busy")
    assert refusals(service, "busy") == before + 2
    assert caller("POST", "/v1/mine", json=sent([])).status_code == 200


def test_single_and_batched_calls_meet_the_same_bound() -> None:
    for size in (1, 4, 16):
        admission, held = Admission(32, 10_000), 0
        call = [Review("1", "好")] * size
        with ExitStack() as rooms:
            for _ in range(32 // size):
                rooms.enter_context(admission.room(call))
                held += size
            with pytest.raises(Problem) as refused:
                rooms.enter_context(admission.room(call))
        assert refused.value.status == 429
        assert held == 32


def test_fewer_come_in_while_calls_are_refused() -> None:
    admission, call = Admission(10, 10_000), [Review("1", "好")]
    with admission.room(call * 10), pytest.raises(Problem, match="waiting"), admission.room(call):
        pass
    assert admission.bound == 8
    with admission.room(call * 8):
        assert admission.full
        with pytest.raises(Problem, match="waiting"), admission.room(call):
            pass
    with admission.room(call * 7):
        assert not admission.full
    time.sleep(1.05)
    with admission.room(call * 9):
        assert not admission.full


def test_a_call_of_more_than_the_bound_comes_in_alone() -> None:
    admission, long = Admission(4, 1000), [Review("1", "好")] * 6
    with admission.room(long):
        for call in (long, long[:1]):
            with pytest.raises(Problem, match="waiting"), admission.room(call):
                pass
    with admission.room(long[:1]), pytest.raises(Problem, match="waiting"), admission.room(long):
        pass
    assert admission.reviews == 0


def test_tokens_are_bounded_too() -> None:
    admission = Admission(1000, 1000)
    long = Review("1", "好" * 600)
    with admission.room([long]), pytest.raises(Problem, match="tokens"), admission.room([long]):
        pass
    with admission.room([long]):
        pass
    assert admission.tokens == admission.reviews == 0
    assert tokens_of("好" * 100) > 3 * tokens_of("a" * 100)
    assert 1 < tokens_of("😀") < 10


class Slow:
    """Stands before a model's network: counts passes, and lets a test hold them up."""

    def __init__(self, miner: Miner, seconds: float = 0.0) -> None:
        self.passes, self._seconds = 0, seconds
        self._forward = miner.reader.forward

    def __call__(self, ids: Any) -> Any:
        self.passes += 1
        time.sleep(self._seconds)
        return self._forward(ids)


def slowed(miner: Miner, seconds: float) -> tuple[Miner, Slow]:
    slow = Slow(miner, seconds)
    reader = replace(miner.reader, forward=slow)
    return Miner(reader, miner.labels, miner.model, miner.key, miner.filler), slow


@pytest.fixture
def batcher() -> Iterator[Batcher]:
    batcher = Batcher(1, 2048, lambda *_: None)
    yield batcher
    batcher.close()


def test_work_that_nobody_waits_for_stops(
    miner: Miner, batcher: Batcher, reviews: list[Review]
) -> None:
    """What waits is dropped, what runs ends at its next pass; a call that is waited for is not."""
    slow, passes = slowed(miner, 0.02)
    kept = batcher.submit(slow, reviews)
    assert len(kept.result(60)) == len(reviews)
    whole, passes.passes = passes.passes, 0
    running, waiting = batcher.submit(slow, reviews), batcher.submit(slow, reviews)
    while not passes.passes:
        time.sleep(0.001)
    running.cancel()
    waiting.cancel()
    assert batcher.submit(slow, reviews[:1]).result(60)
    assert passes.passes < whole / 2
    with pytest.raises(CancelledError):
        running.result()


def test_a_deadline_reaches_what_waits_and_what_runs(
    miner: Miner, batcher: Batcher, reviews: list[Review]
) -> None:
    slow, passes = slowed(miner, 0.02)
    running = batcher.submit(slow, reviews, 0.05)
    waiting = batcher.submit(slow, reviews, 0.05)
    for future in (running, waiting):
        with pytest.raises(TooLate):
            future.result(60)
    assert passes.passes < len(reviews)


def test_a_short_call_is_not_held_up_by_a_long_one(
    miner: Miner, batcher: Batcher, reviews: list[Review]
) -> None:
    slow, _ = slowed(miner, 0.005)
    job = batcher.submit(slow, reviews * 3, job=True)
    long, short = batcher.submit(slow, reviews * 2), batcher.submit(slow, reviews[:1])
    short.result(60)
    assert not long.done() and not job.done()
    long.result(60)
    assert not job.done(), "calls of people go before those of jobs"
    assert len(job.result(60)) == 3 * len(reviews)


def test_a_short_call_goes_before_the_rest_of_a_long_one_that_is_being_read(
    miner: Miner, batcher: Batcher, reviews: list[Review]
) -> None:
    passes: list[int] = []
    answered_after: list[int] = []

    def forward(ids: Any) -> Any:
        passes.append(len(ids))
        if len(passes) == 1:  # it comes while the first batch of the long one is read
            short = batcher.submit(hooked, [Review("short", "物流特别快，下次还来")])
            short.add_done_callback(lambda _: answered_after.append(sum(passes)))
        return miner.reader.forward(ids)

    reader = replace(miner.reader, forward=forward)
    hooked = Miner(reader, miner.labels, miner.model, miner.key, miner.filler)
    assert len(batcher.submit(hooked, reviews * 2).result(60)) == 2 * len(reviews)
    assert answered_after[0] < len(reviews), passes


def test_reviews_of_one_length_are_read_together_whoever_sent_them(
    miner: Miner, batcher: Batcher
) -> None:
    slow, passes = slowed(miner, 0.1)
    first = batcher.submit(slow, [Review("0", "好")])
    while not passes.passes:
        time.sleep(0.001)
    texts = ("屏幕很清晰", "电池不耐用", "物流特别快", "客服太敷衍")
    calls = [batcher.submit(slow, [Review("1", text)]) for text in texts]
    other = batcher.submit(slow, [Review("2", "屏幕很清晰，但是电池不耐用")])
    assert [call.result(60) for call in calls] == [
        miner.mine([Review("1", text)]) for text in texts
    ]
    assert first.result(60) and other.result(60)
    assert passes.passes == 3, "one a length"


def test_a_model_of_the_same_tokenizer_shares_it(miner: Miner) -> None:
    assert open_miner(threads=1).reader.pieces is miner.reader.pieces


def test_a_plain_call_and_one_with_a_key_of_its_own_are_answered_alike(
    admin: Caller, reviews: list[Review]
) -> None:
    """The first goes past FastAPI's search for dependencies."""
    keyed = {"idempotency-key": "alike"}
    answer = admin("POST", "/v1/mine", json=sent(reviews[:3]), headers=keyed)
    assert answer.status_code == 200
    assert answer.json() == admin.post("/v1/mine", sent(reviews[:3]))


def test_a_call_that_comes_in_pieces_is_whole(admin: Caller, reviews: list[Review]) -> None:
    """Whether it is plain, or goes FastAPI's way since something may be wrong with it."""

    async def pieces(content: str) -> AsyncIterator[bytes]:
        for piece in range(0, len(content.encode()), 100):
            yield content.encode()[piece : piece + 100]

    body = json.dumps(sent(reviews[:3]), ensure_ascii=False)
    headers = {"content-type": JSON}
    answer = admin("POST", "/v1/mine", content=pieces(body), headers=headers)
    assert answer.status_code == 200
    assert answer.json() == admin.post("/v1/mine", sent(reviews[:3]))
    assert answer.json() == admin.post("/v1/mine?more=1", sent(reviews[:3]))
    wrong = admin("POST", "/v1/mine", content=pieces(body[:-1] + ', "x": 1}'), headers=headers)
    assert problem(wrong, 422, "invalid")["errors"][0]["path"] == "/x"


def test_one_bad_call_does_not_fail_its_neighbours(miner: Miner, batcher: Batcher) -> None:
    good = Review("1", "屏幕很清晰")
    bad = Review("2", "屏幕很清晰", parts={"text": None})  # type: ignore[dict-item]
    slow, _ = slowed(miner, 0.05)
    first = batcher.submit(slow, [good] * 3)
    futures = [batcher.submit(slow, [review]) for review in (good, bad, good)]
    assert len(first.result(60)) == 3
    assert futures[0].result(60) and futures[2].result(60)
    with pytest.raises((AttributeError, TypeError)):
        futures[1].result(60)


def test_a_closed_batcher_takes_nothing(miner: Miner) -> None:
    batcher = Batcher(1, 2048, lambda *_: None)
    batcher.close()
    with pytest.raises(Abandoned):
        batcher.submit(miner, [Review("1", "好")]).result(1)


def requests_of(service: Service, route: str, status: int) -> float:
    """How many answers of a status are counted for a route."""
    labels = {
        "http_request_method": "POST",
        "http_route": route,
        "http_response_status_code": str(status),
    }
    name = "http_server_request_duration_seconds_count"
    return service.metrics.registry.get_sample_value(name, labels) or 0.0


def refusals(service: Service, why: str) -> float:
    """How many calls are counted as refused for a reason."""
    value = service.metrics.registry.get_sample_value("guandian_refused_total", {"reason": why})
    return value or 0.0


def test_a_client_that_leaves_frees_its_room(service: Service, reviews: list[Review]) -> None:
    """The application is asked as a server does it, and told that the client has gone."""
    caller = new_caller(service, "mine")
    import json

    body = json.dumps(sent(reviews)).encode()
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]
    sent_messages: list[Any] = []

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop(0)
        await asyncio.sleep(0.02)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent_messages.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/v1/mine", "raw_path": b"/v1/mine",
        "query_string": b"", "root_path": "", "scheme": "http", "http_version": "1.1",
        "asgi": {"version": "3.0"}, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
        "headers": [
            (b"authorization", f"Bearer {caller.key}".encode()),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ],
    }  # fmt: skip
    started, before = time.monotonic(), requests_of(service, "/v1/mine", 499)
    asyncio.run(caller.app(scope, receive, send))  # type: ignore[arg-type]
    assert time.monotonic() - started < 2
    assert service.admission.reviews == service.admission.tokens == 0
    assert requests_of(service, "/v1/mine", 499) == before + 1
    assert not [message for message in sent_messages if message.get("status") == 499]


def test_a_key_has_its_own_rate(service: Service, tmp_path: Path) -> None:
    from guandian.service.app import create_app
    from guandian.store.records import KeyTerms, Scope

    _, key = service.records.keys.create("main", KeyTerms("few", (Scope.MINE,), rate=3), "test")
    caller = Caller(create_app(service), key)
    before = refusals(service, "rate")
    answers = [caller("GET", "/v1/me") for _ in range(4)]
    assert refusals(service, "rate") == before + 1
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit-policy"] for answer in answers] == ['"key";q=3;w=60'] * 4
    assert answers[0].headers["ratelimit"].startswith('"key";r=2;')
    problem(answers[3], 429, "rate")
    assert 1 <= int(answers[3].headers["retry-after"]) <= 20
    assert new_caller(service, "mine")("GET", "/v1/me").status_code == 200


def test_a_key_has_its_own_quota(service: Service) -> None:
    from guandian.service.app import create_app
    from guandian.store.records import KeyTerms, Scope

    terms = KeyTerms("few a day", (Scope.MINE,), quota=3)
    _, key = service.records.keys.create("quota", terms, "test")
    caller, body = Caller(create_app(service), key), {"reviews": [REVIEW, REVIEW]}
    assert caller("POST", "/v1/mine", json=body).status_code == 200
    before = {why: refusals(service, why) for why in ("quota", "late")}
    answer = caller("POST", "/v1/mine", json=body)
    problem(answer, 429, "quota")
    assert int(answer.headers["retry-after"]) > 0
    failed = caller(
        "POST", "/v1/mine", json={"reviews": [REVIEW]}, headers={"guandian-deadline": "1e-9"}
    )
    problem(failed, 503, "late")
    assert {why: refusals(service, why) for why in before} == {k: v + 1 for k, v in before.items()}
    assert caller("POST", "/v1/mine", json={"reviews": [REVIEW]}).status_code == 200
    job = caller.job("text\n屏幕很清晰\n".encode(), "x.csv")
    assert job["state"] == "failed" and "3" in job["error"]


def test_texts_become_vectors(admin: Caller) -> None:
    """Like words lie near each other; a text's vector does not depend on its neighbours."""
    texts = ["物流", "快递", "电池", "屏幕很清晰，但是电池不耐用" * 40, ""]
    answer = admin.post("/v1/embeddings", {"texts": texts})
    vectors = answer["vectors"]
    assert answer["model"].startswith("guandian-small@") and len(vectors) == len(texts)
    for vector in vectors:
        assert sum(x * x for x in vector) == pytest.approx(1, abs=1e-4)

    def cosine(first: int, second: int) -> float:
        return sum(a * b for a, b in zip(vectors[first], vectors[second], strict=True))

    assert cosine(0, 1) > cosine(0, 2)
    (alone,) = admin.post("/v1/embeddings", {"texts": [texts[3]]})["vectors"]
    assert alone == pytest.approx(vectors[3], abs=1e-4)
    assert admin.post("/v1/embeddings", {"texts": []})["vectors"] == []
    problem(admin("POST", "/v1/embeddings", json={"texts": [1]}), 422, "invalid")
