"""The tools for agents, through the official client: the same numbers, what a key may, no more."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client as McpClient
from mcp import StdioServerParameters
from tests.client.bridge import Bridge
from tests.service.callers import Caller, new_caller, started
from tests.store.mined_pairs import generated

from guandian.client import Client
from guandian.client.mcp_tools import mcp_server
from guandian.service.parts import Service
from guandian.service.settings import Limits

READING = ["ask", "breakdown", "changes", "quotes", "search", "summarise", "summary", "trend"]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    opened = Service.open(tmp_path_factory.mktemp("mcp") / "data", Limits(threads=1))
    opened.store.load(generated(200))
    yield opened
    opened.close()


@pytest.fixture
def caller(service: Service) -> Caller:
    return new_caller(service, "read")


def called(caller: Caller, *calls: tuple[str, dict[str, Any]], mining: bool = False) -> list[Any]:
    async def run() -> list[Any]:
        with Client("http://guandian", caller.key, transport=Bridge(caller)) as client:
            async with McpClient(mcp_server(client, mining=mining)) as agent:
                listed = await agent.list_tools()
                answers = [await agent.call_tool(name, given) for name, given in calls]
                return [listed.tools, *answers]

    return asyncio.run(run())


def test_a_reading_key_is_offered_questions_alone(caller: Caller) -> None:
    tools, answer = called(caller, ("mine", {"text": "屏幕很清晰"}))
    assert sorted(tool.name for tool in tools) == READING
    assert all(tool.description and tool.annotations.read_only_hint for tool in tools)
    assert answer.is_error


def test_answers_are_those_of_the_service(caller: Caller) -> None:
    product = caller.get("/v1/breakdown", params={"by": "product"})["rows"][0]["key"]
    chosen = {"chosen": {"product": [product]}}
    _, summary, trend, quotes, found, changed, points, answered = called(
        caller,
        ("summary", chosen),
        ("trend", {"unit": "month", **chosen}),
        ("quotes", {"limit": 3, **chosen}),
        ("search", {"words": "屏幕"}),
        ("changes", {"unit": "month"}),
        ("summarise", {"points": 2, **chosen}),
        ("ask", {"question": "大家在抱怨什么？"}),
    )
    params = {"product": product}
    assert summary.structured_content == caller.get("/v1/summary", params=params)
    months = caller.get("/v1/trends", params={"unit": "month", "by": "none", **params})
    assert trend.structured_content == months
    assert len(quotes.structured_content["items"]) == 3
    assert (
        found.structured_content["total"]
        == caller.get("/v1/search", params={"words": "屏幕"})["total"]
    )
    assert "causes" in changed.structured_content
    params = {"by": "aspect", "points": "2", "product": product}
    assert points.structured_content == caller.get("/v1/summarise", params=params)
    assert answered.structured_content["call"]["tool"] == "share"
    assert answered.structured_content["rows"]


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("summary", {"chosen": {"sql": "select 1"}}),
        ("summary", {"chosen": {"since": "yesterday"}}),
        ("trend", {"unit": "century"}),
        ("search", {"words": ""}),
        ("quotes", {"limit": 10_000}),
        ("delete", {}),
    ],
)
def test_what_is_no_question_is_refused(caller: Caller, tool: str, given: dict[str, Any]) -> None:
    _, answer = called(caller, (tool, given))
    assert answer.is_error


def test_a_key_without_the_scope_gets_the_words_of_the_service(service: Service) -> None:
    _, refused = called(new_caller(service, "read"), ("mine", {"text": "好"}), mining=True)
    assert refused.is_error
    assert "scope" in refused.content[0].text
    text = {"text": "屏幕很清晰，但是电池不耐用"}
    weak = {"text": "还行吧，味道一般，分量有点少", "precision": 0.9}
    _, mined, sure, refused = called(
        new_caller(service, "mine"),
        ("mine", text),
        ("mine", weak),
        ("mine", text | {"precision": 0.99}),
        mining=True,
    )
    assert "held back" in sure.structured_content["warnings"][-1]
    assert refused.is_error and "84% held back" in refused.content[0].text
    spans = [opinion["expression"]["text"] for opinion in mined.structured_content["opinions"]]
    assert spans == ["很清晰", "不耐用"]


@pytest.mark.slow
def test_the_command_serves_an_agent_over_its_streams(tmp_path: Path) -> None:
    with started(tmp_path / "data") as process:
        environment = {**os.environ, "GUANDIAN_KEY": process.key, "NO_PROXY": "127.0.0.1"}
        command = ["-m", "guandian", "mcp", "--url", process.url, "--mine"]

        async def run() -> Any:
            server = StdioServerParameters(command=sys.executable, args=command, env=environment)
            async with McpClient(server) as agent:
                return await agent.call_tool("mine", {"text": "屏幕很清晰"})

        mined = asyncio.run(run())
    assert [opinion["tag"] for opinion in mined.structured_content["opinions"]] == ["屏幕很清晰"]
