"""`/v1/recommend`: lists with reasons, for callers of the first tenant alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.recommend.shops import shop
from tests.service.callers import Caller, new_caller, problem

from guandian.client import AsyncClient
from guandian.errors import GuandianError
from guandian.pipelines.recommending.building import build_recommender
from guandian.pipelines.recommending.fit_settings import FitSettings
from guandian.pipelines.recommending.shop_data import ShopData
from guandian.recommend.behaviour.catalogue import Catalogue
from guandian.recommend.opinions.review_quotes import ReviewQuote
from guandian.recommend.recommender_files import save_recommender
from guandian.service.parts import Service
from guandian.service.settings import Beside, Limits

SETTINGS = FitSettings(width=8, iterations=3, trees=10, least=10, folds=2, fewest=0)
CATALOGUE = Catalogue(
    {f"i{k}": f"{['red', 'blue', 'sweet', '手机'][k % 4]} thing number {k}" for k in range(60)},
    {f"i{k}": {"brand": "Acme" if k % 8 < 4 else "Other"} for k in range(60)},
)
QUOTES = tuple(
    ReviewQuote(f"i{k}", "screen", 1, f"r{k}", "secret-writer", 0, 6, "pops 😀", 0.9)
    for k in range(0, 60, 4)
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recommending") / "shop-model"
    save_recommender(build_recommender(ShopData(shop(), CATALOGUE, QUOTES), SETTINGS), folder)
    return folder


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service") / "data"
    opened = Service.open(folder, Limits(threads=1, body=100_000), beside=Beside(recommend=model))
    yield opened
    opened.close()


def test_a_user_an_item_and_words(service: Service) -> None:
    reader = new_caller(service, "read")
    state = reader.get("/v1/recommend")
    assert state["available"] and state["items"] == 60 and state["columns"] == ["brand"]
    assert "screen" in state["aspects"]
    answer = reader.post("/v1/recommend", {"user": "u0", "n": 5, "only": {"brand": ["Acme"]}})
    assert answer["by"] == "user" and answer["known"] and len(answer["items"]) == 5
    assert [row["rank"] for row in answer["items"]] == [1, 2, 3, 4, 5]
    assert all(int(row["item"][1:]) % 8 < 4 and row["title"] for row in answer["items"])
    like = reader.post("/v1/recommend", {"like": "i4", "without": ["i8"]})["items"]
    names = [row["item"] for row in like]
    assert names and "i8" not in names and "i4" not in names
    quotes = [
        quote for row in like for part in row["reason"]["praised"] for quote in part["quotes"]
    ]
    assert quotes and quotes[0]["text"] == "pops 😀"
    assert "secret-writer" not in str(answer) + str(like)
    about = reader.post("/v1/recommend", {"about": "手机", "n": 3})
    assert about["by"] == "about" and all("手机" in row["title"] for row in about["items"])
    stranger = reader.post("/v1/recommend", {"user": "nobody"})
    assert not stranger["known"] and stranger["items"]


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({}, 422, "invalid"),
        ({"user": "u0", "like": "i4"}, 422, "invalid"),
        ({"user": "u0", "n": 0}, 422, "invalid"),
        ({"user": "u0", "n": 101}, 422, "invalid"),
        ({"user": ""}, 422, "invalid"),
        ({"user": "a\x00b"}, 422, "invalid"),
        ({"user": "u0", "diversity": 2}, 422, "invalid"),
        ({"user": "u0", "password": 1}, 422, "invalid"),
        ({"like": "i4x"}, 422, "refused"),
        ({"user": "u0", "only": {"colour": ["red"]}}, 422, "refused"),
        ({"user": "u0", "less_of": ["no such thing"]}, 422, "refused"),
    ],
)
def test_what_is_wrong_is_told(service: Service, body: Any, status: int, kind: str) -> None:
    document = problem(
        new_caller(service, "read")("POST", "/v1/recommend", json=body), status, kind
    )
    assert document["detail_zh"]


def test_scope_and_tenant(service: Service) -> None:
    body, reader = {"user": "u0"}, new_caller(service, "read")
    problem(new_caller(service, "mine")("POST", "/v1/recommend", json=body), 403, "scope")
    problem(Caller(reader.app)("POST", "/v1/recommend", json=body), 401, "no-key")
    other = new_caller(service, "admin", tenant="other")
    assert not other.get("/v1/recommend")["available"]
    told = problem(other("POST", "/v1/recommend", json=body), 404, "not-found")
    assert "推荐" in told["detail_zh"]


def test_a_new_build_answers_and_a_broken_one_does_not(service: Service, model: Path) -> None:
    reader = new_caller(service, "read")
    fewer = build_recommender(
        ShopData(shop().without_users(["u0"]), CATALOGUE, ()), FitSettings(width=8, ranker=False)
    )
    save_recommender(fewer, model, overwrite=True)
    assert not reader.post("/v1/recommend", {"user": "u0"})["known"]
    (model / "recommender.json").write_text("{")
    assert reader.post("/v1/recommend", {"user": "u1"})["known"]


def test_a_folder_that_is_no_recommender_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(GuandianError, match="is no recommender"):
        Service.open(tmp_path / "data", beside=Beside(recommend=tmp_path))


def test_the_client_asks(service: Service) -> None:
    caller = new_caller(service, "read")

    async def ask() -> Any:
        transport = httpx2.ASGITransport(caller.app)
        async with AsyncClient("http://guandian", caller.key, transport=transport) as client:
            return await client.recommend(user="u1", n=2)

    answer = asyncio.run(ask())
    assert answer["known"] and len(answer["items"]) == 2
    assert set(answer["items"][0]["reason"]) == {"praised", "blamed", "because", "popular"}
