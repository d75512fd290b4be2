"""Both faces of the client against the real application."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import httpx2
import pytest
from tests.client.bridge import Bridge
from tests.service.callers import Caller, new_caller
from tests.store.mined_pairs import generated

import guandian.client
from guandian.client import AsyncClient, Client, ServiceError
from guandian.domain import Polarity, Review
from guandian.errors import GuandianError
from guandian.service.parts import Service
from guandian.service.settings import Limits

REVIEW = Review("1", "屏幕很清晰，但是电池不耐用，打13800138000", product="X200")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    opened = Service.open(tmp_path_factory.mktemp("client") / "data", Limits(threads=1))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def caller(service: Service) -> Caller:
    return new_caller(service, "admin")


@pytest.fixture
def client(caller: Caller) -> Iterator[Client]:
    with Client("http://guandian", caller.key, transport=Bridge(caller)) as client:
        yield client


@cache
def document(caller: Caller) -> Any:
    return caller.get("/v1/openapi.json")


def test_reviews_are_mined(client: Client) -> None:
    ((review, mined),) = client.mine([REVIEW])
    assert (review.text, review.product, mined.review_id) == (REVIEW.text, "X200", "1")
    assert {opinion.polarity for opinion in mined.opinions} >= {
        Polarity.POSITIVE, Polarity.NEGATIVE,
    }  # fmt: skip
    weak = Review("2", "还行吧，味道一般，分量有点少")
    ((_, every),), ((_, sure),) = client.mine([weak]), client.mine([weak], precision=0.9)
    assert set(sure.opinions) < set(every.opinions)
    with pytest.raises(ServiceError, match="held back"):
        client.mine([REVIEW], precision=0.99)
    ((masked, _),) = client.mine([REVIEW], masking="mask")
    assert "[手机号]" in masked.text


def test_a_file_is_mined_and_asked_about(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "评论.csv"
    path.write_text("text,product\n屏幕很清晰,甲\n电池不耐用,乙\n", encoding="utf-8")
    upload = client.upload(path)
    assert upload["guess"]["text"] == ["text"]
    job = client.start_job(upload["upload"], masking="mask")
    assert client.wait_for(job["id"])["state"] == "done"
    assert client.summary(product=["甲", "乙"])["overview"]["reviews"] == 2
    assert client.summary(product="甲")["overview"]["reviews"] == 1
    page = client.opinions(polarity="negative", limit=5)
    assert page["total"] == 1 and page["items"][0]["review"]["product"] == "乙"
    assert client.trends("day")["periods"] == []


def test_what_a_job_stored_is_asked_about_searched_and_deleted(
    client: Client, tmp_path: Path
) -> None:
    path = tmp_path / "day.csv"
    rows = [f"a/{k} ?#%,屏幕很清晰，第{k}天,丙,2026-03-0{k}" for k in range(1, 4)]
    path.write_text("\n".join(["id,text,product,time", *rows, '"x']), encoding="utf-8")
    job = client.start_job(client.upload(path)["upload"])
    assert client.wait_for(job["id"])["rejected"] == 1
    results = client.results(job["id"], limit=2, offset=1)
    assert (results["total"], [row["id"] for row in results["items"]]) == (
        3,
        ["a/2 ?#%", "a/3 ?#%"],
    )
    assert "broken quote" in client.rejects(job["id"])
    assert [period["reviews"] for period in client.trends("day", product="丙")["periods"]] == [
        1
    ] * 3
    (row,) = client.breakdown("product", product="丙")
    assert (row["key"], row["reviews"]) == ("丙", 3)
    found = client.search("第2天", limit=5)
    assert [hit["review"]["id"] for hit in found["items"]] == ["a/2 ?#%"]
    change = client.changes("day", "1d", product="丙")
    assert change["after"] and change["after"]["since"] == "2026-03-03"
    assert client.review("a/2 ?#%")["opinions"][0]["tag"] == "屏幕很清晰"
    client.delete_review("a/2 ?#%")
    with pytest.raises(ServiceError, match="there is no review"):
        client.review("a/2 ?#%")
    assert client.cancel(job["id"])["state"] == "done"
    with pytest.raises(ServiceError) as gone:
        client.job(job["id"])
    assert gone.value.status == 404


def test_refusals_are_errors(caller: Caller, client: Client) -> None:
    with pytest.raises(ServiceError, match="no upload") as refused:
        client.start_job("u_" + "0" * 24)
    assert (refused.value.status, refused.value.kind) == (404, "not-found")
    with pytest.raises(ServiceError) as wrong:
        client.get("/v1/opinions", limit=0)
    assert wrong.value.places[0]["path"] == "?limit"
    with (
        Client("http://guandian", "gd_live_x", transport=Bridge(caller)) as stranger,
        pytest.raises(ServiceError, match="key"),
    ):
        stranger.summary()


def test_a_crowded_service_is_asked_again(service: Service, caller: Caller, client: Client) -> None:
    most = service.admission.most_reviews
    with service.admission.room([Review(str(k), "好") for k in range(most)]):
        impatient = Client("http://guandian", caller.key, tries=1, transport=Bridge(caller))
        with pytest.raises(ServiceError) as refused:
            impatient.mine([REVIEW])
        assert refused.value.kind == "busy"
        timer = threading.Timer(0.5, lambda: setattr(service.admission, "reviews", 0))
        timer.start()
        assert client.mine([REVIEW])
        timer.join()
        service.admission.reviews = most


def test_the_async_face_does_the_same(caller: Caller, client: Client) -> None:
    async def ask() -> tuple[object, object]:
        transport = httpx2.ASGITransport(caller.app)
        async with AsyncClient("http://guandian", caller.key, transport=transport) as other:
            mined = await asyncio.gather(*(other.mine([REVIEW]) for _ in range(3)))
            assert mined[0] == mined[1] == mined[2]
            with pytest.raises(ServiceError):
                await other.job("j_x")
            return mined[0], await other.summary()

    assert asyncio.run(ask()) == (client.mine([REVIEW]), client.summary())


def test_who_has_to_wait_till_tomorrow_is_told_at_once() -> None:
    asked = list[str]()

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.path)
        problem = {"type": "urn:guandian:problem:quota", "detail": "no reviews are left"}
        return httpx2.Response(429, json=problem, headers={"retry-after": "40000"})

    with (
        Client("http://guandian", "gd_live_x", transport=httpx2.MockTransport(answer)) as client,
        pytest.raises(ServiceError, match="no reviews are left"),
    ):
        client.mine([REVIEW])
    assert asked == ["/v1/mine"]


@pytest.mark.parametrize(
    ("schema", "shape"),
    [
        ("IntervalOut", "IntervalShape"),
        ("OpinionOut", "OpinionShape"),
        ("ReviewOut", "ReviewShape"),
        ("StoredReviewOut", "StoredReviewShape"),
        ("HitOut", "SearchHitShape"),
        ("RowOut", "NumbersRow"),
        ("OverviewOut", "OverviewShape"),
        ("SummaryAnswer", "SummaryShape"),
        ("PeriodOut", "PeriodShape"),
        ("ChangesAnswer", "ChangesShape"),
        ("CauseOut", "CauseShape"),
        ("UploadAnswer", "UploadShape"),
        ("JobOut", "JobStatus"),
    ],
)
def test_shapes_are_those_of_the_document(caller: Caller, schema: str, shape: str) -> None:
    declared = document(caller)["components"]["schemas"][schema]["properties"]
    assert set(get_type_hints(getattr(guandian.client, shape))) == set(declared)


def test_both_faces_have_the_same_methods() -> None:
    names = [
        {name for name in vars(face) if not name.startswith("_")} for face in (Client, AsyncClient)
    ]
    assert names[0] == names[1]


def test_answers_of_an_incomplete_store_are_known(service: Service, caller: Caller) -> None:
    own = new_caller(service, "read", tenant="incomplete")
    service.store.load(generated(10), "incomplete")
    (part,) = (service.folder / "opinions" / "incomplete").glob("texts-*")

    async def ask() -> tuple[int, int]:
        transport = httpx2.ASGITransport(own.app)
        async with AsyncClient("http://guandian", own.key, transport=transport) as client:
            await client.summary()
            before = client.incomplete
            content = part.read_bytes()
            part.unlink()
            await client.opinions()
            missing = client.incomplete
            part.write_bytes(content)
            return before, missing

    assert asyncio.run(ask()) == (0, 1)
    with Client("http://guandian", own.key, transport=Bridge(own)) as client:
        part.unlink()
        client.get("/v1/trends")
        assert client.incomplete == 1
        client.get("/v1/me")
        assert client.incomplete == 0, "it says so of the last answer"


def test_a_wrong_key_and_a_service_that_is_not_there_are_told() -> None:
    with pytest.raises(GuandianError, match="signs that no key has"):
        Client("http://guandian", "gd_live_密钥")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with Client(f"http://127.0.0.1:{port}", "gd_live_x") as client:
        with pytest.raises(ServiceError, match=r"(?s)does not answer.*guandian serve") as caught:
            client.summary()
        assert (caught.value.status, caught.value.kind) == (0, "unreachable")


def test_messages_go_through_the_inbox(client: Client, caller: Caller) -> None:
    assert client.understand("急用！打13800138000")["masked"] == "急用！打[手机号]"
    assert client.reply("电池不耐用", 1)["needs_person"]
    with pytest.raises(ServiceError) as refused:
        client.answer("多久发货？", [("customer", "你好")])
    assert refused.value.kind == "no-knowledge"
    (item,) = client.receive([{"kind": "review", "text": "屏幕很清晰", "rating": 5, "scale": 5}])
    unchecked = {"violations": None, "guards": None}
    listed = item | {"drafts": [draft | unchecked for draft in item["drafts"]]}
    assert client.inbox("new")["items"] == [listed]
    sent = client.change_item(item["id"], "send", channel="public")
    assert sent["text"] == item["drafts"][0]["text"] and sent["item"]["state"] == "sent"

    async def same() -> int:
        transport = httpx2.ASGITransport(caller.app)
        async with AsyncClient("http://guandian", caller.key, transport=transport) as face:
            return (await face.inbox("sent"))["total"]

    assert asyncio.run(same()) == 1
